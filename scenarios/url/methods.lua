-- Request codes other than POST. URL-09, URL-10, URL-18.

local function refused()
  return t.one_of { "4.05", t.warn "5.01" }
end

case {
  id = "URL-201", rev = 1, level = "MUST", refs = { "URL-09", "RSP-02", "rfc7252/5.8" },
  title = "an unassigned request code is answered 4.05 and publishes nothing",
  kills = { { mutant = "any-method-publishes", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, code in t.each { "0.08", "0.15", "0.30", "0.31" } do
      dev:request(code, "/v1/telemetry", { payload = "x" }):expect { code = refused(), type = "ACK" }
    end
    c:expect_no_events()
  end,
}

local methods = {
  { id = "URL-202", method = "PUT", code = "0.03", maps = { "TD_COAP_CORE_03" } },
  { id = "URL-203", method = "DELETE", code = "0.04",
    maps = { "TD_COAP_CORE_02", "TP_CoAP_MessageFormat_Header_Code_MethodNotAllowed" },
    kills = { { mutant = "method-not-found", field = "code" } } },
  { id = "URL-204", method = "PATCH", code = "0.06" },
  { id = "URL-205", method = "iPATCH", code = "0.07" },
}

for _, row in ipairs(methods) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "URL-09", "URL-18", "rfc7252/5.8" }, maps = row.maps,
    kills = row.kills,
    title = row.method .. " is answered 4.05, or publishes as POST does",
    run = function(c)
      local dev = c:device()
      local answer = dev:request(row.code, "/v1/telemetry", { payload = "x" })
        :expect { code = t.one_of { "4.05", t.warn "5.01", "2.04", "2.01", "2.02" } }
      if answer.code:sub(1, 1) == "2" then
        c:await_event { device = dev.name, subject = "telemetry", data = "x" }
      end
      c:observe(row.method .. " is answered " .. answer.code)
      c:expect_no_events()
    end,
  }
end

case {
  id = "URL-206", rev = 1, level = "MUST", refs = { "URL-10", "URL-09", "rfc7252/5.1", "rfc7252/5.8.1" },
  maps = { "TD_COAP_CORE_01" },
  title = "a GET never publishes",
  kills = { { mutant = "get-publishes", field = "events" } },
  run = function(c)
    local dev = c:device()
    local get = dev:get("/v1/telemetry")
    local wait = dev:get("/v1/telemetry", { query = { ct = 1 } })
    c:expect_no_events { by = dev }
    get:expect { code = t.one_of { "4.05", t.warn "5.01", "2.05" }, type = "ACK" }
    wait:expect { code = t.one_of { "4.05", t.warn "5.01", "2.05" } }
  end,
}

case {
  id = "URL-207", rev = 1, level = "MUST", refs = { "URL-10", "URL-09", "rfc8132/2" },
  title = "a FETCH never publishes",
  run = function(c)
    local dev = c:device()
    local fetch = dev:fetch("/v1/telemetry", { payload = "x" })
    c:expect_no_events { by = dev }
    fetch:expect { code = t.one_of { "4.05", t.warn "5.01", "4.15", "2.05" } }
  end,
}

local nons = {
  { id = "URL-208", method = "GET", code = "0.01", map = "TD_COAP_CORE_05" },
  { id = "URL-209", method = "PUT", code = "0.03", map = "TD_COAP_CORE_07" },
  { id = "URL-210", method = "DELETE", code = "0.04", map = "TD_COAP_CORE_06" },
}

for _, row in ipairs(nons) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "URL-09", "MSG-01", "rfc7252/5.2.3" }, maps = { row.map },
    title = ("a NON %s is answered without an ACK"):format(row.method),
    run = function(c)
      local dev = c:device()
      dev:request(row.code, "/v1/telemetry", { type = "NON" })
        :expect { code = t.one_of { "4.05", t.warn "5.01", "2.04", "2.05", "2.02" },
                  type = t.one_of { "NON", "CON" } }
    end,
  }
end
