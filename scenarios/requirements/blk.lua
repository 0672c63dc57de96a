-- The requirements of family BLK: block-wise transfer. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "BLK-01", level = "MUST",
    text = "Block1 upload of a publish up to the documented limit → one event, 2.31 for each block but the " ..
      "last, then 2.04",
    source = "7959 2.5",
    upstream = "each block an event",
  },
  {
    id = "BLK-02", level = "MUST",
    text = "a block is missing at the last one → 4.08 (earlier passes); other Content-Format → not " ..
      "assembled; too large → 4.13 (Size1 SHOULD); SZX 7 → 4.00; the client may shrink SZX midway",
    source = "7959 2.2, 2.3, 2.5, 7252 5.9.2.9",
    upstream = "-",
  },
  {
    id = "BLK-03", level = "MUST",
    text = "or: an endpoint without block-wise answers Block1 with M set or NUM > 0 by 4.02 (4.13 passes), " ..
      "never 2.04 for a fragment; Block2 4.02",
    source = "7252 5.4.1, 7959 2.1",
    upstream = "2.04",
  },
  {
    id = "BLK-04", level = "MUST",
    text = "uploads of several devices, or of one device with different Request-Tag or query, are never " ..
      "mixed; of one device: side by side, 5.03, or 4.08 to the older",
    source = "7959 2.5, 9175 3.3",
    upstream = "-",
  },
  {
    id = "BLK-05", level = "MUST",
    text = "Block2 for a large 2.05, SZX as asked or smaller; the command is delivered once over all blocks; " ..
      "a request for block > 0 publishes nothing (ETag SHOULD)",
    source = "7959 2.4, 2.7",
    upstream = "-",
  },
  {
    id = "BLK-06", level = "MUST",
    text = "every block passes the same authentication; a block of another identity never joins",
    source = "7959 7",
    upstream = "-",
  },
}
