-- What the original CoAP endpoint of Drogue Cloud 0.11 does otherwise than the ledger asks (column `upstream`), from
-- reading its source. Each row is a finding about that endpoint, not an excuse for another.

local deviations = {
  -- address, path, parameters
  { "query is read from the first Uri-Query option only", "code", "URL-101" },
  { "query is read from the first Uri-Query option only", "event.device", "URL-102" },
  { "a path below the channel without a query gets no answer", "response", "URL-006", "URL-007" },
  { "a ct that is no number takes all parameters away, and the publish is accepted", "code", "URL-109", "URL-110",
    "URL-113", "URL-114" },
  { "any request code publishes", "code", "URL-201" },
  { "GET and FETCH publish", "events", "URL-206", "URL-207" },
  { "an empty channel becomes an empty subject", "event.subject", "URL-004" },
  -- authentication
  { "the parameter as has no effect", "event.device", "URL-104", "URL-105", "URL-106", "URL-115", "AUTH-201",
    "AUTH-206", "EVT-010" },
  { "the parameter as has no effect", "code", "AUTH-202", "AUTH-203", "AUTH-204" },
  { "disabled is not checked for devices", "code", "AUTH-122" },
  { "of an option 4209 that comes twice the first counts", "code", "AUTH-143" },
  { "a leaf that comes with its anchor is refused", "code", "AUTH-403" },
  { "a chain with intermediates is refused", "code", "AUTH-415" },
  { "sessions of pre-shared keys keep what was true at their start", "code", "AUTH-511", "AUTH-512", "AUTH-514" },
  { "of two valid keys the oldest is taken", "handshake", "AUTH-304" },
  -- answers, events
  { "4.06 echoes the request's payload", "reason", "RSP-005", "RSP-007", "RSP-009", "RSP-101" },
  { "events carry no uids of devices", "event.deviceuid", "EVT-007" },
  { "data_schema is not checked", "event.dataschema", "EVT-013" },
  { "each block of an upload is an event of its own", "code", "BLK-021" },
  -- message layer, options
  { "a ping is answered by 4.00", "response", "MSG-001" },
  { "a copy of a CON is a new request", "events", "MSG-301", "MSG-305", "MSG-306" },
  { "a copy of a NON is a new request", "events", "MSG-304" },
  { "a request in an ACK or RST is published", "events", "MSG-101" },
  { "no empty ACK, the answer of a wait is one late ACK", "ack", "CMD-006" },
  { "requests of one device are served one after the other", "within", "CMD-011" },
  { "unknown critical options are ignored", "code", "OPT-001", "OPT-002", "OPT-012" },
  { "Proxy-Uri and Proxy-Scheme are ignored", "code", "OPT-101", "OPT-102" },
  { "If-Match is ignored", "code", "OPT-107" },
  -- DTLS
  { "no CCM suite is offered", "handshake", "TLS-001", "TLS-002" },
  { "no HelloVerifyRequest", "cookie", "TLS-005" },
  { "a session ends 60 s after its start, in the middle of a wait", "response", "TLS-141" },
  { "handshakes are served one at a time, without a time limit", "handshake", "TLS-111", "TLS-112", "AUTH-305" },
}

local rows = {}
for _, deviation in ipairs(deviations) do
  for i = 3, #deviation do
    rows[#rows + 1] = { case = deviation[i], expect = { field = deviation[2] }, reason = deviation[1], target = "0.11*",
                        issue = "https://github.com/drogue-iot/drogue-cloud/issues", owner = "conformance",
                        expires = "2027-12-31" }
  end
end
return rows
