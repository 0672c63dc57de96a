-- Commands: to whom they go, and that they arrive as they were sent. CMD-02, CMD-04 to CMD-09, CMD-14.

-- A device that waits, and whose wait the target has accepted.
local function waiting(c, dev, ct)
  local post = dev:start_post("/v1/state", { query = { ct = ct or 15 } })
  c:await_event { device = dev.name, subject = "state" }
  return post
end

case {
  id = "CMD-101", rev = 1, level = "MUST", refs = { "CMD-02" }, needs = { "commands" },
  title = "a command's text arrives unchanged",
  kills = { { mutant = "command-payload-cut", field = "payload" } },
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    c:command(dev, "say", { payload = "21.5 °C, ok?" })
    post:expect { code = "2.05", payload = "21.5 °C, ok?", options = { [4210] = "say" } }
  end,
}

case {
  id = "CMD-102", rev = 1, level = "MUST", refs = { "CMD-02" }, needs = { "commands" },
  title = "a command's JSON arrives as the same value",
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    c:command(dev, "set", { payload = '{ "target": 20.5, "on": true, "zones": [1, 2] }',
                            content_type = "application/json" })
    post:expect { code = "2.05", payload = t.json { target = 20.5, on = true, zones = { 1, 2 } } }
  end,
}

case {
  id = "CMD-103", rev = 1, level = "MUST", refs = { "CMD-04" }, needs = { "commands" },
  title = "a command comes with exactly one option 4210",
  kills = { { mutant = "option-4210-twice", field = "options.4210" } },
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    c:command(dev, "once", { payload = "x" })
    post:expect { code = "2.05", options = { [4210] = { "once" } } }
  end,
}

local names = {
  { id = "CMD-104", what = "of one byte", name = "x" },
  { id = "CMD-105", what = "of 255 bytes", name = ("n"):rep(255) },
  { id = "CMD-106", what = "of letters beyond ASCII", name = "température/°C & more?" },
}

for _, row in ipairs(names) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "CMD-04" }, needs = { "commands" },
    title = ("a command's name %s arrives unchanged"):format(row.what),
    run = function(c)
      local dev = c:device()
      local post = waiting(c, dev)
      c:command(dev, row.name, { payload = "x" })
      post:expect { code = "2.05", payload = "x", options = { [4210] = row.name } }
    end,
  }
end

case {
  id = "CMD-107", rev = 1, level = "MUST", refs = { "CMD-04" }, needs = { "commands" },
  title = "a command with an empty payload arrives, and ends the wait",
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    c:command(dev, "reset")
    post:expect { code = "2.05", payload = t.empty, options = { [4210] = "reset" }, within = "8 s" }
  end,
}

case {
  id = "CMD-108", rev = 1, level = "MUST", refs = { "CMD-04" }, needs = { "commands" },
  title = "a binary command arrives byte for byte",
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    local payload = "\0\xff\xfe\x80" .. c:bytes(200) .. "\0"
    c:command(dev, "blob", { payload = payload, content_type = "application/octet-stream" })
    post:expect { code = "2.05", payload = payload, options = { [4210] = "blob" } }
  end,
}

case {
  id = "CMD-109", rev = 1, level = "MUST", refs = { "CMD-05" }, needs = { "commands" },
  title = "a command for another device of the application is not delivered",
  kills = { { mutant = "command-to-any-device", field = "code" } },
  run = function(c)
    local dev, other = c:device(), c:device()
    local post = waiting(c, dev, 3)
    c:command(other, "not-yours", { payload = "x" })
    post:expect { code = "2.04", options = { [4210] = t.none } }
  end,
}

case {
  id = "CMD-110", rev = 1, level = "MUST", refs = { "CMD-05", "AUTH-13" }, needs = { "commands" },
  title = "a command for a device of the same name in another application is not delivered",
  kills = { { mutant = "command-to-any-application", field = "code" } },
  run = function(c)
    local dev = c:device()
    local other = c:device { name = dev.name, application = c:application {} }
    local post = waiting(c, dev, 3)
    c:command(other, "not-yours", { payload = "x" })
    post:expect { code = "2.04", options = { [4210] = t.none } }
  end,
}

case {
  id = "CMD-111", rev = 1, level = "MUST", refs = { "CMD-06" }, needs = { "commands" },
  title = "commands that are sent as soon as the event is seen are not lost",
  run = function(c)
    local dev = c:device()
    for i = 1, 10 do
      local post = waiting(c, dev, 10)
      c:command(dev, "now" .. i, { payload = "x" })
      post:expect { code = "2.05", options = { [4210] = "now" .. i }, within = "5 s" }
    end
  end,
}

case {
  id = "CMD-112", rev = 1, level = "MUST", refs = { "CMD-07" }, needs = { "commands" },
  title = "of two commands inside one wait one is delivered, and the other never beside it or twice",
  run = function(c)
    local dev = c:device()
    local first = waiting(c, dev, 10)
    c:command(dev, "one", { payload = "1" })
    c:command(dev, "two", { payload = "2" })
    local got = first:expect { code = "2.05", payload = t.one_of { "1", "2" },
                               options = { [4210] = t.one_of { "one", "two" } } }
    local rest = got.payload == "1" and "2" or "1"
    dev:post("/v1/state", { query = { ct = 1 } })
      :expect { code = t.one_of { "2.04", "2.05" }, payload = t.one_of { t.empty, rest } }
    dev:post("/v1/state", { query = { ct = 1 } }):expect { code = "2.04", options = { [4210] = t.none } }
  end,
}

case {
  id = "CMD-113", rev = 1, level = "INFO", refs = { "CMD-08" }, needs = { "commands" },
  title = "which of two waits of one device receives a command",
  run = function(c)
    local dev = c:device()
    local first, second = waiting(c, dev, 3), waiting(c, dev, 3)
    c:command(dev, "who", { payload = "x" })
    first:await()
    second:await()
    c:observe(("the older wait: %s, the younger: %s"):format(first.response and first.response.code or "no answer",
      second.response and second.response.code or "no answer"))
  end,
}

case {
  id = "CMD-114", rev = 1, level = "INFO", refs = { "CMD-08" }, needs = { "commands", "gateway" },
  title = "what a gateway receives that waits without as",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    local post = waiting(c, gateway, 2)
    c:command(sensor, "for-sensor", { payload = "x" })
    c:observe("a command for its sensor: " .. post:expect { class = 2 }.code)
  end,
}

case {
  id = "CMD-115", rev = 1, level = "MUST", refs = { "CMD-09", "AUTH-15" }, needs = { "commands", "gateway" },
  title = "a gateway that waits as a device receives its commands",
  run = function(c)
    local gateway = c:device()
    local sensor = c:device { gateways = { gateway }, auth = "none" }
    local post = gateway:start_post("/v1/state", { query = { as = sensor.name, ct = 15 } })
    c:await_event { device = sensor.name, sender = gateway.name }
    c:command(sensor, "open", { payload = "x" })
    post:expect { code = "2.05", payload = "x", options = { [4210] = "open" }, within = "5 s" }
  end,
}

case {
  id = "CMD-116", rev = 1, level = "MUST", refs = { "CMD-09" }, needs = { "commands" },
  title = "the command API answers the same whether a device waits or not",
  kills = { { mutant = "command-unwaited-refused", field = "command.status" } },
  run = function(c)
    local dev = c:device()
    local idle = c:command(dev, "idle", { payload = "x" })
    if idle.status == nil then c:inconclusive("the way that commands take says nothing of what came of them") end
    local post = waiting(c, dev)
    local busy = c:command(dev, "busy", { payload = "x" })
    post:expect { code = "2.05", options = { [4210] = "busy" } }
    c:expect("command.status", busy.status, idle.status)
    c:expect("command.body", busy.body, idle.body)
  end,
}

local sizes = { { id = "CMD-117", n = 1024 }, { id = "CMD-118", n = 1100 }, { id = "CMD-119", n = 20000 } }

for _, row in ipairs(sizes) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "CMD-14", "BLK-05", "rfc7252/4.6" }, needs = { "commands" },
    title = ("a command of %d bytes arrives whole or not at all"):format(row.n),
    run = function(c)
      local dev = c:device()
      local post = waiting(c, dev, 4)
      local payload = c:bytes(row.n)
      c:command(dev, "large", { payload = payload, content_type = "application/octet-stream" })
      local answer = post:expect { code = t.one_of { "2.05", "2.04" } }
      c:expect("payload", answer.payload, answer.code == "2.05" and payload or "")
    end,
  }
end

case {
  id = "CMD-120", rev = 1, level = "MUST", refs = { "CMD-02", "CMD-07" }, needs = { "commands" },
  title = "each of several waits one after the other receives its own command",
  run = function(c)
    local dev = c:device()
    for i = 1, 4 do
      local post = waiting(c, dev)
      c:command(dev, "step", { payload = "n" .. i })
      post:expect { code = "2.05", payload = "n" .. i, within = "5 s" }
    end
  end,
}
