-- What one device may do to the others, and to the endpoint. ROB-01, ROB-03, ROB-04.

local wire = require "common.wire"

-- A publish of another device is answered within the target's bound.
local function expect_prompt(dev)
  dev:post("/v1/state"):expect { code = "2.04", within = "DELAY_BOUND" }
end

case {
  id = "ROB-001", rev = 1, level = "MUST", refs = { "ROB-01" }, impact = "flood", exclusive = true,
  bindings = { "coap" },
  title = "a device that floods with pings and refused requests does not delay the others",
  run = function(c)
    local flooder, dev = c:device(), c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    for _ = 1, 10 do
      for _ = 1, 100 do
        flooder:send { type = "CON", code = "0.00" }
        flooder:send { type = "NON", code = "0.02", token = "fl", options = { [11] = { "v1", "state" } } }
      end
      expect_prompt(dev)
    end
  end,
}

case {
  id = "ROB-002", rev = 1, level = "MUST", refs = { "ROB-01", "EVT-01" }, impact = "flood", exclusive = true,
  title = "a device that floods with publishes does not delay the others, and loses none that was accepted",
  run = function(c)
    local flooder, dev = c:device(), c:device()
    dev:post("/v1/other"):expect { code = "2.04" }
    c:await_event { device = dev.name }
    local posts = {}
    for i = 1, 100 do
      posts[i] = flooder:start_post("/v1/state", { payload = "n" .. i, again = false })
    end
    dev:post("/v1/other"):expect { code = "2.04", within = "DELAY_BOUND" }
    for _, post in ipairs(posts) do
      local answer = post:expect { code = t.one_of { "2.04", "4.29", "5.03" } }
      if answer.code == "2.04" then
        c:await_event { device = flooder.name, data = post.payload }
      end
    end
  end,
}

case {
  id = "ROB-003", rev = 1, level = "MUST", refs = { "ROB-01", "CMD-13" },
  title = "devices that wait, vanish and never acknowledge do not delay the others",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    for _ = 1, 10 do
      c:device():start_post("/v1/state", { query = { ct = 2 }, acknowledge = false, retransmit = false })
    end
    expect_prompt(dev)
    c:wait("3 s")
    expect_prompt(dev)
    expect_prompt(c:device())
  end,
}

case {
  id = "ROB-004", rev = 1, level = "MUST", refs = { "ROB-01", "AUTH-05" }, impact = "flood", exclusive = true,
  bindings = { "coap" },
  title = "guesses of a password that is slow to verify do not delay the others",
  run = function(c)
    local victim = c:device { password = { plain = "right", hash = "bcrypt" } }
    local guesser, dev = victim:twin(), c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    for i = 1, 20 do
      local guess = "Basic " .. t.base64(("%s@%s:%d"):format(victim.name, victim.application, i))
      guesser:start_post("/v1/state", { authorization = guess, retransmit = false, again = false })
    end
    expect_prompt(dev)
  end,
}

case {
  id = "ROB-005", rev = 1, level = "SHOULD", refs = { "ROB-03", "rfc7252/11.3", "rfc9175/2.4" },
  bindings = { "coap" },
  title = "answers to unauthenticated requests are not much larger than the requests",
  run = function(c)
    local dev = c:device { auth = "none" }
    local paths = { { "v1", "s" }, { "v2" }, { ".well-known", "core" }, {} }
    for _, path in ipairs(paths) do
      for _, code in ipairs { "0.01", "0.02" } do
        local post = dev:request(code, path, { token = "", options = { [23] = t.block(0, false, 6) } })
        local answer = post:expect { class = t.any }
        c:expect("amplification", #answer.bytes <= math.max(3 * #post.sent.bytes, 136), true)
      end
    end
  end,
}

case {
  id = "ROB-006", rev = 1, level = "SHOULD", refs = { "ROB-04", "TLS-05" }, bindings = { "coaps-psk" },
  impact = "flood", exclusive = true,
  title = "half-open handshakes kill no session, and a new device is served beside them",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    for _ = 1, 100 do
      dev:twin():start_handshake { stop_after = 3, retransmit = false }
    end
    expect_prompt(dev)
    c:device():post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "ROB-007", rev = 1, level = "SHOULD", refs = { "ROB-04", "BLK-02", "rfc7959/7.1" }, needs = { "block1" },
  bindings = { "coap" }, impact = "flood", exclusive = true,
  title = "unfinished uploads kill nothing, and a plain publish is served beside them",
  run = function(c)
    local dev = c:device()
    for i = 1, 200 do
      dev:post("/v1/upload" .. i, { options = { [27] = t.block(0, true, 0) }, payload = ("u"):rep(16), again = false })
        :expect { code = t.one_of { "2.31", "4.29", "5.03", "4.13" } }
    end
    expect_prompt(dev)
    expect_prompt(c:device())
  end,
}

case {
  id = "ROB-008", rev = 1, level = "MUST", refs = { "ROB-01", "MSG-07" },
  title = "a device that leaves every answer unacknowledged is served still",
  run = function(c)
    local dev = c:device()
    for _ = 1, 3 do
      dev:post("/v1/state", { query = { ct = 2 }, acknowledge = false }):expect { code = "2.04" }
    end
    wire.settle(c, dev)
    dev:expect_alive()
  end,
}
