-- The requirements of family OPT: CoAP options. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "OPT-01", level = "MUST",
    text = "unknown critical option: CON request → 4.02; NON request → RST or silence (4.02 passes: the CoRE " ..
      "group is changing this rule); no event; unknown elective ignored",
    source = "7252 5.4.1, 4.3",
    upstream = "ignored",
  },
  {
    id = "OPT-02", level = "MUST",
    text = "4209 is recognised (critical); 4210 in a request is ignored (elective)",
    source = "DOC, 7252 5.4, 5.4.6",
    upstream = "yes",
  },
  {
    id = "OPT-03", level = "MUST",
    text = "option lengths outside the limits (Uri-Path > 255, Content-Format > 2 …) are treated as " ..
      "unrecognised",
    source = "7252 5.4.3",
    upstream = "-",
  },
  {
    id = "OPT-04", level = "MUST",
    text = "Proxy-Uri, or Proxy-Scheme with Uri-Host, of a foreign host → 5.05 (4.02 warns), no event; the " ..
      "endpoint's own host may be served",
    source = "7252 5.7.2, 5.10.2",
    upstream = "ignored",
  },
  {
    id = "OPT-05", level = "SHOULD",
    text = "Accept: 4.06 (4.02 passes) and no event, or ignored, as no representation is asked for; Observe " ..
      "on POST ignored",
    source = "7252 5.10.4, 5.4",
    upstream = "ignored",
  },
  {
    id = "OPT-06", level = "SHOULD",
    text = "No-Response (258) honoured (a CON still gets its empty ACK) or ignored",
    source = "7967 2",
    upstream = "mis-decoded",
  },
  {
    id = "OPT-07", level = "MUST",
    text = "If-Match with an ETag that cannot exist → 4.12 (4.02 passes), no event; empty If-Match and If- " ..
      "None-Match: 2.04, 4.12 or 4.02",
    source = "7252 5.10.8",
    upstream = "ignored",
  },
  {
    id = "OPT-08", level = "MUST",
    text = "Uri-Host and Uri-Port that name the endpoint are accepted",
    source = "7252 5.10.1",
    upstream = "yes",
  },
}
