-- Devices that publish for others: the parameter as. AUTH-15.

case {
  id = "AUTH-201", rev = 1, level = "MUST", refs = { "AUTH-15", "EVT-03" }, needs = { "gateway" },
  title = "a gateway publishes for a device that lists it",
  kills = { { mutant = "as-ignored", field = "event.device" } },
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    gateway:post("/v1/state", { query = { as = sensor.name }, payload = "x" }):expect { code = "2.04" }
    c:await_event { device = sensor.name, data = "x" }
    c:expect_no_more_events()
  end,
}

case {
  id = "AUTH-202", rev = 1, level = "MUST", refs = { "AUTH-15", "RSP-02" }, needs = { "gateway" },
  title = "a device that is not listed as a gateway is refused and publishes nothing",
  kills = { { mutant = "as-unchecked", field = "code" } },
  run = function(c)
    local stranger = c:device()
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    stranger:post("/v1/state", { query = { as = sensor.name }, payload = "x" })
      :expect { code = t.one_of { "4.03", "4.01", "4.04" }, reason = true }
    c:expect_no_events { by = stranger }
  end,
}

case {
  id = "AUTH-203", rev = 1, level = "MUST", refs = { "AUTH-15" }, needs = { "gateway" },
  title = "as a device that does not exist is refused and publishes nothing",
  run = function(c)
    local gateway = c:device()
    gateway:post("/v1/state", { query = { as = gateway.name .. "-missing" } })
      :expect { code = t.one_of { "4.03", "4.01", "4.04" }, reason = true }
    c:expect_no_events { by = gateway }
  end,
}

case {
  id = "AUTH-204", rev = 1, level = "MUST", refs = { "AUTH-15", "AUTH-13" }, needs = { "gateway" },
  title = "a gateway never publishes for a device of another application",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { application = c:application {}, gateways = { gateway }, auth = "none" }
    gateway:post("/v1/state", { query = { as = sensor.name } })
      :expect { code = t.one_of { "4.03", "4.01", "4.04" }, reason = true }
    c:expect_no_events { by = gateway }
  end,
}

case {
  id = "AUTH-205", rev = 1, level = "MUST", refs = { "AUTH-15", "EVT-03" }, needs = { "gateway" },
  title = "as its own name changes nothing",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { query = { as = dev.name } }):expect { code = "2.04" }
    c:await_event { device = dev.name, sender = dev.name }
  end,
}

case {
  id = "AUTH-206", rev = 1, level = "MUST", refs = { "AUTH-15", "AUTH-04" }, needs = { "gateway" },
  title = "as may name an alias of the device",
  run = function(c)
    local gateway = c:device()
    local alias = "alias" .. c:random(1000000)
    local sensor = c:device { gateways = { gateway }, aliases = { alias }, auth = "none" }
    gateway:post("/v1/state", { query = { as = alias } }):expect { code = "2.04" }
    c:await_event { device = sensor.name, sender = gateway.name }
  end,
}

case {
  id = "AUTH-207", rev = 1, level = "SHOULD", refs = { "AUTH-15", "AUTH-17" }, needs = { "gateway" },
  title = "a gateway that is no longer listed is refused",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    gateway:post("/v1/state", { query = { as = sensor.name } }):expect { code = "2.04" }
    c:await_event { device = sensor.name }
    sensor:update { gateways = {} }
    c:wait("REVOCATION_DELAY")
    gateway:post("/v1/state", { query = { as = sensor.name } }):expect { code = t.one_of { "4.03", "4.01", "4.04" } }
    c:expect_no_events { by = gateway }
  end,
}

case {
  id = "AUTH-208", rev = 1, level = "MUST", refs = { "AUTH-15" }, probes = { "gateway" },
  title = "an endpoint without gateways refuses as, and publishes for nobody",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { auth = "none" }
    gateway:post("/v1/state", { query = { as = sensor.name }, payload = "x" }):expect { class = 4, reason = true }
    c:expect_no_events { by = gateway }
  end,
}
