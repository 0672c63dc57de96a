-- The reference endpoint, bare, with what the original endpoint of Drogue Cloud 0.11 is known to do otherwise: a run
-- shows that the waivers expect exactly that. Those of its deviations that lie in how it is built, and not in one
-- decision, only the original shows (targets/drogue-endpoint.lua).
--
--   seatrial run -t drogue-mutant --waivers scenarios/waivers/drogue-cloud-0.11.lua \
--     --backend 'seatrial-endpoint --backend-only --drogue-quirks --demo --http 127.0.0.1:{backend_port} \
--       --data {dir}/backend'
return {
  name = "drogue-mutant", version = "0.11-mutant",
  coap = "coap://127.0.0.1:{coap_port}",
  coaps = "coaps://127.0.0.1:{coaps_port}",
  features = { "auth.basic", "auth.psk", "auth.x509", "gateway", "commands", "rules" },
  parameters = {
    MAX_PAYLOAD = "1 MiB", MAX_CT = "2 min", DTLS_IDLE = "2 min", DTLS_HANDSHAKE_TIMEOUT = "30 s",
    REVOCATION_DELAY = "1 s", DELAY_BOUND = "1 s", SETTLE = "1 s", EVENT_SETTLE = "1 s",
    EVENT_TIMEOUT = "15 s", COMMAND_SETTLE = "2 s",
  },
  durable = true,
  gentle = false,
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
      "--max-ct", "2min", "--dtls-idle", "2min", "--mutant", "drogue-0.11",
    },
  },
  helpers = { { exec = { "seatrial-kafka", "{broker_port}" } } },
}
