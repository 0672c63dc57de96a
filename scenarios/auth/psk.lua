-- Pre-shared keys. AUTH-06, AUTH-07, AUTH-12, AUTH-19.

local dtls = require "common.dtls"

case {
  id = "AUTH-301", rev = 1, level = "MUST", refs = { "AUTH-06", "rfc4279/2" }, needs = { "auth.psk" },
  maps = { "TD_COAP_DTLS_01" }, bindings = { "coaps-psk" },
  title = "a pre-shared key with the identity device@application authenticates without option 4209",
  kills = { { mutant = "psk-session-refused", field = "code" } },
  run = function(c)
    local dev = c:device()
    c:expect("identity", dev.identity, dev.name .. "@" .. dev.application)
    dev:handshake {}:expect {}
    dev:post("/v1/state", { payload = "x", authorization = false }):expect { code = "2.04" }
    c:await_event { device = dev.name, application = dev.application, data = "x" }
  end,
}

case {
  id = "AUTH-302", rev = 1, level = "MUST", refs = { "AUTH-07" }, needs = { "auth.psk" }, bindings = { "coaps-psk" },
  title = "a key is not usable outside of its validity",
  kills = { { mutant = "psk-validity-ignored", field = "code" } },
  run = function(c)
    local rows = { { name = "over", from = -7200, to = -3600 }, { name = "to come", from = 3600, to = 7200 } }
    for _, row in t.each(rows) do
      local dev = c:device { psk = { { key = c:bytes(16), not_before = row.from, not_after = row.to } } }
      dtls.expect_refused(dev, { timeout = "3 s" })
    end
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-303", rev = 1, level = "MUST", refs = { "AUTH-07" }, needs = { "auth.psk" }, bindings = { "coaps-psk" },
  title = "a key is usable inside its validity",
  run = function(c)
    local dev = c:device { psk = { { key = c:bytes(16), not_before = -3600, not_after = 3600 } } }
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "AUTH-304", rev = 1, level = "MUST", refs = { "AUTH-07" }, needs = { "auth.psk" }, bindings = { "coaps-psk" },
  title = "of two valid keys the newest is usable",
  kills = { { mutant = "psk-oldest-wins", field = "handshake" } },
  run = function(c)
    local old, new = c:bytes(16), c:bytes(16)
    local dev = c:device { psk = { { key = old, not_before = -7200, not_after = 3600 },
                                   { key = new, not_before = -60, not_after = 7200 } } }
    dev:handshake { psk = { key = new } }:expect {}
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "AUTH-305", rev = 1, level = "MUST", refs = { "AUTH-12", "rfc4279/2", "rfc6347/4.1.2.7" },
  maps = { "TD_COAP_DTLS_02" }, needs = { "auth.psk" }, bindings = { "coaps-psk" },
  title = "a wrong key never yields a session, and the device's own works afterwards",
  run = function(c)
    local dev = c:device()
    dev:handshake { psk = { key = t.flip_bit(dev.key) }, timeout = "3 s" }:expect_failure { or_silence = true }
    c:device():post("/v1/state"):expect { code = "2.04" }
    dev:handshake {}:expect {}
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

local identities = {
  { id = "AUTH-306", what = "an unknown device", make = function(dev) return "nobody@" .. dev.application end },
  { id = "AUTH-307", what = "an unknown application", make = function(dev) return dev.name .. "@nowhere" end },
  { id = "AUTH-308", what = "a device without its application", make = function(dev) return dev.name end },
  { id = "AUTH-309", what = "bytes that are no UTF-8", make = function() return "\xff\xfe@\xfd" end },
  { id = "AUTH-310", what = "no name at all", make = function() return "@" end },
}

for _, row in ipairs(identities) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "AUTH-12", "rfc4279/2", "rfc4279/5.1" }, needs = { "auth.psk" },
    bindings = { "coaps-psk" },
    title = ("an identity of %s never yields a session, and others are served"):format(row.what),
    run = function(c)
      local dev = c:device()
      dev:handshake { psk = { identity = row.make(dev) }, timeout = "3 s" }:expect_failure { or_silence = true }
      c:device():post("/v1/state"):expect { code = "2.04" }
    end,
  }
end

case {
  id = "AUTH-311", rev = 1, level = "MUST", refs = { "AUTH-19", "rfc4279/5.3" }, needs = { "auth.psk" },
  bindings = { "coaps-psk" },
  title = "keys of 1 to 64 bytes work",
  run = function(c)
    for _, n in t.each { 1, 16, 32, 63, 64 } do
      local dev = c:device { psk = c:bytes(n) }
      dev:handshake {}:expect {}
      dev:post("/v1/state"):expect { code = "2.04" }
    end
  end,
}

case {
  id = "AUTH-312", rev = 1, level = "MUST", refs = { "AUTH-19", "rfc4279/5.3" }, needs = { "auth.psk" },
  bindings = { "coaps-psk" },
  title = "identities of 128 bytes work",
  run = function(c)
    local app = c:application {}
    local dev = c:device { application = app, name = ("i"):rep(127 - #app.name) }
    c:expect("identity", #dev.identity, 128)
    dev:handshake {}:expect {}
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name }
  end,
}

case {
  id = "AUTH-313", rev = 1, level = "MUST", refs = { "AUTH-06", "AUTH-13" }, needs = { "auth.psk" },
  bindings = { "coaps-psk" },
  title = "a key of one application does not open the device of the same name in another",
  run = function(c)
    local first = c:device()
    local second = c:device { name = first.name, application = c:application {} }
    first:handshake { psk = { identity = second.identity, key = first.key }, timeout = "3 s" }
      :expect_failure { or_silence = true }
    second:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "AUTH-314", rev = 1, level = "MUST", refs = { "AUTH-10", "AUTH-12" }, needs = { "auth.psk" },
  bindings = { "coaps-psk" },
  title = "keys of a disabled device and of a disabled application are refused",
  run = function(c)
    dtls.expect_refused(c:device { enabled = false }, { timeout = "3 s" })
    dtls.expect_refused(c:device { application = c:application { enabled = false } }, { timeout = "3 s" })
    c:expect_no_events { by = c:device { application = c:application {} } }
  end,
}
