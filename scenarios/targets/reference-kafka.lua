-- The reference endpoint, started by the suite with a Kafka broker; events and commands go through that.
return {
  name = "reference-kafka",
  coap = "coap://127.0.0.1:{coap_port}",
  coaps = "coaps://127.0.0.1:{coaps_port}",
  features = {
    "auth.basic", "auth.psk", "auth.x509", "gateway", "commands", "block1", "block2", "rules", "resumption",
  },
  parameters = {
    MAX_PAYLOAD = "1 MiB", MAX_CT = "2 min", DTLS_IDLE = "2 min", DTLS_HANDSHAKE_TIMEOUT = "30 s",
    REVOCATION_DELAY = "0 s", DELAY_BOUND = "1 s", SETTLE = "50 ms", EVENT_SETTLE = "1 s",
    EVENT_TIMEOUT = "15 s", COMMAND_SETTLE = "2 s",
  },
  durable = true,
  ciphers = "rfc7252",
  registry = { drogue = { url = "http://127.0.0.1:{http_port}" } },
  commands = { kafka = { url = "kafka://127.0.0.1:{broker_port}" } },
  events = { kafka = { url = "kafka://127.0.0.1:{broker_port}" } },
  tls = { ca = "{dir}/data/demo-ca.crt", server_name = "localhost" },
  start = {
    exec = {
      "seatrial-endpoint", "--data", "{dir}/data", "--demo",
      "--coap", "127.0.0.1:{coap_port}", "--coaps", "127.0.0.1:{coaps_port}", "--http", "127.0.0.1:{http_port}",
      "--sink", "kafka://127.0.0.1:{broker_port}", "--sink-timeout", "4s",
      "--commands", "kafka://127.0.0.1:{broker_port}",
      "--max-ct", "2min", "--dtls-idle", "2min",
    },
    ready = "http", -- the last to come up
  },
  helpers = { { exec = { "seatrial-kafka", "{broker_port}" } } },
}
