-- tools/bench swarm: nothing but plain publishes, as short as they can be.
return {
  summary = "Short plain publishes for tools/bench",
  period = "10 s",
  classes = { basic = { credential = "basic", payload = 97 } },
  stages = { { hold = "10 s" } },
}
