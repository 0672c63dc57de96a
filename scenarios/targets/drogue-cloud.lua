-- A whole Drogue Cloud, somewhere: its registry and command APIs, and events from its MQTT integration. Set
--
--   DROGUE_HOST=cloud.example.org DROGUE_USER=me DROGUE_TOKEN=drg_...     (an access token: drg admin tokens create)
--
-- and start with `seatrial doctor -t drogue-cloud --waivers scenarios/waivers/drogue-cloud-0.11.lua`. Its endpoints are
-- listed at https://api.HOST/.well-known/drogue-endpoints; a copy of this file is the place for others than these.
local host, user, token = env "DROGUE_HOST", env "DROGUE_USER", env "DROGUE_TOKEN"

return {
  name = "drogue-cloud", version = "0.11",
  coaps = "coaps://coap." .. host .. ":5684", -- one process serves either DTLS or plain UDP
  features = { "auth.basic", "auth.psk", "auth.x509", "commands", "rules" },
  parameters = {
    MAX_CT = "50 s", -- a session ends 60 s after its start
    DTLS_IDLE = "60 s", REVOCATION_DELAY = "60 s", DELAY_BOUND = "5 s", SETTLE = "1 s",
    EVENT_SETTLE = "5 s", EVENT_TIMEOUT = "30 s", COMMAND_SETTLE = "5 s",
  },
  durable = true, gentle = true,
  ciphers = { -- OpenSSL's defaults, which have no CCM
    "PSK-AES128-GCM-SHA256", "PSK-AES128-CBC-SHA256", "ECDHE-PSK-AES128-CBC-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
  },
  registry = { drogue = { url = "https://api." .. host, user = user, password = token } },
  commands = { http = { url = "https://api." .. host, user = user, password = token } },
  events = {
    mqtt = { url = "mqtts://mqtt-integration." .. host .. ":443", user = user, password = token, mode = "binary" },
  },
  tls = { server_name = "coap." .. host },
}
