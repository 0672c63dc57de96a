-- Options that the endpoint does not know, or that stand where they may not. OPT-01 to OPT-03.

case {
  id = "OPT-001", rev = 1, level = "MUST", refs = { "OPT-01", "rfc7252/5.4.1" },
  title = "an unknown critical option in a CON is refused 4.02, and nothing is published",
  kills = { { mutant = "critical-option-ignored", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, number in t.each { 33, 99, 2049, 65001, 65535 } do
      dev:post("/v1/state", { options = { [number] = "x" }, payload = "x" })
        :expect { code = "4.02", payload = t.should(t.text) }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "OPT-002", rev = 1, level = "MUST", refs = { "OPT-01", "rfc7252/5.4.1", "rfc7252/4.3" },
  title = "an unknown critical option in a NON is refused by RST or 4.02 or ignored, and nothing is published",
  kills = { { mutant = "critical-option-ignored-in-non", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, number in t.each { 99, 65001 } do
      dev:start_post("/v1/state", { type = "NON", options = { [number] = "x" }, payload = "x" })
        :expect_one_of { { code = "4.02" }, { type = "RST" }, t.silence {} }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "OPT-003", rev = 1, level = "MUST", refs = { "OPT-01", "rfc7252/5.4.1" },
  title = "an unknown elective option is ignored",
  kills = { { mutant = "elective-option-refused", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, number in t.each { 22, 100, 2048, 65000, 65534 } do
      dev:post("/v1/state", { options = { [number] = "x" }, payload = "x" }):expect { code = "2.04" }
      c:await_event { device = dev.name, data = "x" }
    end
  end,
}

case {
  id = "OPT-004", rev = 1, level = "MUST", refs = { "OPT-02", "rfc7252/5.4.6" },
  title = "option 4210 in a request is ignored",
  kills = { { mutant = "option-4210-refused", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [4210] = "set-temp" }, payload = "x" })
      :expect { code = "2.04", options = { [4210] = t.none } }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "OPT-005", rev = 1, level = "MUST", refs = { "OPT-03", "rfc7252/5.4.3" },
  title = "a Content-Format of three bytes is ignored as an unknown elective option",
  kills = { { mutant = "option-length-unchecked", field = "event.datacontenttype" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [12] = "\0\0\41" }, payload = "<a/>" }):expect { code = "2.04" }
    c:await_event { device = dev.name, datacontenttype = "application/octet-stream", data = "<a/>" }
  end,
}

local lengths = {
  { id = "OPT-006", what = "a Uri-Path of 256 bytes", path = { "v1", ("p"):rep(256) } },
  { id = "OPT-007", what = "a Uri-Query of 256 bytes", path = { "v1", "state" }, options = { [15] = ("q"):rep(256) } },
  { id = "OPT-008", what = "a Uri-Port of three bytes", path = { "v1", "state" }, options = { [7] = "\0\0\1" } },
  { id = "OPT-009", what = "an If-None-Match with a value", path = { "v1", "state" }, options = { [5] = "x" } },
  { id = "OPT-010", what = "an empty Uri-Host", path = { "v1", "state" }, options = { [3] = "" } },
  { id = "OPT-011", what = "an If-Match of nine bytes", path = { "v1", "state" }, options = { [1] = "123456789" } },
}

for _, row in ipairs(lengths) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "OPT-03", "OPT-01", "rfc7252/5.4.3", "rfc7252/5.4.1" },
    title = row.what .. " is an unknown critical option: 4.02, and nothing is published",
    run = function(c)
      local dev = c:device()
      dev:post(row.path, { options = row.options, payload = "x" }):expect { code = "4.02" }
      c:expect_no_events { by = dev }
    end,
  }
end

case {
  id = "OPT-012", rev = 1, level = "MUST", refs = { "OPT-01", "rfc7252/5.4.5" },
  title = "a second Uri-Port is an unknown critical option: 4.02, and nothing is published",
  kills = { { mutant = "option-repeated-accepted", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [7] = { 5683, 5683 } }, payload = "x" }):expect { code = "4.02" }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "OPT-013", rev = 1, level = "MUST", refs = { "OPT-03", "rfc7252/5.4.5" },
  title = "a second Content-Format is ignored",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [12] = { 41, 42 } }, payload = "<a/>" }):expect { code = "2.04" }
    c:await_event { device = dev.name, datacontenttype = "application/xml" }
  end,
}

case {
  id = "OPT-014", rev = 1, level = "MUST", refs = { "OPT-01", "rfc7252/3.1" },
  title = "options with one-byte and two-byte extended deltas and lengths are read",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [100] = ("e"):rep(12), [2048] = ("e"):rep(13), [65000] = ("e"):rep(300) },
                            payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
  end,
}
