-- A fleet as operators have it: most devices with passwords, half of the publishes open for a command.
local ct = { 5, 30 }

return {
  summary = "A mixed fleet at a steady rate, half of its publishes waiting 5 to 30 s for a command",
  devices = 100000,
  period = "60 s",
  arrival = "poisson",
  connect = "1 min",
  classes = {
    basic = { weight = 60, credential = "basic", ct = ct, ct_part = 0.5, payload = { 100, 300 } },
    psk = { weight = 30, credential = "psk", ct = ct, ct_part = 0.5, payload = { 100, 300 } },
    x509 = { weight = 10, credential = "x509", ct = ct, ct_part = 0.5, payload = { 100, 300 } },
  },
  stages = { { ramp = "30 s" }, { hold = "150 s" } },
  commands = { rate = 200 },
  slo = "publish.p99 < 200ms; error_rate < 0.1%; event.lost == 0; event.duplicated == 0; command.misdelivered == 0",
}
