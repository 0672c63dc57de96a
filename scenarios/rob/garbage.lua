-- Datagrams of every length with any content. ROB-02.

-- Sends each datagram; then, and in between, a known-good publish is served.
local function throw(c, dev, list)
  for i, bytes in ipairs(list) do
    dev:send_raw { bytes }
    if i % 50 == 0 then
      dev:expect_alive()
    end
  end
  dev:expect_alive()
  c:device():post("/v1/state"):expect { code = "2.04" }
end

local function lengths(make, list)
  local made = {}
  for i, n in ipairs(list) do made[i] = make(n) end
  return made
end

local short, long = {}, { 511, 512, 1023, 1024, 1025, 1279, 1280, 1281, 1472, 1500, 2047, 2048, 4096, 9000, 16384,
                          32768, 65000, 65507 }
for n = 1, 200 do short[n] = n end

local kinds = {
  { id = "ROB-101", what = "random datagrams of 1 to 200 bytes", list = short,
    make = function(c) return function(n) return c:bytes(n) end end },
  { id = "ROB-102", what = "random datagrams of up to 65 507 bytes", list = long, bindings = { "coap" },
    make = function(c) return function(n) return c:bytes(n) end end },
  { id = "ROB-103", what = "datagrams of zeros", list = short,
    make = function() return function(n) return ("\0"):rep(n) end end },
  { id = "ROB-104", what = "datagrams of 0xff", list = short,
    make = function() return function(n) return ("\xff"):rep(n) end end },
  { id = "ROB-105", what = "requests with random options", list = short,
    make = function(c) return function(n) return "\x40\x02" .. c:bytes(2) .. c:bytes(n) end end },
  { id = "ROB-106", what = "NON requests with random options", list = short,
    make = function(c) return function(n) return "\x52\x02" .. c:bytes(4) .. c:bytes(n) end end },
  { id = "ROB-107", what = "requests of very many options", list = long, bindings = { "coap" },
    make = function(c) return function(n) return "\x40\x02" .. c:bytes(2) .. ("\0"):rep(n - 4) end end },
}

for _, row in ipairs(kinds) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "ROB-02", "MSG-05", "MSG-10", "rfc7252/11.1" },
    bindings = row.bindings, impact = "malformed", timeout = "2 min",
    title = row.what .. " break nothing",
    run = function(c)
      local dev = c:device()
      dev:expect_alive()
      throw(c, dev, lengths(row.make(c), row.list))
    end,
  }
end

case {
  id = "ROB-108", rev = 1, level = "MUST", refs = { "ROB-02", "MSG-05", "rfc7252/3" }, impact = "malformed",
  title = "a good request cut short at every byte breaks nothing",
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { format = 50, payload = "[1,2,3]" })
    post:expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "state" }
    local bytes = post.sent.bytes
    local marker = bytes:find("\xff", 1, true)
    for n = 1, marker do
      local mid = dev:next_mid()
      dev:send_raw { bytes:sub(1, 2):sub(1, n), n > 2 and string.char(mid >> 8, mid & 0xff) or "", bytes:sub(5, n) }
    end
    dev:expect_alive()
    c:device():post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "ROB-109", rev = 2, level = "MUST", refs = { "ROB-02", "MSG-10" }, impact = "malformed",
  title = "a good request with one byte changed breaks nothing",
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { payload = "x" })
    post:expect { code = "2.04" }
    local bytes = post.sent.bytes
    for _ = 1, 150 do
      local at = c:random(#bytes - 2)
      local mid = dev:next_mid() -- a copy would not be looked at, and one by chance could be that of what follows
      local fresh = bytes:sub(1, 2) .. string.char(mid >> 8, mid & 0xff) .. bytes:sub(5)
      at = at > 2 and at + 2 or at
      dev:send_raw { fresh:sub(1, at - 1), string.char(c:random(256) - 1), fresh:sub(at + 1) }
    end
    dev:expect_alive()
    c:device():post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "ROB-110", rev = 1, level = "MUST", refs = { "ROB-02", "TLS-10" }, bindings = { "coaps-psk", "coaps-x509" },
  impact = "malformed",
  title = "random datagrams of every length on the DTLS port break nothing",
  run = function(c)
    local dev = c:device()
    dev:expect_alive()
    for n = 1, 200 do
      dev:send_datagram(c:bytes(n))
      dev:send_datagram(string.char(19 + n % 7) .. "\xfe\xfd" .. c:bytes(n))
    end
    for _, n in ipairs(long) do
      dev:send_datagram(c:bytes(n))
    end
    dev:expect_alive()
    c:device():post("/v1/state"):expect { code = "2.04" }
  end,
}
