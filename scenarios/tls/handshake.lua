-- Handshakes: suites, versions, cookies, what is lost on the way. TLS-01 to TLS-03, TLS-09, TLS-11.

local secure = { "coaps-psk", "coaps-x509" }

-- A suite that a client with nothing else connects with; for tolerated = true its absence warns.
local function expect_suite(c, dev, suite, tolerated)
  local handshake = dev:handshake { suites = suite, groups = "P-256" }
  if handshake:await() ~= "established" and (tolerated or c:claims "ciphers.own") then
    c:warn("the target leaves " .. suite .. " out", { field = "handshake" })
    return
  end
  handshake:expect { suite = suite, version = "1.2" }
  dev:post("/v1/state"):expect { code = "2.04" }
end

case {
  id = "TLS-001", rev = 1, level = "MUST", refs = { "TLS-01", "rfc7252/9.1.3.1", "rfc7925/4.2" },
  maps = { "TD_COAP_DTLS_01" }, needs = { "auth.psk" }, bindings = { "coaps-psk" },
  title = "a client with only TLS_PSK_WITH_AES_128_CCM_8 connects",
  kills = { { mutant = "ccm-missing", field = "handshake" } },
  run = function(c) expect_suite(c, c:device(), "TLS_PSK_WITH_AES_128_CCM_8") end,
}

case {
  id = "TLS-002", rev = 1, level = "MUST", refs = { "TLS-01", "rfc7252/9.1.3.3", "rfc7925/4.4" },
  maps = { "TD_COAP_DTLS_04" }, needs = { "auth.x509" }, bindings = { "coaps-x509" },
  title = "a client with only TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 and secp256r1 connects",
  run = function(c) expect_suite(c, c:device(), "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8") end,
}

case {
  id = "TLS-003", rev = 1, level = "MUST", refs = { "TLS-01" }, needs = { "auth.psk" }, bindings = { "coaps-psk" },
  title = "a client with only a GCM suite for keys should connect",
  run = function(c) expect_suite(c, c:device(), "TLS_PSK_WITH_AES_128_GCM_SHA256", true) end,
}

case {
  id = "TLS-004", rev = 1, level = "MUST", refs = { "TLS-01" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "a client with only a GCM suite for certificates should connect",
  run = function(c) expect_suite(c, c:device(), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", true) end,
}

case {
  id = "TLS-005", rev = 1, level = "SHOULD", refs = { "TLS-02", "rfc6347/4.2.1" }, bindings = secure,
  maps = { "6347-z0AiXbV3Y6" },
  title = "the server proves the client's address by a cookie",
  run = function(c)
    local dev = c:device()
    dev:handshake {}:expect { cookie = true }
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "TLS-006", rev = 1, level = "SHOULD", refs = { "TLS-11", "rfc7925/16", "rfc7627/5.3" }, bindings = secure,
  title = "the server offers the extended master secret",
  run = function(c)
    local dev = c:device()
    dev:handshake {}:expect { extended_master_secret = true }
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "TLS-007", rev = 1, level = "SHOULD", refs = { "TLS-11", "rfc8996/5" }, bindings = secure,
  title = "a client with only DTLS 1.0 gets no session, and others are served",
  run = function(c)
    local dev = c:device()
    dev:handshake { max_version = "1.0", timeout = "4 s" }
      :expect_failure { or_silence = true }
    c:device():post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "TLS-008", rev = 1, level = "SHOULD", refs = { "TLS-09", "rfc5246/7.4.1.4" }, bindings = secure,
  title = "unknown extensions of a ClientHello are ignored",
  run = function(c)
    for _, extension in t.each { { name = "empty", type = 65000, value = "" },
                                 { name = "long", type = 65001, value = ("x"):rep(200) },
                                 { name = "grease", type = 0x0a0a, value = "\0" } } do
      local dev = c:device()
      dev:handshake { extensions = { { type = extension.type, value = extension.value } } }:expect {}
      dev:post("/v1/state"):expect { code = "2.04" }
    end
  end,
}

case {
  id = "TLS-009", rev = 1, level = "MUST", refs = { "TLS-01", "rfc7627/5.3" }, bindings = secure,
  title = "a client without the extended master secret is served, or told so by an alert",
  run = function(c)
    local dev = c:device()
    local handshake = dev:handshake { no_extended_master_secret = true, timeout = "5 s" }
    if handshake:await() == "established" then
      dev:post("/v1/state"):expect { code = "2.04" }
    else
      handshake:expect_failure {}
    end
  end,
}

local flights = {
  { id = "TLS-011", flight = 1, what = "ClientHello" },
  { id = "TLS-012", flight = 2, what = "HelloVerifyRequest" },
  { id = "TLS-013", flight = 3, what = "ClientHello with its cookie" },
  { id = "TLS-014", flight = 4, what = "server's flight from ServerHello to ServerHelloDone", messages = 4 },
  { id = "TLS-015", flight = 5, what = "client's flight from its key exchange to Finished", messages = 4 },
  { id = "TLS-016", flight = 6, what = "server's last flight", messages = 2 },
}

for _, row in ipairs(flights) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "TLS-03", "rfc6347/4.2.4", "rfc7925/11" }, bindings = secure,
    maps = { "TD_COAP_DTLS_03" }, timeout = "2 min",
    title = ("the handshake survives the loss of each message of the %s"):format(row.what),
    run = function(c)
      for message = 1, row.messages or 1 do
        c:step("message=" .. message)
        local dev = c:device()
        dev.link:drop { flight = row.flight, message = message }
        dev:handshake { timeout = "20 s" }:expect {}
        dev:post("/v1/state"):expect { code = "2.04" }
      end
    end,
  }
end

for _, row in ipairs {
  { id = "TLS-021", action = "duplicate", what = "doubled" },
  { id = "TLS-022", action = "reorder", what = "overtaken by the next" },
  { id = "TLS-023", action = "delay", what = "late" },
} do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "TLS-03", "rfc6347/4.2.2", "rfc6347/4.2.4" }, bindings = secure,
    timeout = "2 min",
    title = ("the handshake survives a message of each flight that is %s"):format(row.what),
    run = function(c)
      for flight = 1, 6 do
        c:step("flight=" .. flight)
        local dev = c:device()
        dev.link[row.action](dev.link, { flight = flight, message = 1, by = row.action == "delay" and "300 ms" or nil })
        dev:handshake { timeout = "20 s" }:expect {}
        dev:post("/v1/state"):expect { code = "2.04" }
      end
    end,
  }
end

case {
  id = "TLS-024", rev = 1, level = "MUST", refs = { "TLS-03", "TLS-04", "rfc6347/4.1.2.7" }, bindings = secure,
  title = "the handshake survives a Finished that is corrupted on its way",
  run = function(c)
    for _, flight in t.each { 5, 6 } do
      local dev = c:device()
      dev.link:corrupt { flight = flight, message = "Finished" }
      dev:handshake { timeout = "20 s" }:expect {}
      dev:post("/v1/state"):expect { code = "2.04" }
    end
  end,
}

case {
  id = "TLS-025", rev = 1, level = "MUST", refs = { "TLS-03", "rfc6347/4.2.3" }, bindings = secure,
  title = "a client that sends its messages in small fragments is served",
  run = function(c)
    for _, mtu in t.each { 228, 300, 512 } do
      local dev = c:device()
      dev:handshake { mtu = mtu }:expect {}
      dev:post("/v1/state"):expect { code = "2.04" }
    end
  end,
}

case {
  id = "TLS-026", rev = 1, level = "MUST", refs = { "TLS-03", "rfc6347/4.2.4", "rfc7925/11" }, bindings = secure,
  title = "the server should repeat a lost flight by itself",
  run = function(c)
    local dev = c:device()
    dev.link:drop { flight = 4, message = 1 }
    local state = dev:handshake { retransmit = false, timeout = "20 s" }:await()
    c:expect("handshake", state, t.should("established"))
  end,
}
