-- The requirements of family URL: address, path, parameters. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "URL-01", level = "MUST",
    text = "POST to `/v1/{channel}` publishes to that channel, over each scheme the target claims " ..
      "(`coap://`, port 5683; `coaps://`, 5684)",
    source = "DOC, 7252 6.1, 6.2",
    upstream = "one process serves only one",
  },
  {
    id = "URL-02", level = "MUST",
    text = "a path whose first segment is not `v1`, or without a channel: 4.00, 4.04 or 4.05 and a reason, " ..
      "nothing published",
    source = "DOC (reason)",
    upstream = "4.00",
  },
  {
    id = "URL-03", level = "MUST",
    text = "`/v1/{channel}/{subject…}` is answered the same with and without a query: published (CloudEvent " ..
      "subject is the channel), or 4.00/4.04; never silence",
    source = "DRG, 7252 4.2",
    upstream = "silence without a query",
  },
  {
    id = "URL-04", level = "MUST",
    text = "the parameters `application`, `device`, `data_schema`, `as`, `ct` work when each comes in a Uri- " ..
      "Query option of its own, in any order",
    source = "DOC, 7252 5.10.1, 6.4",
    upstream = "only the first option is read",
  },
  {
    id = "URL-05", level = "MUST",
    text = "they work when one Uri-Query option carries them all, joined by `&`",
    source = "DRG (clients in the field)",
    upstream = "yes",
  },
  {
    id = "URL-06", level = "MUST",
    text = "values that the client has decoded, as RFC clients do, are understood: `device#2`, " ..
      "`application/octet-stream`",
    source = "DOC, 7252 6.4",
    upstream = "yes",
  },
  {
    id = "URL-07", level = "SHOULD",
    text = "unknown parameters are ignored",
    source = "DRG",
    upstream = "yes",
  },
  {
    id = "URL-08", level = "MUST",
    text = "`ct` that is text, negative or empty, or bad UTF-8: 4.00 (4.02 passes) and a reason, nothing " ..
      "published",
    source = "DOC (reason), practice",
    upstream = "resets every parameter, or silence",
  },
  {
    id = "URL-09", level = "MUST",
    text = "an unsupported or unassigned request code is answered 4.05 (5.01 warns), piggy-backed for CON",
    source = "7252 5.8",
    upstream = "any code publishes",
  },
  {
    id = "URL-10", level = "MUST",
    text = "GET and FETCH never publish",
    source = "7252 5.1, 8132 2",
    upstream = "they do",
  },
  {
    id = "URL-11", level = "MUST",
    text = "channel names: any UTF-8 segment of 1–255 bytes, percent signs and dots included, arrives " ..
      "unchanged as subject; except `.`, `..` and control characters (may be refused)",
    source = "DOC, 7252 5.10.1, CE types",
    upstream = "yes",
  },
  {
    id = "URL-12", level = "SHOULD",
    text = "`/.well-known/core` answers consistently (2.05 link-format, or 4.xx), never as a publish",
    source = "7252 7.2, 6690 4",
    upstream = "4.00",
  },
  {
    id = "URL-13", level = "MUST",
    text = "an empty channel (`/v1/`) is refused, or its event has no subject; never an empty one",
    source = "CE subject",
    upstream = "empty subject",
  },
  {
    id = "URL-14", level = "SHOULD",
    text = "the sub-path of URL-03 is accepted",
    source = "DRG (older docs)",
    upstream = "yes",
  },
  {
    id = "URL-15", level = "MUST",
    text = "values that arrive still percent-encoded (`device%232`) are decoded where that is unambiguous",
    source = "DRG (clients)",
    upstream = "yes",
  },
  {
    id = "URL-16", level = "SHOULD",
    text = "`ct` with a fraction or beyond 64 bits, and a known parameter given twice: 4.00/4.02; never " ..
      "silence, never other parameters reset",
    source = "practice",
    upstream = "as URL-08",
  },
  {
    id = "URL-17", level = "MUST",
    text = "both calls printed in the documentation work, with host, port and names replaced (its " ..
      "data_schema: EVT-11)",
    source = "DOC",
    upstream = "`as` ignored",
  },
  {
    id = "URL-18", level = "INFO",
    text = "PUT, PATCH, DELETE publishing (PUT and DELETE must be idempotent); `&`, `+`, `%` inside a value; " ..
      "alias `commandTimeout`",
    source = "7252 5.1, DRG",
    upstream = "all publish",
  },
}
