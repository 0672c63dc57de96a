-- The reference endpoint, started by the suite with a mosquitto; events and commands go through that.
return {
  name = "reference-mqtt",
  coap = "coap://127.0.0.1:{coap_port}",
  coaps = "coaps://127.0.0.1:{coaps_port}",
  features = {
    "auth.basic", "auth.psk", "auth.x509", "gateway", "commands", "block1", "block2", "rules", "resumption",
  },
  parameters = {
    MAX_PAYLOAD = "1 MiB", MAX_CT = "2 min", DTLS_IDLE = "2 min", DTLS_HANDSHAKE_TIMEOUT = "30 s",
    REVOCATION_DELAY = "0 s", DELAY_BOUND = "1 s", SETTLE = "50 ms", EVENT_SETTLE = "200 ms",
    COMMAND_SETTLE = "1 s",
  },
  durable = true,
  ciphers = "rfc7252",
  registry = { drogue = { url = "http://127.0.0.1:{http_port}" } },
  commands = { mqtt = { url = "mqtt://127.0.0.1:{broker_port}" } },
  events = { mqtt = { url = "mqtt://127.0.0.1:{broker_port}", mode = "binary" } },
  tls = { ca = "{dir}/data/demo-ca.crt", server_name = "localhost" },
  start = {
    exec = {
      "seatrial-endpoint", "--data", "{dir}/data", "--demo",
      "--coap", "127.0.0.1:{coap_port}", "--coaps", "127.0.0.1:{coaps_port}", "--http", "127.0.0.1:{http_port}",
      "--sink", "mqtt://127.0.0.1:{broker_port}", "--sink-timeout", "4s",
      "--commands", "mqtt://127.0.0.1:{broker_port}",
      "--max-ct", "2min", "--dtls-idle", "2min",
    },
    ready = "http", -- the last to come up
  },
  helpers = { { exec = { "mosquitto", "-p", "{broker_port}" } } }, -- loopback only, as it has no configuration
}
