-- The reference endpoint without a registry, between a device authentication service and Kafka, as an endpoint of
-- Drogue Cloud stands. To be run with what it asks:
--
--   seatrial run -t reference-bare \
--     --backend 'seatrial-endpoint --backend-only --demo --http 127.0.0.1:{backend_port} --data {dir}/backend'
return {
  name = "reference-bare",
  coap = "coap://127.0.0.1:{coap_port}",
  coaps = "coaps://127.0.0.1:{coaps_port}",
  features = {
    "auth.basic", "auth.psk", "auth.x509", "gateway", "commands", "block1", "block2", "rules", "resumption",
  },
  parameters = {
    MAX_PAYLOAD = "1 MiB", MAX_CT = "2 min", DTLS_IDLE = "2 min", DTLS_HANDSHAKE_TIMEOUT = "30 s",
    REVOCATION_DELAY = "1 s", DELAY_BOUND = "1 s", SETTLE = "50 ms", EVENT_SETTLE = "1 s",
    EVENT_TIMEOUT = "15 s", COMMAND_SETTLE = "2 s",
  },
  durable = true,
  ciphers = "rfc7252",
  registry = { drogue = { url = "{backend_url}" } },
  commands = { kafka = { url = "kafka://127.0.0.1:{broker_port}" } },
  events = { kafka = { url = "kafka://127.0.0.1:{broker_port}" } },
  tls = { ca = "{dir}/backend/demo-ca.crt", server_name = "localhost" },
  start = {
    exec = {
      "seatrial-endpoint", "--data", "{dir}/data", "--auth-url", "{backend_url}", "--auth-cache-time", "1s",
      "--coap", "127.0.0.1:{coap_port}", "--coaps", "127.0.0.1:{coaps_port}",
      "--cert", "{dir}/backend/server.crt", "--key", "{dir}/backend/server.key",
      "--sink", "kafka://127.0.0.1:{broker_port}", "--sink-timeout", "4s",
      "--commands", "kafka://127.0.0.1:{broker_port}",
      "--max-ct", "2min", "--dtls-idle", "2min",
    },
  },
  helpers = { { exec = { "seatrial-kafka", "{broker_port}" } } },
}
