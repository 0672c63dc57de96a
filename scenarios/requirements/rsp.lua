-- The requirements of family RSP: responses. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "RSP-01", level = "MUST",
    text = "a successful publish is answered 2.04 (a payload warns)",
    source = "DOC, DRG",
    upstream = "yes",
  },
  {
    id = "RSP-02", level = "MUST",
    text = "a failed publish carries its reason as non-empty UTF-8, without Content-Format (format 0, or " ..
      "problem details 257, pass), never a copy of the request's payload; SHOULD for 4.02, 4.05, 4.08, " ..
      "4.13, 5.05",
    source = "DOC, 7252 5.5.1, 5.5.2",
    upstream = "4.06 and 5.03 echo",
  },
  {
    id = "RSP-03", level = "MUST",
    text = "declared JSON that is not JSON: 4.06 (4.00, 4.15, 4.22 pass), nothing published",
    source = "DRG",
    upstream = "yes",
  },
  {
    id = "RSP-04", level = "MUST",
    text = "publish rules: reject → 4.06 (other 4.xx pass) with the rule's reason; drop → 2.04, no event; " ..
      "setAttribute/setExtension/remove… change the event",
    source = "DRG",
    upstream = "reason lost",
  },
  {
    id = "RSP-05", level = "MUST",
    text = "event sink not available: 5.xx (5.03 with Max-Age preferred) and a reason; 2.04 only if the " ..
      "event arrives later",
    source = "DOC, 7252 5.9.3.4",
    upstream = "5.00",
  },
}
