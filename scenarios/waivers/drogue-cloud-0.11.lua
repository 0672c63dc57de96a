-- What the original CoAP endpoint of Drogue Cloud 0.11 does otherwise than the ledger asks (column `upstream`), from
-- reading its source. Each row is a finding about that endpoint, not an excuse for another.
--
-- targets/drogue-mutant.lua is the reference endpoint with the same deviations, but for those that lie in how the
-- original is built (`built`): it proves that these rows expect exactly what is there. What the original does by
-- chance (a command that comes before its event is confirmed is lost) no row can expect.

-- reason, field (false: several), cases; chance: not in every run
local deviations = {
  -- address, path, parameters
  { "query is read from the first Uri-Query option only", "code", "URL-101" },
  { "query is read from the first Uri-Query option only", "event.device", "URL-102" },
  { "a path below the channel without a query gets no answer", "response", "URL-005", "URL-006", "URL-007" },
  { "a ct that is no number takes all parameters away, and the publish is accepted", "code", "URL-109", "URL-110",
    "URL-113", "URL-114" },
  { "a ct that is no number takes all parameters away, and the publish is accepted", "events", "URL-111" },
  { "a ct that is no number takes all parameters away, and the publish is accepted", "class", "RSP-004" },
  { "any request code publishes", "code", "URL-201" },
  { "GET and FETCH publish", "events", "URL-206", "URL-207" },
  { "an empty channel becomes an empty subject", "event.subject", "URL-004" },
  -- authentication
  { "the parameter as has no effect", "event.device", "URL-104", "URL-105", "URL-106", "URL-115", "AUTH-201",
    "AUTH-206", "AUTH-207", "CMD-115", "EVT-010" },
  { "the parameter as has no effect", "class", "AUTH-208" },
  { "the parameter as has no effect", "code", "AUTH-202", "AUTH-203", "AUTH-204" },
  { "disabled is not checked for devices", "code", "AUTH-122", "AUTH-314", "AUTH-414", "AUTH-511" },
  { "of an option 4209 that comes twice the first counts", "code", "AUTH-143" },
  { "a leaf that comes with its anchor is refused", "code", "AUTH-403" },
  { "a chain with intermediates is refused", "code", "AUTH-415" },
  { "sessions of pre-shared keys keep what was true at their start", "code", "AUTH-512", "AUTH-514",
    binding = "coaps-psk", built = true },
  { "of two valid keys the oldest is taken", "handshake", "AUTH-304" },
  -- answers, events
  { "4.06 echoes the request's payload", "reason", "RSP-005", "RSP-007", "RSP-009" },
  { "4.06 echoes the request's payload", "payload", "RSP-101" },
  { "events carry no uids of devices", "event.deviceuid", "EVT-007", "EVT-011" },
  { "data_schema is not checked", "event.dataschema", "EVT-013" },
  { "each block of an upload is an event of its own", "code", "BLK-021" },
  { "Block2 is ignored", "code", "BLK-022" },
  -- message layer, options
  { "an empty message is answered by 4.00", "code", "MSG-001", "MSG-016" },
  { "a payload marker without payload is an empty payload", false, "MSG-002" },
  { "a payload marker without payload is an empty payload", "events", "MSG-012" },
  { "the version of a message is not checked", false, "MSG-013" },
  { "response codes and reserved classes publish", false, "MSG-102", "MSG-103" },
  { "response codes and reserved classes publish", "code", "MSG-104" },
  { "a copy of a CON is a new request", "events", "MSG-301", "MSG-305", "MSG-306" },
  { "a copy of a CON is a new request", "events", "MSG-313", binding = "coap" }, -- DTLS discards copies of records
  { "a copy of a NON is a new request", "events", "MSG-304" },
  { "a request in an ACK or RST is published", "events", "MSG-101" },
  { "no empty ACK, the answer of a wait is one late ACK", "ack", "CMD-006" },
  { "requests of one device are served one after the other", "within", "CMD-011", built = true },
  { "unknown critical options are ignored", "code", "OPT-012", "OPT-113" },
  { "unknown critical options are ignored", false, "OPT-001", "OPT-002", "RSP-006" },
  { "options of unlawful lengths are taken or ignored", "code", "OPT-006", "OPT-007", "OPT-008", "OPT-009", "OPT-010",
    "OPT-011" },
  { "Proxy-Uri and Proxy-Scheme are ignored", false, "OPT-101" },
  { "Proxy-Uri and Proxy-Scheme are ignored", "code", "OPT-102" },
  { "If-Match is ignored", "code", "OPT-107" },
  { "random messages meet what is said of single ones here: markers, versions, codes, critical options", "events",
    "ROB-111", chance = true },
  -- DTLS
  { "no CCM suite is offered", "handshake", "TLS-001", "TLS-002" },
  { "no HelloVerifyRequest", "cookie", "TLS-005", built = true },
  { "a session ends 60 s after its start, in the middle of a wait", "response", "TLS-141" },
  { "a session ends 60 s after its start, without close_notify", "session", "TLS-142" },
  { "handshakes are served one at a time, without a time limit", "handshake", "TLS-111", "TLS-112", "AUTH-305",
    built = true },
}

local rows = {}
for _, deviation in ipairs(deviations) do
  for i = 3, #deviation do
    rows[#rows + 1] = { case = deviation[i], expect = deviation[2] and { field = deviation[2] } or nil,
                        binding = deviation.binding, chance = deviation.chance, reason = deviation[1],
                        target = deviation.built and "0.11" or "0.11*",
                        issue = "https://github.com/drogue-iot/drogue-cloud/issues", owner = "conformance",
                        expires = "2027-12-31" }
  end
end
return rows
