-- An update goes out: commands too large for a datagram, which devices fetch block by block.
return {
  summary = "Commands of 32 KiB, fetched in blocks, to devices that otherwise report as always",
  devices = 1000,
  period = "20 s",
  arrival = "poisson",
  connect = "10 s",
  classes = {
    updating = { weight = 50, credential = "psk", ct = { 10, 30 }, download = 32768 },
    updating_plain = { weight = 30, credential = "basic", ct = { 10, 30 }, download = 32768 },
    reporting = { weight = 20, credential = "basic", payload = { 2000, 4000 }, block = 512 },
  },
  stages = { { ramp = "10 s" }, { hold = "110 s" } },
  commands = { rate = 10 },
  slo = "command.lost == 0; command.misdelivered == 0; error_rate < 0.1%; event.lost == 0; event.duplicated == 0",
}
