-- An endpoint without any API, whose devices exist already. A copy of this file is where yours begin: with more
-- devices, more cases can run, and side by side. What cannot be asked for, the cases that need it say (INCONCLUSIVE).
--
--   COAP_HOST=endpoint.example.org PASSWORD=... seatrial run -t static
local host = env "COAP_HOST"

return {
  name = "static",
  coap = "coap://" .. host,
  features = { "auth.basic" },
  registry = {
    static = {
      { application = "example-app", device = "device1", password = env "PASSWORD" },
      -- { application = "example-app", device = "device2", psk = "base64:...", psk_identity = "device2@example-app" },
      -- { application = "example-app", device = "device3", cert = "device3.crt", key = "device3.key" },
    },
  },
  -- events = { file = "/var/lib/endpoint/events.ndjson" },              or kafka, mqtt, http_sink, a program: README.md
  -- commands = { exec = { "./send-command" } },
}
