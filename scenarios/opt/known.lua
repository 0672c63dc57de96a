-- Options of RFC 7252 and its followers that a publish may carry. OPT-04 to OPT-08.

case {
  id = "OPT-101", rev = 1, level = "MUST", refs = { "OPT-04", "rfc7252/5.7.2", "rfc7252/5.10.2" },
  maps = { "TP_CoAP_Server_Options_ProxyUri_001" },
  title = "Proxy-Uri of a foreign host is refused 5.05, and nothing is published",
  kills = { { mutant = "proxy-uri-ignored", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, uri in t.each { "coap://example.org/v1/state", "http://example.org/" } do
      dev:post("/v1/state", { options = { [35] = uri }, payload = "x" })
        :expect { code = t.one_of { "5.05", t.warn "4.02" }, payload = t.should(t.text) }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "OPT-102", rev = 1, level = "MUST", refs = { "OPT-04", "rfc7252/5.7.2", "rfc7252/5.10.2" },
  title = "Proxy-Scheme with a foreign Uri-Host is refused 5.05, and nothing is published",
  run = function(c)
    local dev = c:device()
    for _, scheme in t.each { "coap", "http" } do
      dev:post("/v1/state", { options = { [3] = "example.org", [39] = scheme }, payload = "x" })
        :expect { code = t.one_of { "5.05", t.warn "4.02" } }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "OPT-103", rev = 1, level = "SHOULD", refs = { "OPT-05", "rfc7252/5.10.4" },
  maps = { "TD_COAP_CORE_20", "TP_CoAP_Server_Options_ContentAccept_001" },
  title = "Accept is refused and nothing published, or it is ignored",
  run = function(c)
    local dev = c:device()
    for _, format in t.each { 0, 41, 50, 64999 } do
      local answer = dev:post("/v1/state", { options = { [17] = format }, payload = "x" })
        :expect { code = t.one_of { "2.04", "4.06", "4.02" } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, data = "x" }
      end
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "OPT-104", rev = 1, level = "SHOULD", refs = { "OPT-05", "rfc7641/1.2" }, maps = { "TD_COAP_OBS_01" },
  title = "Observe on a POST is ignored",
  run = function(c)
    local dev = c:device()
    for _, value in t.each { 0, 1 } do
      dev:post("/v1/state", { options = { [6] = value } }):expect { code = "2.04", options = { [6] = t.none } }
    end
  end,
}

case {
  id = "OPT-105", rev = 1, level = "SHOULD", refs = { "OPT-06", "rfc7967/2" },
  title = "No-Response in a CON is honoured by an empty ACK, or ignored",
  run = function(c)
    local dev = c:device()
    for _, value in t.each { 2, 26 } do
      local post = dev:start_post("/v1/state", { options = { [258] = value }, payload = "x" })
      if not post:expect_ack { within = "ACK_TIMEOUT + 1 s", optional = true } then
        post:expect { code = "2.04" }
      end
      c:await_event { device = dev.name, data = "x" }
    end
  end,
}

case {
  id = "OPT-106", rev = 1, level = "SHOULD", refs = { "OPT-06", "rfc7967/2" },
  title = "No-Response in a NON is honoured by silence, or ignored",
  run = function(c)
    local dev = c:device()
    dev:start_post("/v1/state", { type = "NON", options = { [258] = 2 }, payload = "x" })
      :expect_one_of { { code = "2.04" }, t.silence {} }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "OPT-107", rev = 1, level = "MUST", refs = { "OPT-07", "rfc7252/5.10.8.1" },
  maps = { "TD_COAP_CORE_22", "TP_CoAP_Server_Options_IfMatch_002" },
  title = "If-Match with an ETag that nothing has is refused 4.12, and nothing is published",
  kills = { { mutant = "if-match-ignored", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [1] = "nothing" }, payload = "x" })
      :expect { code = t.one_of { "4.12", "4.02" } }
    dev:post("/v1/state", { options = { [1] = { "a", "b" } }, payload = "x" })
      :expect { code = t.one_of { "4.12", "4.02" } }
    c:expect_no_events { by = dev }
  end,
}

local conditions = {
  { id = "OPT-108", what = "an empty If-Match", options = { [1] = "" },
    maps = { "TP_CoAP_Server_Options_IfMatch_001" } },
  { id = "OPT-109", what = "If-None-Match", options = { [5] = "" },
    maps = { "TD_COAP_CORE_23", "TP_CoAP_Server_Options_IfNoneMatch_001" } },
}

for _, row in ipairs(conditions) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "OPT-07", "EVT-01", "rfc7252/5.10.8" }, maps = row.maps,
    title = row.what .. " is accepted and published, or refused and not",
    run = function(c)
      local dev = c:device()
      local answer = dev:post("/v1/state", { options = row.options, payload = "x" })
        :expect { code = t.one_of { "2.04", "4.12", "4.02" } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, data = "x" }
      end
      c:expect_no_events { by = dev }
    end,
  }
end

-- Host and port of the address that is tested.
local function authority(c)
  local uri = c.binding == "coap" and c.target.coap or c.target.coaps
  if type(uri) ~= "string" then return "127.0.0.1", nil end
  local host, port = uri:match "^coaps?://%[?([^%]/]-)%]?:?(%d*)$"
  return host or "127.0.0.1", tonumber(port)
end

case {
  id = "OPT-110", rev = 1, level = "MUST", refs = { "OPT-08", "rfc7252/5.10.1" },
  maps = { "TP_CoAP_Server_Options_UriHost_001", "TP_CoAP_Server_Options_UriHost_002" },
  title = "a Uri-Host that names the endpoint is accepted",
  kills = { { mutant = "uri-host-refused", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [3] = (authority(c)) }, payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "OPT-111", rev = 1, level = "MUST", refs = { "OPT-08", "rfc7252/5.10.1" },
  title = "a Uri-Port that is the endpoint's own is accepted",
  run = function(c)
    local dev = c:device()
    local host, port = authority(c)
    dev:post("/v1/state", { options = { [3] = host, [7] = port or (c.binding == "coap" and 5683 or 5684) } })
      :expect { code = "2.04" }
  end,
}

case {
  id = "OPT-112", rev = 1, level = "MUST", refs = { "OPT-01", "rfc7252/5.10.6", "rfc7252/5.10.5" },
  maps = { "TD_COAP_CORE_21" },
  title = "elective options without a meaning for a publish are ignored: ETag, Max-Age, Location, Size2, Hop-Limit",
  run = function(c)
    local dev = c:device()
    for _, number in t.each { 4, 14, 8, 20, 28, 16 } do
      dev:post("/v1/state", { options = { [number] = "\1" }, payload = "x" }):expect { code = "2.04" }
    end
  end,
}

case {
  id = "OPT-113", rev = 1, level = "MUST", refs = { "OPT-01", "rfc8613/2" },
  title = "OSCORE, which this endpoint does not offer, is refused 4.02 and publishes nothing",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [9] = "\9\1\1" }, payload = "x" })
      :expect { code = t.one_of { "4.02", "4.01", "4.00" } }
    c:expect_no_events { by = dev }
  end,
}
