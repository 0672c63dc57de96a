-- The parameters application, device, data_schema, as and ct. URL-04 to URL-08, URL-15 to URL-18.

local function basic(user, password)
  return "Basic " .. t.base64(user .. ":" .. password)
end

case {
  id = "URL-101", rev = 1, level = "MUST", refs = { "URL-04", "rfc7252/5.10.1", "rfc7252/6.4" },
  maps = { "TD_COAP_CORE_14" }, bindings = { "coap" },
  title = "parameters in Uri-Query options of their own are read, in any order",
  kills = { { mutant = "query-first-option-only", field = "code" } },
  run = function(c)
    local dev = c:device()
    local application, schema = "application=" .. dev.application, "data_schema=urn:example:a"
    local orders = {
      { name = "application last", schema, "ct=0", application },
      { name = "application first", application, "ct=0", schema },
      { name = "application amid", "ct=0", application, schema },
    }
    for _, query in t.each(orders) do
      dev:post("/v1/telemetry", { query = { query[1], query[2], query[3] },
                                  authorization = basic(dev.name, dev.password) }):expect { code = "2.04" }
      c:await_event { device = dev.name, dataschema = "urn:example:a" }
    end
  end,
}

case {
  id = "URL-102", rev = 1, level = "MUST", refs = { "URL-04", "AUTH-15" }, needs = { "gateway" },
  title = "as, data_schema and ct in options of their own all have their effect",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    gateway:post("/v1/telemetry", { query = { "ct=0", "data_schema=urn:example:b", "as=" .. sensor.name } })
      :expect { code = "2.04" }
    c:await_event { device = sensor.name, sender = gateway.name, dataschema = "urn:example:b" }
  end,
}

case {
  id = "URL-103", rev = 1, level = "MUST", refs = { "URL-05" }, bindings = { "coap" },
  title = "one Uri-Query option may carry all parameters, joined by ampersands",
  kills = { { mutant = "query-not-split", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/telemetry", { query = { "application=" .. dev.application .. "&data_schema=urn:example:c&ct=0" },
                                authorization = basic(dev.name, dev.password) }):expect { code = "2.04" }
    c:await_event { device = dev.name, dataschema = "urn:example:c" }
  end,
}

case {
  id = "URL-104", rev = 1, level = "MUST", refs = { "URL-05", "AUTH-15" }, needs = { "gateway" },
  title = "as and data_schema joined by an ampersand both have their effect",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    gateway:post("/v1/telemetry", { query = { "data_schema=urn:example:d&as=" .. sensor.name .. "&ct=0" } })
      :expect { code = "2.04" }
    c:await_event { device = sensor.name, sender = gateway.name, dataschema = "urn:example:d" }
  end,
}

case {
  id = "URL-105", rev = 1, level = "MUST", refs = { "URL-06", "rfc7252/6.4" }, needs = { "gateway" },
  title = "a value that the client has decoded is understood: as=device#2",
  kills = { { mutant = "parameter-cut-at-hash", field = "code" } },
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { suffix = "#2", gateways = { gateway }, auth = "none" }
    gateway:post("/v1/telemetry", { query = { "as=" .. sensor.name } }):expect { code = "2.04" }
    c:await_event { device = sensor.name, sender = gateway.name }
  end,
}

case {
  id = "URL-106", rev = 1, level = "MUST", refs = { "URL-15" }, needs = { "gateway" },
  title = "a value that arrives still percent-encoded is decoded: as=device%232",
  kills = { { mutant = "query-not-decoded", field = "code" } },
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { suffix = "#2", gateways = { gateway }, auth = "none" }
    gateway:post("/v1/telemetry", { query = { "as=" .. sensor.name:gsub("#", "%%23") } }):expect { code = "2.04" }
    c:await_event { device = sensor.name, sender = gateway.name }
  end,
}

case {
  id = "URL-107", rev = 1, level = "MUST", refs = { "URL-15", "EVT-04" },
  title = "a percent-encoded data_schema is decoded",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/telemetry", { query = { "data_schema=https%3A%2F%2Fexample.org%2Fschema%2F1" } })
      :expect { code = "2.04" }
    c:await_event { device = dev.name, dataschema = "https://example.org/schema/1" }
  end,
}

case {
  id = "URL-108", rev = 1, level = "SHOULD", refs = { "URL-07" },
  title = "unknown parameters are ignored",
  kills = { { mutant = "unknown-parameter-refused", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, query in t.each { "x=1", "CT=5", "x", "=", "ct2=9&y=2", "Application=z" } do
      dev:post("/v1/telemetry", { query = { query } }):expect { code = "2.04", within = "3 s" }
      c:await_event { device = dev.name }
    end
  end,
}

case {
  id = "URL-109", rev = 1, level = "MUST", refs = { "URL-08", "RSP-02" },
  title = "a ct that is text or empty is refused with a reason and publishes nothing",
  kills = { { mutant = "bad-ct-ignored", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, ct in t.each { "abc", "", "1s", "0x10", "1 " } do
      dev:post("/v1/telemetry", { query = { "ct=" .. ct } })
        :expect { code = t.one_of { "4.00", "4.02" }, reason = true }
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-110", rev = 1, level = "MUST", refs = { "URL-08", "RSP-02" },
  title = "a negative ct is refused with a reason and publishes nothing",
  kills = { { mutant = "negative-ct-accepted", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, ct in t.each { "-1", "-0", "-5" } do
      dev:post("/v1/telemetry", { query = { "ct=" .. ct } })
        :expect { code = t.one_of { "4.00", "4.02" }, reason = true }
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-111", rev = 1, level = "MUST", refs = { "URL-08", "URL-16" }, needs = { "gateway" },
  title = "a bad ct never takes the other parameters away",
  kills = { { mutant = "bad-ct-resets-parameters", field = "events" } },
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    gateway:post("/v1/telemetry", { query = { "as=" .. sensor.name, "ct=soon" } })
    c:expect_no_events { by = gateway }
  end,
}

case {
  id = "URL-112", rev = 2, level = "MUST", refs = { "URL-08", "AUTH-15", "EVT-11", "RSP-02" },
  title = "a parameter that is no UTF-8 is refused with a reason and publishes nothing, or as a schema is left out",
  run = function(c)
    local dev = c:device()
    c:step "ct"
    dev:post("/v1/telemetry", { query = { "ct=\xff" } }):expect { code = t.one_of { "4.00", "4.02" }, reason = true }
    c:step "as" -- nobody has that name
    dev:post("/v1/telemetry", { query = { "as=\xff" } })
      :expect { code = t.one_of { "4.00", "4.01", "4.02", "4.03", "4.04" }, reason = true }
    c:step "data_schema"
    local post = dev:post("/v1/telemetry", { query = { "data_schema=urn:\xc3\x28" } })
    post:expect_one_of { { code = t.one_of { "4.00", "4.02" }, reason = true }, { code = "2.04" } }
    if post.response.code == "2.04" then
      c:await_event { device = dev.name, dataschema = t.none }
    end
    c:expect_no_more_events()
  end,
}

case {
  id = "URL-113", rev = 1, level = "SHOULD", refs = { "URL-16" },
  title = "a ct with a fraction or beyond 64 bits is refused",
  run = function(c)
    local dev = c:device()
    for _, ct in t.each { "1.5", "18446744073709551616", "99999999999999999999999999" } do
      dev:post("/v1/telemetry", { query = { "ct=" .. ct }, timeout = "10 s" })
        :expect { code = t.one_of { "4.00", "4.02" } }
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-114", rev = 1, level = "SHOULD", refs = { "URL-16" },
  title = "a known parameter that is given twice is refused",
  kills = { { mutant = "parameter-twice-accepted", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, query in t.each { "ct=0&ct=0", "data_schema=urn:a&data_schema=urn:b" } do
      dev:post("/v1/telemetry", { query = { query } }):expect { code = t.one_of { "4.00", "4.02" } }
    end
    dev:post("/v1/telemetry", { query = { "ct=0", "ct=0" } }):expect { code = t.one_of { "4.00", "4.02" } }
    c:expect_no_events()
  end,
}

case {
  id = "URL-115", rev = 1, level = "MUST", refs = { "URL-17", "AUTH-01", "EVT-11" }, needs = { "gateway" },
  bindings = { "coap" },
  title = "the documentation's call with all parameters works",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { suffix = "#2", gateways = { gateway }, auth = "none" }
    local query = ("application=%s&device=%s&data_schema=application%%2Foctet-stream&as=%s&ct=1"):format(
      gateway.application, gateway.name, (sensor.name:gsub("#", "%%23")))
    gateway:post("/v1/foo", { query = { query }, payload = "x", authorization = basic(gateway.name, gateway.password) })
      :expect { code = "2.04" }
    c:await_event { device = sensor.name, sender = gateway.name, subject = "foo", dataschema = t.none }
  end,
}

case {
  id = "URL-116", rev = 1, level = "MUST", refs = { "URL-17", "AUTH-01" }, bindings = { "coap" },
  title = "the documentation's call with option 4209 works",
  run = function(c)
    local dev = c:device { password = "hey-rodney" }
    dev:post("/v1/foo", { authorization = basic(dev.name .. "@" .. dev.application, "hey-rodney") })
      :expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "foo" }
  end,
}

case {
  id = "URL-117", rev = 1, level = "INFO", refs = { "URL-18" },
  title = "which values with an ampersand, a plus or a percent sign are understood",
  run = function(c)
    local dev = c:device()
    for _, value in t.each { "urn:a+b", "urn:a%2Bb", "urn:a%26b", "urn:100%25" } do
      local answer = dev:post("/v1/telemetry", { query = { "data_schema=" .. value } }):expect { class = t.any }
      local event = answer.code == "2.04" and c:await_event { device = dev.name, optional = true }
      c:observe(("data_schema=%s: %s, dataschema %s"):format(value, answer.code, event and event.dataschema or "none"))
    end
  end,
}

case {
  id = "URL-118", rev = 1, level = "INFO", refs = { "URL-18" },
  title = "whether commandTimeout is another name of ct",
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/telemetry", { query = { "commandTimeout=1" } })
    local answer = post:expect { class = t.any }
    c:observe(("commandTimeout=1: %s after %.1f s"):format(answer.code, (answer.at_us - post.sent.at_us) / 1e6))
  end,
}
