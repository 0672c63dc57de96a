-- Devices that cannot speak for themselves: a gateway publishes as them and waits for their commands.
return {
  summary = "Half of the devices publish through gateways, as themselves, and get their commands there",
  devices = 5000,
  period = "30 s",
  arrival = "poisson",
  connect = "20 s",
  classes = {
    direct = { weight = 50, credential = "basic", ct = { 5, 15 }, ct_part = 0.3 },
    through = { weight = 30, credential = "basic", gateway = true, ct = { 5, 15 }, ct_part = 0.3 },
    through_psk = { weight = 20, credential = "psk", gateway = true, ct = { 5, 15 }, ct_part = 0.3 },
  },
  stages = { { ramp = "20 s" }, { hold = "100 s" } },
  commands = { rate = 20 },
  slo = "publish.p99 < 200ms; event.lost == 0; event.misattributed == 0; command.misdelivered == 0",
}
