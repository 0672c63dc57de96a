-- Messages with format errors: refused or ignored, never an event. MSG-04, MSG-05. RFC 7252 3, 4.2, 4.3.

local wire = require "common.wire"

case {
  id = "MSG-001", rev = 1, level = "MUST", refs = { "MSG-04", "rfc7252/4.3" },
  maps = { "TD_COAP_CORE_31", "TP_CoAP_MessageFormat_Header_Version_001" },
  title = "a ping is answered by RST with its message id",
  kills = { { mutant = "ping-ignored", field = "response" }, { mutant = "ping-acknowledged", field = "response" },
            { mutant = "ping-answered", field = "code" } },
  run = function(c)
    local dev = c:device()
    local ping = dev:ping()
    ping:expect { type = "RST", code = "0.00", mid = t.same }
  end,
}

-- Each list: bytes behind a CON's head of that token length, in place of a good request's.
local errors = {
  { id = "MSG-002", what = "a marker without payload", maps = { "TP_CoAP_MessageFormat_Payload_Marker_ZeroLengt_001" },
    kills = { { mutant = "marker-without-payload-accepted", field = "code" } },
    make = function(token, rest) return { #token, token .. rest:sub(1, -2) } end },
  { id = "MSG-003", what = "an option longer than the message",
    kills = { { mutant = "option-overrun-accepted", field = "code" } },
    make = function(token, rest) return { #token, token .. rest:sub(1, -3) .. "\x1c" } end },
  { id = "MSG-004", what = "an option delta of 15",
    make = function(token, rest) return { #token, token .. rest:sub(1, -3) .. "\xf0" } end },
  { id = "MSG-005", what = "an option length of 15",
    make = function(token, rest) return { #token, token .. rest:sub(1, -3) .. "\x1f" .. ("a"):rep(15) } end },
  { id = "MSG-006", what = "an extended option delta that is not there",
    make = function(token, rest) return { #token, token .. rest:sub(1, -3) .. "\xe0\x01" } end },
  { id = "MSG-008", what = "fewer token bytes than its token length",
    maps = { "TP_CoAP_MessageFormat_Header_TokenLength_002" }, make = function() return { 8, "abc" } end },
  { id = "MSG-009", what = "a token length of 15", maps = { "TP_CoAP_MessageFormat_Header_TokenLength_003" },
    make = function(token, rest) return { 15, token .. rest } end },
}

for _, row in ipairs(errors) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/3", "rfc7252/3.1", "rfc7252/4.2" },
    maps = row.maps, kills = row.kills, impact = "malformed",
    title = ("a CON with %s is refused by RST and publishes nothing"):format(row.what),
    run = function(c)
      local dev = c:device()
      local _, token, rest = wire.publish(c, dev, 8)
      local made = row.make(token, rest)
      local head, mid = wire.head(c, 0, made[1], 0x02)
      dev:send_raw { head, made[2] }
      wire.expect_rejected(c, dev, mid)
      c:expect_no_events { by = dev }
    end,
  }
end

-- RFC 7252 3.1 lets numbers be written that no option can have: a format error, or a critical option that nobody knows.
case {
  id = "MSG-007", rev = 2, level = "MUST", refs = { "MSG-05", "OPT-01", "rfc7252/3.1", "rfc7252/5.4.1" },
  impact = "malformed",
  title = "a CON with an odd option number beyond 65535 is refused by RST or 4.02, and publishes nothing",
  run = function(c)
    local dev = c:device()
    local _, token, rest = wire.publish(c, dev, 8)
    local head, mid = wire.head(c, 0, #token, 0x02)
    dev:send_raw { head, token, rest:sub(1, -3), "\xe0\xff\xff" }
    dev:expect_one_of { { type = "RST", code = "0.00", mid = mid }, { code = "4.02", token = token }, t.silence {} }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "MSG-010", rev = 2, level = "MUST", refs = { "MSG-05", "rfc7252/3", "rfc8974/2.1" }, impact = "malformed",
  maps = { "TP_CoAP_MessageFormat_Header_TokenLength_003" },
  title = "token lengths from 9 to 14 are format errors, 13 and 14 where extended tokens are not claimed",
  kills = { { mutant = "token-length-9-accepted", field = "code" } },
  run = function(c)
    local dev = c:device()
    local _, token, rest = wire.publish(c, dev, 8)
    for _, length in t.each(c:claims "tokens.extended" and { 9, 10, 12 } or { 9, 10, 12, 13, 14 }) do
      local head, mid = wire.head(c, 0, length, 0x02)
      dev:send_raw { head, token, rest }
      wire.expect_rejected(c, dev, mid)
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "MSG-011", rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/4.1", "rfc7252/4.2" }, impact = "malformed",
  title = "an empty CON with a token or more bytes is refused by RST",
  kills = { { mutant = "malformed-acknowledged", field = "type" } },
  run = function(c)
    local dev = c:device()
    local tails = { { name = "token", 2, "ab" }, { name = "option", 0, "\x60" }, { name = "payload", 0, "\xffx" },
                    { name = "marker", 0, "\xff" } }
    for _, tail in t.each(tails) do
      local head, mid = wire.head(c, 0, tail[1], 0x00)
      dev:send_raw { head, tail[2] }
      wire.expect_rejected(c, dev, mid)
    end
    dev:expect_alive()
  end,
}

case {
  id = "MSG-012", rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/4.3" }, impact = "malformed",
  title = "a NON with a format error is refused by RST or ignored, and publishes nothing",
  kills = { { mutant = "malformed-non-acknowledged", field = "type" } },
  run = function(c)
    local dev = c:device()
    local _, token, rest = wire.publish(c, dev, 8)
    local bodies = { { name = "marker", 8, token .. rest:sub(1, -2) }, { name = "token length", 15, token .. rest },
                     { name = "overrun", 8, token .. rest:sub(1, -3) .. "\x1c" }, { name = "short token", 8, "abc" } }
    for _, body in t.each(bodies) do
      local head, mid = wire.head(c, 1, body[1], 0x02)
      dev:send_raw { head, body[2] }
      dev:expect_one_of { { type = "RST", code = "0.00", mid = mid }, t.silence {} }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "MSG-013", rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/3" }, impact = "malformed",
  maps = { "TP_CoAP_MessageFormat_Header_Version_002" },
  title = "a message of another version is ignored and publishes nothing",
  kills = { { mutant = "version-unchecked", field = "silence" } },
  run = function(c)
    local dev = c:device()
    local head, token, rest = wire.publish(c, dev)
    for _, version in t.each { 0, 2, 3 } do
      local mid = c:mid()
      dev:send_raw { version << 6 | head:byte(1) & 0x3f, 0x02, mid >> 8, mid & 0xff, token, rest }
      dev:expect_silence {}
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "MSG-014", rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/3", "rfc7252/4.2" }, impact = "malformed",
  title = "datagrams of fewer than four bytes are ignored",
  run = function(c)
    local dev = c:device()
    dev:expect_alive()
    for _, bytes in t.each { "\x40", "\x40\x02", "\x40\x02\x12", "\x50", "\xff\xff\xff" } do
      dev:send_raw { bytes }
      dev:expect_silence {}
    end
    dev:expect_alive()
  end,
}

case {
  id = "MSG-015", rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/4.2", "rfc7252/4.3" }, impact = "malformed",
  maps = { "TP_CoAP_MessageFormat_Header_Type_RST_001" },
  title = "ACK and RST with format errors are ignored",
  run = function(c)
    local dev = c:device()
    for _, kind in t.each { 2, 3 } do
      for _, tail in ipairs { "\xff", "\xf0", "\x1c", "abc" } do
        local head = wire.head(c, kind, 0, 0x00)
        dev:send_raw { head, tail }
        dev:expect_silence {}
      end
    end
    dev:expect_alive()
  end,
}

case {
  id = "MSG-016", rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/4.3" },
  maps = { "TP_CoAP_MessageFormat_Header_Type_NON_002" },
  title = "an empty NON is ignored or refused by RST",
  run = function(c)
    local dev = c:device()
    local sent = dev:send { type = "NON", code = "0.00" }
    dev:expect_one_of { { type = "RST", code = "0.00", mid = sent.mid }, t.silence {} }
    dev:expect_alive()
  end,
}

case {
  id = "MSG-017", rev = 1, level = "MUST", refs = { "MSG-05", "rfc7252/4.2" },
  title = "an empty ACK and a RST for nothing are ignored",
  run = function(c)
    local dev = c:device()
    for _, kind in t.each { "ACK", "RST" } do
      dev:send { type = kind, code = "0.00", mid = c:mid() }
      dev:expect_silence {}
    end
    dev:expect_alive()
  end,
}
