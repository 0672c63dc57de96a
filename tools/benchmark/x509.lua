-- tools/bench swarm: devices with certificates, which connect all at once.
return {
  summary = "Handshakes with certificates for tools/bench",
  period = "1 h",
  connect = "0 s",
  classes = { x509 = { credential = "x509", payload = 97 } },
  stages = { { hold = "10 s" } },
}
