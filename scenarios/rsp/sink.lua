-- What devices are told when events cannot be handed on. RSP-05. These cases run alone: the sink is everybody's.

case {
  id = "RSP-201", rev = 1, level = "MUST", refs = { "RSP-05", "RSP-02", "rfc7252/5.9.3.4" },
  exclusive = true, bindings = { "coap" },
  title = "while the event sink is down a publish is refused with 5.xx and a reason, or its event arrives later",
  kills = { { mutant = "sink-down-changed", field = "event" } },
  run = function(c)
    local dev = c:device()
    c:sink(503)
    local answer = dev:post("/v1/state", { payload = "x", timeout = "60 s", again = false })
      :expect { code = t.one_of { "5.03", t.match "^5%.", "2.04" } }
    if answer.code == "2.04" then
      c:wait("10 s")
      c:sink(0)
      c:await_event { device = dev.name, data = "x", within = "20 s" }
    else
      c:sink(0)
      c:expect("reason", answer.payload, t.text)
    end
  end,
}

case {
  id = "RSP-202", rev = 1, level = "MUST", refs = { "RSP-05" },
  exclusive = true, bindings = { "coap" },
  title = "when the event sink is back, publishing works again",
  run = function(c)
    local dev = c:device()
    c:sink(500)
    dev:post("/v1/state", { payload = "first", timeout = "60 s", again = false }):expect { class = t.one_of { 2, 5 } }
    c:sink(0)
    dev:post("/v1/state", { payload = "second", timeout = "60 s" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "second", within = "60 s" }
  end,
}

case {
  id = "RSP-203", rev = 1, level = "MUST", refs = { "CMD-06", "RSP-05" }, needs = { "commands" },
  exclusive = true, bindings = { "coap" },
  title = "a command that comes before the event is confirmed is not lost",
  kills = { { mutant = "command-before-confirmation-lost", field = "code" } },
  run = function(c)
    local dev = c:device()
    c:sink(503)
    local post = dev:start_post("/v1/state", { query = { ct = 20 }, timeout = "30 s", again = false })
    post:expect_ack { within = "ACK_TIMEOUT" }
    c:command(dev, "early", { payload = "x" })
    c:sink(0)
    post:expect { code = "2.05", options = { [4210] = "early" } }
  end,
}
