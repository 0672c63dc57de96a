-- tools/bench swarm: devices with pre-shared keys, which connect all at once.
return {
  summary = "Handshakes with pre-shared keys for tools/bench",
  period = "1 h",
  connect = "0 s",
  classes = { psk = { credential = "psk", payload = 97 } },
  stages = { { hold = "10 s" } },
}
