-- The requirements of family ROB: robustness. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "ROB-01", level = "MUST",
    text = "one device that floods, vanishes, or never acknowledges does not delay the others beyond the " ..
      "bound in the target file",
    source = "practice",
    upstream = "wedges",
  },
  {
    id = "ROB-02", level = "MUST",
    text = "datagrams of every length 0–65 507 with any content: no crash, service goes on",
    source = "7252 11.1, practice",
    upstream = "panics",
  },
  {
    id = "ROB-03", level = "SHOULD",
    text = "answers to an unauthenticated request stay within 3 × the request, or 136 bytes (132 after the " ..
      "token), whichever is more",
    source = "7252 11.3, 9175 2.4",
    upstream = "-",
  },
  {
    id = "ROB-04", level = "SHOULD",
    text = "memory per half-open handshake, per unfinished upload and per peer is bounded; the cap refuses " ..
      "new ones, never kills authenticated ones",
    source = "practice, 7959 7.1",
    upstream = "-",
  },
  {
    id = "ROB-05", level = "MUST",
    text = "after kill −9 and restart no acknowledged event is lost, and no event appears that was refused " ..
      "(where the suite starts the target and durability is claimed)",
    source = "practice",
    upstream = "Kafka",
  },
}
