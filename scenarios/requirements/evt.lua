-- The requirements of family EVT: events. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "EVT-01", level = "MUST",
    text = "every 2.04/2.05 publish gives exactly one event (rule drop: none; a copy with the same source " ..
      "and id is the same event; retransmissions: MSG-02); every 4.xx none; a 5.xx after the sink was " ..
      "asked: at most one",
    source = "DOC, CE id",
    upstream = "yes",
  },
  {
    id = "EVT-02", level = "MUST",
    text = "CloudEvents 1.0: specversion, unique id, source (URI-reference), type `io.drogue.event.v1`, " ..
      "subject = channel, time RFC 3339",
    source = "DOC, DRG, CE",
    upstream = "yes",
  },
  {
    id = "EVT-03", level = "MUST",
    text = "extensions application, applicationuid, device, deviceuid, sender, senderuid, instance; with " ..
      "`as`: device = X, sender = gateway",
    source = "DRG",
    upstream = "uids of device, sender missing",
  },
  {
    id = "EVT-04", level = "MUST",
    text = "`data_schema` that is an absolute URI → dataschema",
    source = "DOC, CE",
    upstream = "yes",
  },
  {
    id = "EVT-05", level = "MUST",
    text = "datacontenttype from Content-Format (IANA table, incl. 0, 40, 41, 42, 47, 50, 60, 110, 112; " ..
      "`+json` may become `application/json`; 4.15 passes for a format the endpoint does not know); " ..
      "absent: JSON when it parses, else application/octet-stream",
    source = "DRG, 7252 5.5.1",
    upstream = "yes",
  },
  {
    id = "EVT-06", level = "MUST",
    text = "structured JSON: JSON as JSON value (semantic equality), other text as string or base64, " ..
      "everything else base64; empty payload is an event too",
    source = "CE JSON 3.1, DRG",
    upstream = "yes",
  },
  {
    id = "EVT-07", level = "MUST",
    text = "payloads survive byte for byte: 0, 1, 1023, 1024 bytes in one datagram; larger (1025, 65 000, " ..
      "block-wise) too, or 4.13 and no event",
    source = "7252 4.6, 7959 2.5",
    upstream = "each block an event",
  },
  {
    id = "EVT-08", level = "MUST",
    text = "events of one device arrive in the order of its publishes, each sent after the answer to the one " ..
      "before",
    source = "DRG",
    upstream = "yes",
  },
  {
    id = "EVT-09", level = "MUST",
    text = "attribute names and encodings follow the bindings: `ce-` and percent-encoding in HTTP, `ce_` and " ..
      "plain UTF-8 in Kafka, plain names in MQTT 5, structured only in MQTT 3.1.1",
    source = "CE HTTP 3.1.3, Kafka 3.2.3, MQTT 3.1.3",
    upstream = "MQTT drops dataschema",
  },
  {
    id = "EVT-10", level = "SHOULD",
    text = "`partitionkey` = `{application}/{sender}`, percent-encoded",
    source = "DRG",
    upstream = "yes",
  },
  {
    id = "EVT-11", level = "MUST",
    text = "`data_schema` that is no absolute URI never becomes dataschema: left out (DOC's own example has " ..
      "such a value; 4.00 warns)",
    source = "CE dataschema",
    upstream = "poisons consumers",
  },
}
