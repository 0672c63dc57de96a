-- The reference endpoint without a registry, as a bare process of Drogue Cloud is: devices are asked about at
-- the backend, which is the same program and holds the registry.
--
--   seatrial run -t bare --backend \
--     'seatrial-endpoint --backend-only --demo --http 127.0.0.1:{backend_port} --data {dir}/backend'
return {
  name = "bare",
  coap = "coap://127.0.0.1:{coap_port}",
  coaps = "coaps://127.0.0.1:{coaps_port}",
  features = {
    "auth.basic", "auth.psk", "auth.x509", "gateway", "commands", "block1", "block2", "rules", "resumption",
  },
  parameters = {
    MAX_PAYLOAD = "1 MiB", MAX_CT = "2 min", DTLS_IDLE = "2 min", DTLS_HANDSHAKE_TIMEOUT = "30 s",
    REVOCATION_DELAY = "1500 ms", -- --auth-cache-time, and a little
    DELAY_BOUND = "1 s", SETTLE = "50 ms", EVENT_SETTLE = "200 ms",
  },
  durable = true,
  ciphers = "rfc7252",
  registry = { drogue = { url = "{backend_url}" } },
  commands = { http = { url = "http://127.0.0.1:{http_port}" } },
  events = { http_sink = { listen = "127.0.0.1:0" } },
  tls = { ca = "{dir}/backend/demo-ca.crt", server_name = "localhost" },
  start = {
    exec = {
      "seatrial-endpoint", "--data", "{dir}/data", "--auth-url", "{backend_url}", "--auth-cache-time", "1s",
      "--cert", "{dir}/backend/server.crt", "--key", "{dir}/backend/server.key",
      "--coap", "127.0.0.1:{coap_port}", "--coaps", "127.0.0.1:{coaps_port}", "--http", "127.0.0.1:{http_port}",
      "--sink", "{events_url}", "--sink-mode", "structured", "--sink-timeout", "4s",
      "--max-ct", "2min", "--dtls-idle", "2min",
    },
    ready = "http", -- the last to come up
  },
}
