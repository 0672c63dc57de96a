-- tools/bench swarm: devices with pre-shared keys, for a closed loop: each connects when it is its turn.
return {
  summary = "Sessions that stay, for tools/bench",
  period = "10 s",
  connect = "24 h",
  classes = { psk = { credential = "psk", payload = 97 } },
  stages = { { hold = "10 s" } },
}
