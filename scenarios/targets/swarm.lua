-- The reference endpoint for seatrial-swarm: devices come from a file at its start, limits are those of a load test.
return {
  name = "swarm",
  coap = "coap://127.0.0.1:{coap_port}",
  coaps = "coaps://127.0.0.1:{coaps_port}",
  features = {
    "auth.basic", "auth.psk", "auth.x509", "gateway", "commands", "block1", "block2", "rules", "resumption",
  },
  parameters = {
    MAX_PAYLOAD = "1 MiB", MAX_CT = "10 min", DTLS_IDLE = "1 h", DTLS_HANDSHAKE_TIMEOUT = "30 s",
    REVOCATION_DELAY = "0 s", DELAY_BOUND = "1 s", SETTLE = "50 ms", EVENT_SETTLE = "200 ms",
  },
  durable = true,
  ciphers = "rfc7252",
  registry = { drogue = { url = "http://127.0.0.1:{http_port}" } },
  commands = { http = { url = "http://127.0.0.1:{http_port}" } },
  events = { file = "{dir}/data/events.ndjson" }, -- carries ten times the events of an http_sink
  tls = { ca = "{dir}/data/demo-ca.crt", server_name = "localhost" },
  start = {
    exec = {
      "seatrial-endpoint", "--data", "{dir}/data", "--demo", "--registry", "{registry_file}",
      "--coap", "127.0.0.1:{coap_port}", "--coaps", "127.0.0.1:{coaps_port}", "--http", "127.0.0.1:{http_port}",
      "--peer-rate", "0", "--dedup-entries", "16777216", "--max-exchanges", "2097152",
      "--dtls-max-sessions", "2097152", "--dtls-max-handshakes", "65536", "--dtls-idle", "1h",
      "--max-transfers", "65536", "--max-transfer-bytes", "1GiB", "--api-max-connections", "1024",
      "--api-max-body", "1MiB",
    },
    ready = "http", -- the last to come up
  },
}
