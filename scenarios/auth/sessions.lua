-- What else a request in a DTLS session may name, and how long a session holds. AUTH-14, AUTH-17, AUTH-20.

local function basic(dev)
  return "Basic " .. t.base64(dev.name .. "@" .. dev.application .. ":" .. dev.password)
end

local secure = { "coaps-psk", "coaps-x509" }

case {
  id = "AUTH-501", rev = 1, level = "MUST", refs = { "AUTH-14" }, bindings = secure,
  title = "option 4209 of another device in a session of one's own is refused",
  kills = { { mutant = "mixed-credentials-unchecked", field = "code" } },
  run = function(c)
    local dev = c:device()
    local other = c:device { auth = "basic" }
    dev:post("/v1/state", { authorization = basic(other) }):expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-502", rev = 1, level = "MUST", refs = { "AUTH-14" }, bindings = secure,
  title = "a wrong password for oneself in a session of one's own is refused",
  run = function(c)
    local dev = c:device { password = "right" }
    local wrong = "Basic " .. t.base64(dev.name .. "@" .. dev.application .. ":wrong")
    dev:post("/v1/state", { authorization = wrong }):expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-503", rev = 1, level = "MUST", refs = { "AUTH-14" }, bindings = secure,
  title = "the right password for oneself in a session of one's own is accepted, or refused as mixed",
  run = function(c)
    local dev = c:device { password = "right" }
    local answer = dev:post("/v1/state", { authorization = basic(dev) })
      :expect { code = t.one_of { "2.04", "4.01", "4.03" } }
    if answer.code == "2.04" then
      c:await_event { device = dev.name, sender = dev.name }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "AUTH-504", rev = 1, level = "MUST", refs = { "AUTH-14", "AUTH-13" }, bindings = secure,
  title = "application and device of others in a session of one's own are refused",
  run = function(c)
    local dev, other = c:device(), c:device()
    local foreign = c:application {}
    dev:post("/v1/state", { query = { device = other.name } }):expect { code = t.one_of { "4.01", "4.03" } }
    dev:post("/v1/state", { query = { application = foreign.name } }):expect { code = t.one_of { "4.01", "4.03" } }
    dev:post("/v1/state", { query = { application = foreign.name, device = other.name } })
      :expect { code = t.one_of { "4.01", "4.03" } }
    c:expect_no_events { by = other }
  end,
}

case {
  id = "AUTH-505", rev = 1, level = "MUST", refs = { "AUTH-14" }, bindings = secure,
  title = "application and device that name the session's own are accepted, or refused as mixed",
  run = function(c)
    local dev = c:device()
    local answer = dev:post("/v1/state", { query = { application = dev.application, device = dev.name } })
      :expect { code = t.one_of { "2.04", "4.01", "4.03" } }
    if answer.code == "2.04" then
      c:await_event { device = dev.name, sender = dev.name }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "AUTH-511", rev = 1, level = "SHOULD", refs = { "AUTH-17" },
  title = "a device that is disabled is refused at its next request, in a live session too",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name }
    dev:update { enabled = false }
    c:wait("REVOCATION_DELAY")
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" } }
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-512", rev = 1, level = "SHOULD", refs = { "AUTH-17" },
  title = "a device that is deleted is refused at its next request, in a live session too",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name }
    dev:delete()
    c:wait("REVOCATION_DELAY")
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" } }
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-513", rev = 1, level = "SHOULD", refs = { "AUTH-17" }, bindings = { "coap" },
  title = "after a change of password only the new one is good",
  run = function(c)
    local dev = c:device { password = "old" }
    local old = dev.authorization
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:update { password = "new" }
    c:wait("REVOCATION_DELAY")
    dev:post("/v1/state", { authorization = old }):expect { code = t.one_of { "4.01", "4.03" } }
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "AUTH-514", rev = 1, level = "SHOULD", refs = { "AUTH-17" }, bindings = { "coaps-psk" },
  title = "a session whose key was replaced is refused, and the new key works",
  kills = { { mutant = "revocation-ignored-in-session", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name }
    dev:update { psk = c:bytes(16) }
    c:wait("REVOCATION_DELAY")
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" } }
    local fresh = dev:twin()
    fresh:handshake {}:expect {}
    fresh:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "AUTH-515", rev = 1, level = "SHOULD", refs = { "AUTH-17" },
  title = "an application that is disabled is refused at the next request of its devices",
  run = function(c)
    local app = c:application {}
    local dev = c:device { application = app }
    dev:post("/v1/state"):expect { code = "2.04" }
    app:update { enabled = false }
    c:wait("REVOCATION_DELAY")
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" } }
  end,
}

case {
  id = "AUTH-516", rev = 1, level = "SHOULD", refs = { "AUTH-17" },
  title = "a device that is enabled again is served again",
  run = function(c)
    local dev = c:device { enabled = false }
    dev:update { enabled = true }
    c:wait("REVOCATION_DELAY")
    dev:post("/v1/state"):expect { code = "2.04" }
  end,
}

case {
  id = "AUTH-521", rev = 1, level = "MUST", refs = { "AUTH-20", "AUTH-10" }, bindings = { "coaps-x509" },
  title = "in a session without certificate or key a request without option 4209 is refused",
  run = function(c)
    local dev = c:device { auth = "basic", transport = "coaps" }
    dev:post("/v1/state", { authorization = false }):expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "AUTH-522", rev = 1, level = "MUST", refs = { "AUTH-20", "AUTH-01" }, bindings = { "coaps-x509" },
  title = "two devices behind one session without certificate are told apart by option 4209",
  run = function(c)
    local dev = c:device { auth = "basic", transport = "coaps" }
    local other = c:device { auth = "basic", transport = "coaps" }
    dev:post("/v1/state", { payload = "mine" }):expect { code = "2.04" }
    dev:post("/v1/state", { payload = "yours", authorization = basic(other) }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "mine" }
    c:await_event { device = other.name, data = "yours" }
  end,
}
