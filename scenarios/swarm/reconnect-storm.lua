-- Power comes back in a city: devices make their sessions anew all at once, first some of them, then all.
return {
  summary = "Sessions are made anew by a fifth of the devices, then by all, half of them resumed",
  devices = 5000,
  period = "20 s",
  arrival = "jitter",
  jitter = 0.2,
  connect = "30 s",
  classes = {
    psk = { weight = 80, credential = "psk", resume = 0.5 },
    x509 = { weight = 20, credential = "x509", resume = 0.5 },
  },
  stages = {
    { ramp = "30 s" },
    { hold = "30 s", name = "before" },
    { storm = "1 min", part = 0.2 },
    { storm = "1 min", part = 1 },
    { hold = "30 s", name = "after" },
  },
  slo = "handshake.p99 < 30s; handshake_error_rate < 0.1%; error_rate < 0.1%; event.lost == 0",
}
