-- Sessions: replays, resumption, idleness, new handshakes on a live path, many at once. TLS-04 to TLS-12.

local dtls = require "common.dtls"

local secure = { "coaps-psk", "coaps-x509" }

case {
  id = "TLS-101", rev = 1, level = "SHOULD", refs = { "TLS-04", "rfc6347/4.1.2.6" }, maps = { "6347-GeZa64E0Nt" },
  bindings = secure,
  title = "a replayed record is discarded, and the session lives on",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { type = "NON", payload = "once" }):expect { code = "2.04" }
    local record = dev:last_datagram()
    dev:send_datagram(record)
    dev:send_datagram(record)
    c:await_event { device = dev.name, data = "once" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "TLS-102", rev = 1, level = "MUST", refs = { "TLS-04", "TLS-10", "rfc6347/4.1.2.7" },
  maps = { "6347-rMf9lpA6G3" },
  bindings = secure,
  title = "a corrupted record never publishes, and the session lives on",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/warm-up"):expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "warm-up" }
    dev.link:corrupt { to = "target", count = 1 }
    dev:post("/v1/state", { payload = "once" }):expect { code = "2.04", transmissions = 2 }
    c:await_event { device = dev.name, data = "once" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "TLS-103", rev = 1, level = "MUST", refs = { "TLS-03", "TLS-04", "rfc6347/4.1.2.6" }, bindings = secure,
  title = "records that overtake each other are served",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/warm-up"):expect { code = "2.04" }
    dev.link:reorder { to = "target", count = 1 }
    local first = dev:start_post("/v1/a")
    local second = dev:start_post("/v1/b")
    first:expect { code = "2.04" }
    second:expect { code = "2.04" }
  end,
}

case {
  id = "TLS-111", rev = 1, level = "MUST", refs = { "TLS-05" }, bindings = secure,
  title = "handshakes that stall keep no other from finishing",
  run = function(c)
    for _, flight in t.each { 1, 3, 5 } do
      for _ = 1, 8 do
        c:device():start_handshake { stop_after = flight, retransmit = false }
      end
      local dev = c:device()
      dev:handshake {}:expect { within = "DELAY_BOUND + 2 s" }
      dev:post("/v1/state"):expect { code = "2.04", within = "DELAY_BOUND + 1 s" }
    end
  end,
}

case {
  id = "TLS-112", rev = 1, level = "MUST", refs = { "TLS-05", "AUTH-12" }, needs = { "auth.psk" },
  bindings = { "coaps-psk" },
  title = "handshakes with wrong keys keep no other from finishing",
  run = function(c)
    local liar = c:device()
    for _ = 1, 8 do
      liar:twin():start_handshake { psk = { key = t.flip_bit(liar.key) } }
    end
    local dev = c:device()
    dev:handshake {}:expect { within = "DELAY_BOUND + 2 s" }
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "TLS-113", rev = 1, level = "MUST", refs = { "TLS-05" }, bindings = secure, timeout = "2 min",
  title = "thirty handshakes at once all finish",
  run = function(c)
    local handshakes = {}
    for i = 1, 30 do handshakes[i] = c:device():start_handshake { timeout = "20 s" } end
    for _, handshake in ipairs(handshakes) do handshake:expect {} end
  end,
}

case {
  id = "TLS-121", rev = 1, level = "MUST", refs = { "TLS-06", "rfc6347/4.2.8" }, bindings = secure,
  title = "a ClientHello that nothing proves does not end the session on its path",
  kills = { { mutant = "client-hello-ends-session", field = "session" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:send_datagram(dtls.client_hello(c:bytes(32), ""))
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:send_datagram(dtls.client_hello(c:bytes(32), c:bytes(20)))
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "TLS-122", rev = 1, level = "SHOULD", refs = { "TLS-12", "rfc6347/4.2.8" }, bindings = secure,
  title = "a client that lost its session gets a new one from the same port",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:handshake_again {}:expect {}
    dev:post("/v1/state", { payload = "new" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "new" }
  end,
}

case {
  id = "TLS-131", rev = 1, level = "SHOULD", refs = { "TLS-07", "rfc5246/7.4.1.3", "rfc7925/7" }, bindings = secure,
  title = "a session that is resumed keeps its identity, or is declined by a full handshake",
  run = function(c)
    local dev = c:device()
    local first = dev:handshake {}
    first:expect {}
    dev:post("/v1/a"):expect { code = "2.04" }
    local twin = dev:twin()
    twin:handshake { resume = first }:expect {}
    twin:post("/v1/b", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "b", data = "x" }
  end,
}

case {
  id = "TLS-132", rev = 1, level = "MUST", refs = { "TLS-07", "AUTH-13", "rfc5246/7.4.1.3" }, bindings = secure,
  title = "a session that another device resumes never has a third identity",
  run = function(c)
    local dev, other = c:device(), c:device()
    local first = dev:handshake {}
    first:expect {}
    local handshake = other:handshake { resume = first, timeout = "5 s" }
    if handshake:await() ~= "established" then
      handshake:expect_failure { or_silence = true }
      return
    end
    other:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = handshake:info().resumed and dev.name or other.name }
  end,
}

case {
  id = "TLS-141", rev = 1, level = "SHOULD", refs = { "TLS-08", "CMD-01", "rfc7252/9.1.1" }, bindings = secure,
  timeout = "3 min",
  title = "a session does not end by age in the middle of a wait",
  kills = { { mutant = "session-ends-by-age", field = "response" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { query = { ct = 70 } }):expect { code = "2.04", between = { 69.9, 72 } }
  end,
}

case {
  id = "TLS-142", rev = 1, level = "SHOULD", refs = { "TLS-08", "rfc5246/7.2.1" }, bindings = { "coaps-psk" },
  timeout = "10 min",
  title = "a session that is idle too long is ended with close_notify",
  run = function(c)
    local idle = c:parameter "DTLS_IDLE"
    if not idle or idle > 300 then
      c:inconclusive "the target file states no DTLS_IDLE of at most five minutes"
    end
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    c:wait(idle + 10)
    c:expect("session", (dev:session_state()), "closed")
    dev:close()
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "TLS-143", rev = 1, level = "SHOULD", refs = { "CMD-13", "TLS-08", "rfc5246/7.2.1" }, needs = { "commands" },
  bindings = secure,
  title = "a session that the device closes ends its waits: a command goes to the next one",
  run = function(c)
    local dev = c:device()
    dev:start_post("/v1/a", { query = { ct = 15 } })
    c:await_event { device = dev.name, subject = "a" }
    dev:close()
    local fresh = dev:twin()
    local post = fresh:start_post("/v1/b", { query = { ct = 15 } })
    c:await_event { device = dev.name, subject = "b" }
    c:command(dev, "go", { payload = "x" })
    post:expect { code = "2.05", payload = "x", within = "10 s" }
  end,
}

local garbage = {
  { id = "TLS-151", what = "plain CoAP",
    list = function() return { "\x40\x00\x12\x34", "\x44\x02\x00\x01abcd\xb2v1" } end },
  { id = "TLS-152", what = "garbage",
    list = function(c) return { "x", c:bytes(13), c:bytes(200), ("\0"):rep(64), ("\xff"):rep(1200) } end },
  { id = "TLS-153", what = "records of an unknown epoch",
    list = function(c)
      return { dtls.record(23, 2, 1, c:bytes(40)), dtls.record(23, 65535, 9, c:bytes(40)),
               dtls.record(22, 7, 0, c:bytes(60)) }
    end },
  { id = "TLS-154", what = "records that nobody sent",
    kills = { { mutant = "short-record-ends-session", field = "session" } },
    list = function(c)
      return { dtls.record(23, 1, 99, c:bytes(40)), dtls.record(21, 1, 98, c:bytes(18)), dtls.record(23, 0, 5, "hello"),
               dtls.record(21, 0, 6, "\2\40"), dtls.record(20, 0, 7, "\1"), dtls.record(99, 0, 8, "?") }
    end },
  { id = "TLS-155", what = "records that lie about their length",
    list = function(c)
      local good = dtls.record(23, 1, 50, c:bytes(40))
      return { good:sub(1, 20), good:sub(1, 12), good .. "rest", dtls.client_hello(c:bytes(32), ""):sub(1, 30) }
    end },
}

for _, row in ipairs(garbage) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "TLS-10", "TLS-04", "rfc6347/4.1.2.7" }, bindings = secure,
    impact = "malformed", kills = row.kills,
    title = row.what .. " on the DTLS port harm nobody",
    run = function(c)
      local dev = c:device()
      dev:post("/v1/state"):expect { code = "2.04" }
      for _, bytes in ipairs(row.list(c)) do
        dev:send_datagram(bytes)
      end
      dev:post("/v1/state"):expect { code = "2.04" }
      c:device():post("/v1/state"):expect { code = "2.04" }
    end,
  }
end

case {
  id = "TLS-161", rev = 1, level = "SHOULD", refs = { "TLS-11", "rfc7925/17" }, bindings = secure,
  title = "a device that asks for renegotiation harms nobody",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:renegotiate()
    c:wait("500 ms")
    local state, info = dev:session_state()
    c:observe("after the request the session is " .. state .. ", alert " .. tostring(info.alert))
    c:device():post("/v1/state"):expect { code = "2.04" }
  end,
}
