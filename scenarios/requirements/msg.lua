-- The requirements of family MSG: the CoAP message layer. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "MSG-01", level = "MUST",
    text = "CON → ACK with the same MID; every response carries the request's token (0–8 bytes, any value); " ..
      "NON → no ACK, response NON (CON passes); own MIDs are not reused to a peer within NON_LIFETIME " ..
      "(CON: EXCHANGE_LIFETIME)",
    source = "7252 4.2–4.4, 5.2.3, 5.3.1",
    upstream = "yes",
  },
  {
    id = "MSG-02", level = "SHOULD",
    text = "a CON repeated with the same MID within EXCHANGE_LIFETIME gets the same answer, the stored one, " ..
      "and is processed once; a repeated NON within NON_LIFETIME is ignored (its response again passes)",
    source = "7252 4.5",
    upstream = "processed again",
  },
  {
    id = "MSG-03", level = "MUST",
    text = "same MID from another endpoint (address, port, or DTLS session) is a new message",
    source = "7252 4.5, 9.1.1",
    upstream = "yes",
  },
  {
    id = "MSG-04", level = "MUST",
    text = "empty CON (ping) → RST",
    source = "7252 4.2, 4.3",
    upstream = "4.00",
  },
  {
    id = "MSG-05", level = "MUST",
    text = "format errors (TKL 15, and 9–14 unless extended tokens, 8974 2.1, are supported; option overrun, " ..
      "delta or length 15, marker without payload, empty message with token or more bytes): CON → RST " ..
      "(silence warns), NON → RST or silence; ACK, RST, version ≠ 1, under 4 bytes → silence; never an " ..
      "event",
    source = "7252 3, 3.1, 4.1–4.3",
    upstream = "partly",
  },
  {
    id = "MSG-06", level = "MUST",
    text = "requests in ACK/RST → silence; response codes, reserved classes 1, 6, 7 → RST for CON (silence " ..
      "warns), RST or silence for NON; never an event",
    source = "7252 4.2, 4.3, 5.3.2",
    upstream = "publishes",
  },
  {
    id = "MSG-07", level = "MUST",
    text = "separate CON responses are repeated unchanged, never sooner than ACK_TIMEOUT, at most " ..
      "MAX_RETRANSMIT times, inside MAX_TRANSMIT_SPAN, and stop at ACK or RST; doubling intervals " ..
      "SHOULD; giving up early is lawful (no repetition at all warns)",
    source = "7252 4.2, 4.8, 5.2.2",
    upstream = "none sent",
  },
  {
    id = "MSG-08", level = "MUST",
    text = "each copy of a CON is acknowledged again; after an empty ACK only empty ACKs, also when the " ..
      "separate response was already acknowledged",
    source = "7252 4.2, 5.2.2",
    upstream = "-",
  },
  {
    id = "MSG-09", level = "MUST",
    text = "responses come from the address and port that the request went to, and in the same DTLS session " ..
      "and epoch",
    source = "7252 5.3.2, 9.1.2",
    upstream = "-",
  },
  {
    id = "MSG-10", level = "MUST",
    text = "every datagram the endpoint sends is well-formed CoAP, and carries no critical option that the " ..
      "request gave no reason for",
    source = "7252 3, 5.4.1",
    upstream = "-",
  },
  {
    id = "MSG-11", level = "SHOULD",
    text = "the same MID after EXCHANGE_LIFETIME is a new message",
    source = "7252 4.4, 4.8.2",
    upstream = "yes",
  },
  {
    id = "MSG-12", level = "INFO",
    text = "NON response with the request's MID; first MID random; multicast",
    source = "7252 4.4, 8, 11.3",
    upstream = "reuses MID",
  },
}
