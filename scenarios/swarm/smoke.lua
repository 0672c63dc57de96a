-- A look at everything in twenty seconds: all credentials, waits, commands. `tools/try` runs it.
return {
  summary = "All kinds of devices for 20 s, to see that everything works",
  devices = 1000,
  period = "10 s",
  arrival = "poisson",
  connect = "5 s",
  classes = {
    basic = { weight = 60, credential = "basic", ct = { 2, 5 }, ct_part = 0.2 },
    psk = { weight = 30, credential = "psk", ct = { 2, 5 }, ct_part = 0.2 },
    x509 = { weight = 10, credential = "x509" },
  },
  stages = { { ramp = "5 s" }, { hold = "15 s" } },
  commands = { rate = 5 },
  slo = "publish.p99 < 500ms; error_rate < 0.1%; handshake_error_rate < 0.1%; event.lost == 0; event.duplicated == 0",
}
