-- Where the suite does not prove itself on a mutant, and why. `seatrial lint` wants a row for each such mutant and
-- MUST, and none that is not true.
return {
  { mutant = "no-fsync", by = "reference/sink_powercut_test",
    why = "kill -9 leaves what was written in the page cache: only a power cut shows a missing flush" },
  { mutant = "stall-once", by = "benchmark/swarm",
    why = "an answer may take a second; it is there to see whether a load generator tells a stall in its latencies" },
  { mutant = "leak-slow", by = "ci/night/seeded", why = "64 bytes an event show in minutes of load, not in answers" },
  { mutant = "handshake-slow", by = "ci/night/seeded", why = "a fifth shows beside another server on a quiet machine" },
  { mutant = "payload-read-past-end", by = "ci/night/seeded", why = "only valgrind and the address sanitizer see it" },
  { mutant = "message-read-past-end", by = "ci/night/seeded",
    why = "only a fuzz target's bytes end where the message does" },
  { requirement = "ROB-01", why = "a flood delays others by how the whole program is built, not at one decision" },
  { requirement = "TLS-03", why = "OpenSSL repeats, sorts and joins flights" },
  { requirement = "TLS-05", why = "handshakes side by side are how the server is built, not one decision" },
  { requirement = "AUTH-12", why = "a session with a wrong key cannot be made: both ends need the same one" },
  { requirement = "AUTH-19", why = "limits of OpenSSL, where the endpoint has none of its own" },
  { requirement = "BLK-03", why = "of endpoints without block-wise; the reference has it" },
  { requirement = "CMD-07", why = "which of two commands is delivered is free" },
  { requirement = "EVT-08", why = "a device that waits for each answer before it sends gives no order to mix up" },
  { requirement = "MSG-09", why = "a worker answers with the socket that it read from" },
  { requirement = "URL-17", why = "the documentation's calls are made of parts, each with a mutant of its own" },
}
