-- Good devices beside bad ones: what is refused must not slow down what is not.
return {
  summary = "Bad credentials, garbage and stalled handshakes beside good devices, which must not notice",
  devices = 5000,
  period = "10 s",
  arrival = "poisson",
  connect = "20 s",
  classes = {
    basic = { weight = 40, credential = "basic", ct = { 2, 10 }, ct_part = 0.2 },
    psk = { weight = 20, credential = "psk", ct = { 2, 10 }, ct_part = 0.2 },
    x509 = { weight = 5, credential = "x509" },
    guessing = { weight = 10, credential = "wrong-password" },
    wrong_key = { weight = 5, credential = "wrong-psk" },
    expired = { weight = 5, credential = "expired-x509" },
    garbage = { weight = 5, credential = "garbage", payload = { 97, 1400 } },
    stalling = { weight = 5, credential = "stall", slow = "2 s" },
    leaving = { weight = 5, credential = "psk", abandon = 0.5, reconnect = 0.2 },
  },
  stages = { { ramp = "20 s" }, { hold = "100 s" } },
  commands = { rate = 10 },
  slo = "publish.p99 < 200ms; error_rate < 0.1%; hostile.accepted == 0; event.refused == 0; event.lost == 0",
}
