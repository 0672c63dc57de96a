-- Publish rules of an application. RSP-04.

local function device_with(c, rules)
  return c:device { application = c:application { spec = { publish = { rules = rules } } } }
end

case {
  id = "RSP-101", rev = 1, level = "MUST", refs = { "RSP-04", "RSP-02" }, needs = { "rules" },
  title = "a rule that rejects answers with its own reason, and nothing is published",
  kills = { { mutant = "rules-ignored", field = "code" } },
  run = function(c)
    local dev = device_with(c, { { when = { isChannel = "bad" }, ["then"] = { { reject = "not on this channel" } } } })
    dev:post("/v1/bad", { payload = "x" })
      :expect { code = t.one_of { "4.06", t.match "^4%." }, reason = true, payload = t.contains "not on this channel" }
    dev:post("/v1/good", { payload = "y" }):expect { code = "2.04" }
    c:await_event { subject = "good" }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "RSP-102", rev = 1, level = "MUST", refs = { "RSP-04", "EVT-01" }, needs = { "rules" },
  title = "a rule that drops answers 2.04, and there is no event",
  run = function(c)
    local dev = device_with(c, { { when = { isChannel = "noise" }, ["then"] = { "drop" } } })
    dev:post("/v1/noise", { payload = "x" }):expect { code = "2.04" }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "RSP-103", rev = 1, level = "MUST", refs = { "RSP-04" }, needs = { "rules" },
  title = "a rule sets an attribute of the event",
  run = function(c)
    local dev = device_with(c, { { when = { isChannel = "old" },
                                   ["then"] = { { setAttribute = { name = "subject", value = "new" } } } } })
    dev:post("/v1/old", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "new", data = "x" }
  end,
}

case {
  id = "RSP-104", rev = 1, level = "MUST", refs = { "RSP-04" }, needs = { "rules" },
  title = "a rule sets an extension of the event, and a later one removes it",
  run = function(c)
    local dev = device_with(c, {
      { when = "always", ["then"] = { { setExtension = { name = "floor", value = "3" } } } },
      { when = { isChannel = "secret" }, ["then"] = { { removeExtension = "floor" } } },
    })
    dev:post("/v1/open", { payload = "x" }):expect { code = "2.04" }
    c:await_event { subject = "open", floor = "3" }
    dev:post("/v1/secret", { payload = "x" }):expect { code = "2.04" }
    c:await_event { subject = "secret", floor = t.none }
  end,
}

case {
  id = "RSP-105", rev = 1, level = "MUST", refs = { "RSP-04", "EVT-04" }, needs = { "rules" },
  title = "a rule removes an attribute of the event",
  run = function(c)
    local dev = device_with(c, { { when = "always", ["then"] = { { removeAttribute = "dataschema" } } } })
    dev:post("/v1/state", { payload = "x", query = { data_schema = "urn:example:a" } }):expect { code = "2.04" }
    c:await_event { device = dev.name, dataschema = t.none }
  end,
}

case {
  id = "RSP-106", rev = 1, level = "MUST", refs = { "RSP-04" }, needs = { "rules" },
  title = "break ends the rules, and the event is published",
  run = function(c)
    local dev = device_with(c, { { when = "always", ["then"] = { "break" } },
                                 { when = "always", ["then"] = { { reject = "never reached" } } } })
    dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "RSP-107", rev = 1, level = "MUST", refs = { "RSP-04" }, needs = { "rules" },
  title = "not, and, or combine conditions",
  run = function(c)
    local b_or_c = { ["or"] = { { isChannel = "b" }, { isChannel = "c" } } }
    local dev = device_with(c, { { when = { ["and"] = { { ["not"] = { isChannel = "a" } }, b_or_c } },
                                   ["then"] = { { setExtension = { name = "hit", value = "yes" } } } } })
    for _, row in t.each { { name = "a", hit = t.none }, { name = "b", hit = "yes" }, { name = "d", hit = t.none } } do
      dev:post("/v1/" .. row.name):expect { code = "2.04" }
      c:await_event { subject = row.name, hit = row.hit }
    end
  end,
}

case {
  id = "RSP-108", rev = 1, level = "MUST", refs = { "RSP-04", "CMD-01" }, needs = { "rules", "commands" },
  title = "a publish that a rule drops still waits for a command",
  run = function(c)
    local dev = device_with(c, { { when = "always", ["then"] = { "drop" } } })
    local post = dev:start_post("/v1/state", { query = { ct = 20 } })
    post:expect_ack { optional = true, within = "ACK_TIMEOUT" }
    c:command(dev, "wake", { payload = "up" })
    post:expect { code = "2.05", payload = "up", options = { [4210] = "wake" } }
  end,
}
