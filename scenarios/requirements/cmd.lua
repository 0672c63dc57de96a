-- The requirements of family CMD: commands. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "CMD-01", level = "MUST",
    text = "with `ct=n` and no command: 2.04 after n seconds (−0.1, +1 s, plus the time of a publish without " ..
      "`ct`)",
    source = "DOC, DRG (seconds)",
    upstream = "session dies at 60 s",
  },
  {
    id = "CMD-02", level = "MUST",
    text = "a command sent inside the wait: 2.05 at once (2.05 to POST departs from 7252 5.9.1.5; DOC " ..
      "decides), command name in option 4210, payload unchanged (JSON: same value)",
    source = "DOC, DRG",
    upstream = "yes",
  },
  {
    id = "CMD-03", level = "MUST",
    text = "`ct` absent or 0: 2.04 at once, no option 4210",
    source = "DOC, DRG",
    upstream = "yes",
  },
  {
    id = "CMD-04", level = "MUST",
    text = "exactly one option 4210; name any UTF-8 of 1–255 bytes; empty payload and binary payload intact",
    source = "DRG",
    upstream = "yes",
  },
  {
    id = "CMD-05", level = "MUST",
    text = "a command for another device, another application, or sent after the wait has ended is not " ..
      "delivered, also not later (a second one: CMD-07)",
    source = "DOC, DRG (not buffered)",
    upstream = "yes",
  },
  {
    id = "CMD-06", level = "MUST",
    text = "a command sent as soon as the application sees the event, or any time after the request was " ..
      "accepted, is not lost",
    source = "DOC (interval)",
    upstream = "race",
  },
  {
    id = "CMD-07", level = "MUST",
    text = "two commands inside one wait: one is delivered, the other is lost or goes to the next wait; " ..
      "never merged, never the same one twice",
    source = "DRG",
    upstream = "yes",
  },
  {
    id = "CMD-08", level = "INFO",
    text = "several waiters of one device: who receives it; what a gateway that waits without `as` receives",
    source = "DRG",
    upstream = "all; all its devices",
  },
  {
    id = "CMD-09", level = "MUST",
    text = "a gateway that waits with `as=X` receives commands for X; status and body of the command API do " ..
      "not depend on waiters",
    source = "DRG",
    upstream = "-",
  },
  {
    id = "CMD-10", level = "SHOULD",
    text = "CON whose answer takes longer than ACK_TIMEOUT: an empty ACK before that, then a separate " ..
      "response (CON; NON passes)",
    source = "7252 4.8.2, 5.2.2",
    upstream = "one late ACK",
  },
  {
    id = "CMD-11", level = "SHOULD",
    text = "quick answers (no wait) are piggy-backed, not separated",
    source = "7252 5.2.1, field clients read one datagram",
    upstream = "yes",
  },
  {
    id = "CMD-12", level = "MUST",
    text = "NON with a wait: no ACK at all, one NON (or CON) response with the token",
    source = "7252 4.3, 5.2.3",
    upstream = "yes",
  },
  {
    id = "CMD-13", level = "SHOULD",
    text = "a waiting device that sends another request on another token is served meanwhile; a session that " ..
      "closes ends its waits",
    source = "7252 4.7, practice",
    upstream = "queued",
  },
  {
    id = "CMD-14", level = "MUST",
    text = "a command payload larger than one datagram arrives whole (Block2, SHOULD; one fragmented " ..
      "datagram passes) or not at all, and the request is answered; never cut",
    source = "DRG, 7252 4.6",
    upstream = "no answer",
  },
  {
    id = "CMD-15", level = "SHOULD",
    text = "`ct` beyond the target's cap is shortened to it or refused 4.00; the session lives on",
    source = "practice",
    upstream = "session dies",
  },
}
