-- What `seatrial-swarm capacity` searches with: no waits, no commands, nothing but publishes.
return {
  summary = "Publishes of a mixed fleet at one rate, for the search of what an endpoint carries",
  devices = 2000,
  period = "10 s",
  arrival = "poisson",
  connect = "5 s",
  classes = {
    basic = { weight = 60, credential = "basic" },
    psk = { weight = 40, credential = "psk" },
  },
  stages = { { hold = "10 s" } },
  slo = "publish.p99 < 200ms; error_rate < 0.1%",
}
