-- Every publish waits, and commands come all the time: delivery, latency, and how exact waits end.
return {
  summary = "Every publish waits for a command, of which 200 a second come, to devices of all kinds",
  devices = 10000,
  period = "30 s",
  arrival = "poisson",
  connect = "20 s",
  classes = {
    basic = { weight = 50, credential = "basic", ct = { 5, 20 } },
    psk = { weight = 40, credential = "psk", ct = { 5, 20 } },
    gateway = { weight = 10, credential = "basic", gateway = true, ct = { 5, 20 } },
  },
  stages = { { ramp = "30 s" }, { hold = "150 s" } },
  commands = { rate = 200, payload = { 100, 900 } },
  slo = "command.p99 < 200ms; ct_error.p99 < 100ms; command.lost == 0; command.misdelivered == 0; event.lost == 0",
}
