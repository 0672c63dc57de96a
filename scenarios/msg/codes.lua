-- Codes where they do not belong: requests in ACK and RST, responses and reserved classes. MSG-06.

local wire = require "common.wire"

local function code_text(class, detail)
  return ("%d.%02d"):format(class, detail)
end

case {
  id = "MSG-101", rev = 1, level = "MUST", refs = { "MSG-06", "rfc7252/4.2" }, impact = "malformed",
  maps = { "TP_CoAP_MessageFormat_Header_Type_ACK_001", "TP_CoAP_MessageFormat_Header_Type_RST_001" },
  title = "a request in an ACK or RST is ignored and publishes nothing",
  kills = { { mutant = "request-in-ack-published", field = "events" } },
  run = function(c)
    local dev = c:device()
    dev:expect_alive()
    for _, kind in t.each { "ACK", "RST" } do
      dev:send { type = kind, code = "0.02", token = c:token(4), payload = "x",
                 options = wire.publish_options(dev, "state") }
    end
    c:expect_no_events { by = dev }
    dev:expect_silence {}
  end,
}

local strays = {
  { id = "MSG-102", what = "a response code", codes = { "2.03", "2.04", "2.05", "4.04", "5.00" },
    maps = { "TP_CoAP_MessageFormat_Header_Type_CON_002" },
    kills = { { mutant = "response-code-answered", field = "code" } } },
  { id = "MSG-103", what = "a code of a reserved class", codes = { "1.00", "1.31", "6.00", "7.00", "7.31" },
    maps = { "TP_CoAP_MessageFormat_Header_Type_CON_003" } },
}

for _, row in ipairs(strays) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "MSG-06", "rfc7252/4.2" }, impact = "malformed",
    maps = row.maps, kills = row.kills,
    title = ("a CON with %s is refused by RST and publishes nothing"):format(row.what),
    run = function(c)
      local dev = c:device()
      for _, code in t.each(row.codes) do
        local sent = dev:send { type = "CON", code = code, token = c:token(2), payload = "x",
                                options = wire.publish_options(dev, "state") }
        wire.expect_rejected(c, dev, sent.mid)
      end
      c:expect_no_events { by = dev }
    end,
  }
end

case {
  id = "MSG-104", rev = 1, level = "MUST", refs = { "MSG-06", "rfc7252/4.3" }, impact = "malformed",
  maps = { "TP_CoAP_MessageFormat_Header_Type_NON_003", "TP_CoAP_MessageFormat_Header_Type_NON_004" },
  title = "a NON with a response code or of a reserved class is ignored or refused by RST",
  run = function(c)
    local dev = c:device()
    for _, class in t.each { 1, 2, 4, 5, 6, 7 } do
      local sent = dev:send { type = "NON", code = code_text(class, 3), token = c:token(2), payload = "x",
                              options = wire.publish_options(dev, "state") }
      dev:expect_one_of { { type = "RST", code = "0.00", mid = sent.mid }, t.silence {} }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "MSG-105", rev = 1, level = "MUST", refs = { "MSG-06", "rfc7252/4.2" }, impact = "malformed",
  maps = { "TP_CoAP_MessageFormat_Header_Type_ACK_002" },
  title = "an ACK or RST with a response or of a reserved class is ignored",
  run = function(c)
    local dev = c:device()
    for _, class in t.each { 1, 2, 5, 6, 7 } do
      for _, kind in ipairs { "ACK", "RST" } do
        dev:send { type = kind, code = code_text(class, 4), token = c:token(2), payload = "x" }
        dev:expect_silence {}
      end
    end
    c:expect_no_events { by = dev }
  end,
}
