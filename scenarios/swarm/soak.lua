-- A working day in which all that may happen does happen, seldom: does anything leak or drift?
return {
  summary = "Eight hours of a mixed fleet that changes addresses, resumes and reconnects now and then",
  devices = 20000,
  period = "60 s",
  arrival = "jitter",
  jitter = 0.3,
  connect = "2 min",
  classes = {
    basic = {
      weight = 60, credential = "basic", ct = { 5, 30 }, ct_part = 0.3, payload = { 100, 600 }, rebind = 0.01,
    },
    psk = { weight = 30, credential = "psk", ct = { 5, 30 }, ct_part = 0.3, resume = 0.8, reconnect = 0.01 },
    x509 = { weight = 10, credential = "x509", resume = 0.8, reconnect = 0.01 },
  },
  stages = { { ramp = "5 min" }, { soak = "8 h" } },
  commands = { rate = 20 },
  impairment = { out = { loss = 0.002 }, back = { loss = 0.002, delay = { "0 ms", "30 ms" } } },
  slo = "publish.p99 < 5s; error_rate < 0.1%; event.lost == 0; event.duplicated == 0; command.misdelivered == 0",
}
