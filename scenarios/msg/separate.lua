-- Separate responses: repeated until acknowledged, as RFC 7252 4.2 has it. MSG-07.

local wire = require "common.wire"

-- A separate CON response that the device leaves unacknowledged; its exchange and the response.
local function unacknowledged(c, dev)
  local post = dev:start_post("/v1/state", { query = { ct = 3 }, acknowledge = false })
  local first = post:expect { code = "2.04" }
  if first.type ~= "CON" then
    c:not_applicable "the endpoint does not answer separately by CON (CMD-10)"
  end
  return post, first
end

-- Seconds between the copies.
local function intervals(copies)
  local list = {}
  for i = 2, #copies do list[i - 1] = (copies[i].at_us - copies[i - 1].at_us) / 1e6 end
  return list
end

case {
  id = "MSG-401", rev = 1, level = "MUST", refs = { "MSG-07", "rfc7252/4.2", "rfc7252/5.2.2" },
  maps = { "TD_COAP_CORE_16" }, timing = true,
  title = "an unacknowledged separate response is repeated unchanged, never sooner than ACK_TIMEOUT",
  kills = { { mutant = "separate-never-repeated", field = "copies" },
            { mutant = "separate-repeated-early", field = "between" },
            { mutant = "separate-repeated-changed", field = "payload" } },
  run = function(c)
    local dev = c:device()
    local post, first = unacknowledged(c, dev)
    c:wait("4.5 * ACK_TIMEOUT + 1 s")
    local copies = wire.copies(post, "CON")
    c:expect("copies", #copies, t.should(t.range(2, 5)))
    for _, seconds in ipairs(intervals(copies)) do
      c:expect("between", seconds >= c:parameter "ACK_TIMEOUT" - 0.05, true)
    end
    for _, copy in ipairs(copies) do
      c:expect("payload", copy.bytes, first.bytes)
    end
    dev:ack(first)
  end,
}

case {
  id = "MSG-402", rev = 1, level = "MUST", refs = { "MSG-07", "rfc7252/4.2" }, timing = true,
  title = "the intervals between repetitions should double",
  kills = { { mutant = "separate-without-backoff", field = "between" } },
  run = function(c)
    local dev = c:device()
    local post, first = unacknowledged(c, dev)
    c:wait("4.5 * ACK_TIMEOUT + 1 s")
    local seconds = intervals(wire.copies(post, "CON"))
    if #seconds < 2 then
      c:inconclusive "there were fewer than two repetitions"
    end
    c:expect("between", seconds[2] / seconds[1] > 1.7 and seconds[2] / seconds[1] < 2.3, t.should(true))
    dev:ack(first)
  end,
}

case {
  id = "MSG-403", rev = 1, level = "MUST", refs = { "MSG-07", "rfc7252/4.2", "rfc7252/4.8" }, timeout = "4 min",
  bindings = { "coap" },
  title = "a separate response is repeated at most MAX_RETRANSMIT times, within MAX_TRANSMIT_SPAN",
  kills = { { mutant = "separate-repeated-for-ever", field = "copies" } },
  run = function(c)
    local dev = c:device()
    local post, first = unacknowledged(c, dev)
    c:wait("MAX_TRANSMIT_WAIT + 5 s")
    local copies = wire.copies(post, "CON")
    c:expect("copies", #copies <= 1 + c:parameter "MAX_RETRANSMIT", true)
    local span = (copies[#copies].at_us - first.at_us) / 1e6
    c:expect("between", span <= c:parameter "MAX_TRANSMIT_SPAN" + 0.5, true)
  end,
}

case {
  id = "MSG-404", rev = 1, level = "MUST", refs = { "MSG-07", "rfc7252/4.2" },
  title = "a separate response that is acknowledged is not repeated",
  kills = { { mutant = "separate-ignores-ack", field = "copies" } },
  run = function(c)
    local dev = c:device()
    local post, first = unacknowledged(c, dev)
    dev:ack(first)
    c:wait("1.5 * ACK_TIMEOUT + 500 ms")
    wire.settle(c, dev)
    c:expect("copies", #wire.copies(post, "CON"), 1)
  end,
}

case {
  id = "MSG-405", rev = 1, level = "MUST", refs = { "MSG-07", "rfc7252/4.2" },
  title = "a separate response that is refused by RST is not repeated",
  kills = { { mutant = "separate-ignores-reset", field = "copies" } },
  run = function(c)
    local dev = c:device()
    local post, first = unacknowledged(c, dev)
    dev:reset(first)
    c:wait("1.5 * ACK_TIMEOUT + 500 ms")
    wire.settle(c, dev)
    c:expect("copies", #wire.copies(post, "CON"), 1)
    dev:expect_alive()
  end,
}

case {
  id = "MSG-406", rev = 1, level = "MUST", refs = { "MSG-07", "CMD-02", "rfc7252/5.2.2" }, needs = { "commands" },
  maps = { "TD_COAP_CORE_16" },
  title = "a command whose response was lost comes again, the same one",
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { query = { ct = 30 }, timeout = "60 s" })
    if not post:expect_ack { within = "ACK_TIMEOUT + 500 ms", optional = true } then
      c:not_applicable "the endpoint sends no empty ACK (CMD-10)"
    end
    dev.link:drop { to = "device", count = 1 }
    c:command(dev, "once", { payload = "x" })
    post:expect { code = "2.05", payload = "x", options = { [4210] = "once" } }
  end,
}

case {
  id = "MSG-407", rev = 1, level = "MUST", refs = { "MSG-08", "CMD-10", "rfc7252/5.2.2" }, maps = { "TD_COAP_CORE_16" },
  title = "when the empty ACK is lost the device's repetition is acknowledged, and the response comes",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/warm-up"):expect { code = "2.04" }
    dev.link:drop { to = "device", count = 1 }
    dev:post("/v1/state", { query = { ct = 6 } }):expect { code = "2.04" }
  end,
}
