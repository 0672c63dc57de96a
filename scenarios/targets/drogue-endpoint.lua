-- The CoAP endpoint of Drogue Cloud as a bare process: this suite is the cloud around it. Its device authentication
-- service is our backend, its Kafka the broker for tests; one process serves plain UDP, another one DTLS.
--
--   PATH=$PATH:.../drogue-cloud/target/release seatrial run -t drogue-endpoint \
--     --waivers scenarios/waivers/drogue-cloud-0.11.lua --backend 'seatrial-endpoint --backend-only --drogue-quirks \
--       --demo --http 127.0.0.1:{backend_port} --data {dir}/backend'
local both = [[
export INSTANCE=drogue AUTH__URL="$1" AUTH__AUTH_DISABLED=true CHECK_KAFKA_TOPIC_READY=false
export COMMAND_SOURCE_KAFKA__TOPIC=iot-commands RUNTIME__SHOW_BANNER=false RUNTIME__DISABLE_DOTENV=true
export KAFKA_COMMAND_CONFIG__BOOTSTRAP_SERVERS="$2" KAFKA_DOWNSTREAM_CONFIG__BOOTSTRAP_SERVERS="$2"
export CERT_BUNDLE_FILE="$5/server.crt" KEY_FILE="$5/server.key"
trap 'kill $plain $secure' TERM
DISABLE_DTLS=true BIND_ADDR_COAP="$3" COMMAND_SOURCE_KAFKA__CONSUMER_GROUP=plain drogue-cloud-coap-endpoint & plain=$!
BIND_ADDR_COAP="$4" COMMAND_SOURCE_KAFKA__CONSUMER_GROUP=secure drogue-cloud-coap-endpoint & secure=$!
wait -n
kill $plain $secure
wait
]]

return {
  name = "drogue-endpoint", version = "0.11",
  coap = "coap://127.0.0.1:{coap_port}",
  coaps = "coaps://127.0.0.1:{coaps_port}",
  features = { "auth.basic", "auth.psk", "auth.x509", "commands", "rules" },
  parameters = {
    MAX_CT = "50 s", -- a session ends 60 s after its start
    DTLS_IDLE = "60 s", REVOCATION_DELAY = "60 s", DELAY_BOUND = "5 s", SETTLE = "1 s",
    EVENT_SETTLE = "1 s", EVENT_TIMEOUT = "15 s", COMMAND_SETTLE = "2 s",
  },
  durable = true, gentle = true,
  ciphers = { -- OpenSSL's defaults, which have no CCM
    "PSK-AES128-GCM-SHA256", "PSK-AES128-CBC-SHA256", "ECDHE-PSK-AES128-CBC-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
  },
  registry = { drogue = { url = "{backend_url}" } },
  commands = { kafka = { url = "kafka://127.0.0.1:{broker_port}" } },
  events = { kafka = { url = "kafka://127.0.0.1:{broker_port}" } },
  tls = { ca = "{dir}/backend/demo-ca.crt", server_name = "localhost" },
  start = {
    exec = {
      "bash", "-c", both, "drogue-endpoint", "{backend_url}", "127.0.0.1:{broker_port}", "127.0.0.1:{coap_port}",
      "127.0.0.1:{coaps_port}", "{dir}/backend",
    },
  },
  helpers = { { exec = { "seatrial-kafka", "{broker_port}" } } },
}
