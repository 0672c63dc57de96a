-- What an event says of itself. EVT-01 to EVT-04, EVT-08 to EVT-11.

case {
  id = "EVT-001", rev = 1, level = "MUST", refs = { "EVT-01" },
  title = "every accepted publish gives an event",
  kills = { { mutant = "event-lost", field = "event" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "EVT-002", rev = 1, level = "MUST", refs = { "EVT-01" },
  title = "an accepted publish gives no more than one event",
  kills = { { mutant = "event-twice", field = "events" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "EVT-003", rev = 1, level = "MUST", refs = { "EVT-02" },
  title = "an event has the attributes that CloudEvents 1.0 requires",
  kills = { { mutant = "event-type-wrong", field = "event.type" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, type = "io.drogue.event.v1", specversion = "1.0", subject = "state",
                    id = t.text, source = t.uri, time = t.rfc3339 }
  end,
}

case {
  id = "EVT-004", rev = 1, level = "MUST", refs = { "EVT-02", "EVT-01" },
  title = "the ids of events differ",
  kills = { { mutant = "event-id-constant", field = "event.id" } },
  run = function(c)
    local dev = c:device()
    local seen = {}
    for i = 1, 5 do
      dev:post("/v1/state", { payload = "n" .. i }):expect { code = "2.04" }
      local event = c:await_event { device = dev.name, data = "n" .. i }
      c:expect("event.id", seen[event.source .. " " .. event.id], t.none)
      seen[event.source .. " " .. event.id] = true
    end
  end,
}

case {
  id = "EVT-005", rev = 1, level = "MUST", refs = { "EVT-02" },
  title = "the time of an event is the present one",
  kills = { { mutant = "event-time-wrong", field = "event.time" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, time = t.now }
  end,
}

local senders = {
  { id = "EVT-006", what = "application and applicationuid", fields = function(dev)
    return { device = dev.name, application = dev.application, applicationuid = t.text }
  end, kills = { { mutant = "event-application-missing", field = "event.application" } } },
  { id = "EVT-007", what = "device, deviceuid and senderuid", fields = function(dev)
    return { device = dev.name, deviceuid = t.text, senderuid = t.text }
  end, kills = { { mutant = "event-device-uid-missing", field = "event.deviceuid" } } },
  { id = "EVT-008", what = "sender", fields = function(dev) return { device = dev.name, sender = dev.name } end,
    kills = { { mutant = "event-sender-missing", field = "event.sender" } } },
  { id = "EVT-009", what = "instance", fields = function(dev) return { device = dev.name, instance = t.text } end,
    kills = { { mutant = "event-instance-missing", field = "event.instance" } } },
}

for _, row in ipairs(senders) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "EVT-03" }, kills = row.kills,
    title = ("an event names %s"):format(row.what),
    run = function(c)
      local dev = c:device()
      dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
      c:await_event(row.fields(dev))
    end,
  }
end

case {
  id = "EVT-010", rev = 1, level = "MUST", refs = { "EVT-03", "AUTH-15" }, needs = { "gateway" },
  title = "an event published by a gateway names the device and the gateway, with their own uids",
  kills = { { mutant = "as-swaps-sender", field = "event.sender" } },
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    gateway:post("/v1/own"):expect { code = "2.04" }
    local own = c:await_event { device = gateway.name, sender = gateway.name }
    gateway:post("/v1/state", { query = { as = sensor.name } }):expect { code = "2.04" }
    c:await_event { device = sensor.name, sender = gateway.name, senderuid = own.deviceuid,
                    deviceuid = t.not_(own.deviceuid) }
  end,
}

case {
  id = "EVT-011", rev = 1, level = "MUST", refs = { "EVT-03" },
  title = "uids stay the same from event to event, and differ from device to device",
  run = function(c)
    local dev, other = c:device(), c:device()
    dev:post("/v1/a"):expect { code = "2.04" }
    local first = c:await_event { device = dev.name, subject = "a" }
    dev:post("/v1/b"):expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "b", deviceuid = first.deviceuid,
                    applicationuid = first.applicationuid }
    other:post("/v1/c"):expect { code = "2.04" }
    c:await_event { device = other.name, deviceuid = t.not_(first.deviceuid), applicationuid = first.applicationuid }
  end,
}

case {
  id = "EVT-012", rev = 1, level = "MUST", refs = { "EVT-04" },
  title = "a data_schema that is an absolute URI becomes dataschema",
  kills = { { mutant = "data-schema-lost", field = "event.dataschema" } },
  run = function(c)
    local dev = c:device()
    for _, schema in t.each { "urn:example:schema:1", "https://example.org/schema?x=1", "tag:example.org,2026:a" } do
      dev:post("/v1/state", { query = { data_schema = schema } }):expect { code = "2.04" }
      c:await_event { device = dev.name, dataschema = schema }
    end
  end,
}

case {
  id = "EVT-013", rev = 1, level = "MUST", refs = { "EVT-11" },
  title = "a data_schema that is no absolute URI never becomes dataschema",
  kills = { { mutant = "data-schema-unchecked", field = "event.dataschema" } },
  run = function(c)
    local dev = c:device()
    for _, schema in t.each { "application/octet-stream", "schema", "/a/b", "", ":x", "1a:b" } do
      local answer = dev:post("/v1/state", { query = { "data_schema=" .. schema } })
        :expect { code = t.one_of { "2.04", t.warn "4.00" } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, dataschema = t.none }
      end
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "EVT-014", rev = 1, level = "MUST", refs = { "EVT-04" },
  title = "without data_schema there is no dataschema",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name, dataschema = t.none }
  end,
}

case {
  id = "EVT-015", rev = 1, level = "MUST", refs = { "EVT-08" },
  title = "events of one device arrive in the order of its publishes",
  run = function(c)
    local dev = c:device()
    for i = 1, 20 do
      dev:post("/v1/state", { payload = "n" .. i }):expect { code = "2.04" }
    end
    for i = 1, 20 do
      c:expect("event.data", c:await_event { device = dev.name }.data, "n" .. i)
    end
    c:expect_no_more_events()
  end,
}

case {
  id = "EVT-016", rev = 1, level = "MUST", refs = { "EVT-09", "EVT-03" },
  title = "names of letters beyond ASCII, quotes and percent signs arrive as they are",
  kills = { { mutant = "event-header-raw", field = "event.device", target = "reference-binary" } },
  run = function(c)
    local dev = c:device { suffix = " ü\"%41€" }
    dev:post({ "v1", "kanal ü%20" }):expect { code = "2.04" }
    c:await_event { device = dev.name, sender = dev.name, subject = "kanal ü%20" }
  end,
}

case {
  id = "EVT-017", rev = 1, level = "SHOULD", refs = { "EVT-10" },
  title = "partitionkey is the application and the sender, percent-encoded",
  kills = { { mutant = "event-partition-key-missing", field = "event.partitionkey" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name, partitionkey = dev.application .. "/" .. dev.name }
  end,
}

case {
  id = "EVT-018", rev = 1, level = "MUST", refs = { "EVT-02" },
  title = "the source of an event is a URI-reference whatever the device is called",
  run = function(c)
    for _, suffix in t.each { " blank", "#x", "/a?b", "ü", "[1]", "%" } do
      local dev = c:device { suffix = suffix }
      dev:post("/v1/state"):expect { code = "2.04" }
      c:await_event { device = dev.name, source = t.uri }
    end
  end,
}
