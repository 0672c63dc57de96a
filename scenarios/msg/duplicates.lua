-- Copies of requests: answered as before, processed once. MSG-02, MSG-03, MSG-08, MSG-11.

local wire = require "common.wire"

case {
  id = "MSG-301", rev = 1, level = "SHOULD", refs = { "MSG-02", "rfc7252/4.5" },
  title = "a copy of a CON is processed once",
  kills = { { mutant = "con-copy-processed-twice", field = "events" } },
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { payload = "once" })
    post:expect { code = "2.04" }
    post:resend()
    post:resend()
    wire.settle(c, dev)
    c:await_event { device = dev.name, data = "once" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "MSG-302", rev = 1, level = "MUST", refs = { "MSG-08", "rfc7252/4.2", "rfc7252/4.5" },
  title = "each copy of a CON is acknowledged again",
  kills = { { mutant = "con-copy-ignored", field = "copies" } },
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { payload = "x" })
    post:expect { code = "2.04" }
    post:resend()
    post:resend()
    wire.settle(c, dev)
    c:expect("copies", #wire.copies(post, "ACK"), 3)
  end,
}

case {
  id = "MSG-303", rev = 1, level = "SHOULD", refs = { "MSG-02", "rfc7252/4.5" },
  title = "a copy of a CON gets the same answer, byte for byte",
  kills = { { mutant = "con-copy-answered-otherwise", field = "payload" } },
  run = function(c)
    local dev = c:device()
    for _, path in t.each { "/v1/state", "/v2/state" } do
      local post = dev:post(path, { payload = "x" })
      local first = post:expect { type = "ACK" }
      post:resend()
      wire.settle(c, dev)
      local copies = wire.copies(post, "ACK")
      c:expect("copies", #copies, 2)
      c:expect("payload", copies[2].bytes, first.bytes)
    end
  end,
}

case {
  id = "MSG-304", rev = 1, level = "SHOULD", refs = { "MSG-02", "rfc7252/4.5" },
  title = "a copy of a NON is not processed again",
  kills = { { mutant = "non-copy-processed-twice", field = "events" } },
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { type = "NON", payload = "once" })
    post:expect { code = "2.04" }
    post:resend()
    wire.settle(c, dev)
    c:await_event { device = dev.name, data = "once" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "MSG-305", rev = 1, level = "SHOULD", refs = { "MSG-02", "rfc7252/4.5", "rfc7252/4.8.2" },
  title = "a copy that comes seconds later is still recognised",
  kills = { { mutant = "dedup-forgets-early", field = "events" } },
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { payload = "once" })
    post:expect { code = "2.04" }
    c:wait("2 * ACK_TIMEOUT")
    post:resend()
    wire.settle(c, dev)
    c:await_event { device = dev.name, data = "once" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "MSG-306", rev = 1, level = "SHOULD", refs = { "MSG-02", "CMD-07", "rfc7252/4.5" }, needs = { "commands" },
  title = "a copy of a request that waits is not a second wait, and gives no second event",
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { query = { ct = 15 }, payload = "once" })
    c:await_event { device = dev.name, data = "once" }
    post:resend()
    wire.settle(c, dev)
    c:command(dev, "go", { payload = "x" })
    post:expect { code = "2.05", options = { [4210] = "go" } }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "MSG-307", rev = 1, level = "MUST", refs = { "MSG-03", "rfc7252/4.5" }, bindings = { "coap" },
  title = "the same message id from another port is a new message",
  kills = { { mutant = "dedup-without-port", field = "event" } },
  run = function(c)
    local dev = c:device()
    local mid, token = c:mid(), c:token(4)
    dev:post("/v1/state", { mid = mid, token = token, payload = "first" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "first" }
    for i = 1, 8 do -- a port decides which of the target's sockets is reached
      dev:twin():post("/v1/state", { mid = mid, token = token, payload = "from port " .. i })
      c:await_event { device = dev.name, data = "from port " .. i }
    end
  end,
}

case {
  id = "MSG-308", rev = 1, level = "MUST", refs = { "MSG-03", "rfc7252/9.1.1" }, bindings = { "coaps-psk" },
  title = "the same message id in another DTLS session from the same port is a new message",
  kills = { { mutant = "dedup-across-sessions", field = "event" } },
  run = function(c)
    local dev = c:device()
    local mid, token = c:mid(), c:token(4)
    dev:post("/v1/state", { mid = mid, token = token, payload = "first" }):expect { code = "2.04" }
    if dev:handshake_again {}:await() ~= "established" then
      c:inconclusive "a second session from the same port is not served (TLS-12)"
    end
    dev:post("/v1/state", { mid = mid, token = token, payload = "second" })
    c:await_event { device = dev.name, data = "first" }
    c:await_event { device = dev.name, data = "second" }
  end,
}

case {
  id = "MSG-309", rev = 1, level = "MUST", refs = { "MSG-08", "rfc7252/5.2.2" },
  title = "copies that come behind an empty ACK are acknowledged again",
  kills = { { mutant = "empty-ack-once", field = "copies" } },
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { query = { ct = 5 } })
    if not post:expect_ack { within = "ACK_TIMEOUT + 500 ms", optional = true } then
      c:not_applicable "the endpoint sends no empty ACK (CMD-10)"
    end
    post:resend()
    wire.settle(c, dev)
    c:expect("copies", #wire.copies(post, "ACK"), 2)
    post:expect { code = "2.04" }
  end,
}

case {
  id = "MSG-310", rev = 1, level = "MUST", refs = { "MSG-08", "rfc7252/4.2", "rfc7252/5.2.2" },
  title = "behind an empty ACK come only empty ACKs, also once the separate response is acknowledged",
  kills = { { mutant = "copy-after-empty-ack-answered", field = "code" } },
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { query = { ct = 3 } })
    if not post:expect_ack { within = "ACK_TIMEOUT + 500 ms", optional = true } then
      c:not_applicable "the endpoint sends no empty ACK (CMD-10)"
    end
    post:expect { code = "2.04", separate = true }
    post:resend()
    wire.settle(c, dev)
    for _, ack in ipairs(wire.copies(post, "ACK")) do
      c:expect("code", ack.code, "0.00")
    end
  end,
}

case {
  id = "MSG-311", rev = 1, level = "MUST", refs = { "MSG-08", "MSG-02", "rfc7252/4.2" }, maps = { "TD_COAP_CORE_15" },
  title = "when the first answer is lost the device's repetition is answered",
  run = function(c)
    local dev = c:device()
    dev.link:drop { to = "device", count = 1 }
    dev:post("/v1/state", { payload = "once" }):expect { code = "2.04", transmissions = 2 }
    c:await_event { device = dev.name, data = "once" }
  end,
}

case {
  id = "MSG-312", rev = 1, level = "MUST", refs = { "MSG-08", "rfc7252/4.2" }, maps = { "TD_COAP_CORE_15" },
  title = "when the request is lost its repetition is served",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/warm-up"):expect { code = "2.04" }
    dev.link:drop { to = "target", count = 1 }
    dev:post("/v1/state", { payload = "once" }):expect { code = "2.04", transmissions = 2 }
    c:await_event { device = dev.name, data = "once" }
  end,
}

case {
  id = "MSG-313", rev = 1, level = "SHOULD", refs = { "MSG-02", "rfc7252/4.5" },
  title = "a request that the network doubles gives one event",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/warm-up"):expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "warm-up" }
    dev.link:duplicate { to = "target", count = 1 }
    dev:post("/v1/state", { payload = "once" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "once" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "MSG-314", rev = 1, level = "SHOULD", refs = { "MSG-11", "rfc7252/4.4", "rfc7252/4.8.2" }, timeout = "6 min",
  bindings = { "coap" },
  title = "the same message id after EXCHANGE_LIFETIME is a new message",
  run = function(c)
    local dev = c:device()
    local mid = c:mid()
    dev:post("/v1/state", { mid = mid, payload = "first" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "first" }
    c:wait("EXCHANGE_LIFETIME + 5 s")
    dev:post("/v1/state", { mid = mid, payload = "second" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "second" }
  end,
}
