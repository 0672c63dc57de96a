-- Option 4209: how a credential is written, and which forms name a device. AUTH-01 to AUTH-05, AUTH-20.

local function basic(user, password)
  return "Basic " .. t.base64(user .. ":" .. password)
end

local function unpadded(user, password)
  return (basic(user, password):gsub("=+$", ""))
end

case {
  id = "AUTH-001", rev = 1, level = "MUST", refs = { "AUTH-01", "OPT-02" }, needs = { "auth.basic" },
  bindings = { "coap" },
  title = "option 4209 authenticates a device on coap",
  kills = { { mutant = "option-4209-unknown", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { payload = "x", authorization = basic(dev.name .. "@" .. dev.application, dev.password) })
      :expect { code = "2.04" }
    c:await_event { device = dev.name, application = dev.application }
    c:expect_no_more_events()
  end,
}

case {
  id = "AUTH-002", rev = 1, level = "MUST", refs = { "AUTH-01", "AUTH-20", "rfc5246/7.4.6" }, needs = { "auth.basic" },
  bindings = { "coaps-x509" },
  title = "option 4209 authenticates inside a DTLS session of a client without a certificate",
  kills = { { mutant = "anonymous-session-refused", field = "handshake" } },
  run = function(c)
    local dev = c:device { auth = "basic", transport = "coaps" }
    dev:handshake {}:expect {}
    dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "AUTH-003", rev = 1, level = "MUST", refs = { "AUTH-02" }, bindings = { "coap" },
  title = "base64 is accepted with and without its padding",
  kills = { { mutant = "unpadded-base64-refused", field = "code" } },
  run = function(c)
    for _, password in t.each { "a", "ab", "abc" } do
      local dev = c:device { password = password }
      local user = dev.name .. "@" .. dev.application
      dev:post("/v1/state", { authorization = basic(user, password) }):expect { code = "2.04" }
      dev:post("/v1/state", { authorization = unpadded(user, password) }):expect { code = "2.04" }
    end
  end,
}

case {
  id = "AUTH-004", rev = 1, level = "MUST", refs = { "AUTH-03", "rfc7617/2" }, bindings = { "coap" },
  title = "a password may contain colons",
  kills = { { mutant = "password-cut-at-last-colon", field = "code" } },
  run = function(c)
    for _, password in t.each { "a:b", ":", "a:b:c:" } do
      local dev = c:device { password = password }
      dev:post("/v1/state"):expect { code = "2.04" }
    end
  end,
}

case {
  id = "AUTH-005", rev = 1, level = "MUST", refs = { "AUTH-03", "rfc7617/2" }, bindings = { "coap" },
  title = "a password may be empty",
  run = function(c)
    local dev = c:device { password = "" }
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:post("/v1/state", { authorization = basic(dev.name .. "@" .. dev.application, "x") })
      :expect { code = t.one_of { "4.01", "4.03" } }
  end,
}

case {
  id = "AUTH-006", rev = 1, level = "MUST", refs = { "AUTH-03" }, bindings = { "coap" },
  title = "the user part splits at its first @",
  kills = { { mutant = "user-cut-at-last-at", field = "code" } },
  run = function(c)
    local dev = c:device { suffix = "@x" }
    dev:post("/v1/state", { authorization = basic(dev.name .. "@" .. dev.application, dev.password) })
      :expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events()
  end,
}

case {
  id = "AUTH-007", rev = 1, level = "MUST", refs = { "AUTH-03" }, bindings = { "coap" },
  title = "%40 in the device part is an @ of its name",
  kills = { { mutant = "device-not-decoded", field = "code" } },
  run = function(c)
    local dev = c:device { suffix = "@x" }
    local user = dev.name:gsub("@", "%%40") .. "@" .. dev.application
    dev:post("/v1/state", { authorization = basic(user, dev.password) }):expect { code = "2.04" }
    c:await_event { device = dev.name }
  end,
}

case {
  id = "AUTH-008", rev = 1, level = "MUST", refs = { "AUTH-04" }, bindings = { "coap" },
  title = "the application may come as a parameter, the device as the user",
  kills = { { mutant = "application-parameter-ignored", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { query = { application = dev.application }, authorization = basic(dev.name, dev.password) })
      :expect { code = "2.04" }
    c:await_event { device = dev.name, application = dev.application }
  end,
}

local user_forms = {
  { id = "AUTH-009", title = "application and device as parameters, and a user name of the device's",
    query = function(dev) return { application = dev.application, device = dev.name } end,
    user = function(_, name) return name end },
  { id = "AUTH-010", title = "the device as a parameter, and a user name with the application",
    query = function(dev) return { device = dev.name } end,
    user = function(dev, name) return name .. "@" .. dev.application end },
}

for _, row in ipairs(user_forms) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "AUTH-04" }, bindings = { "coap" },
    title = row.title .. " authenticate",
    run = function(c)
      local name = "user" .. c:random(1000000)
      local dev = c:device { username = name, password = "secret" }
      dev:post("/v1/state", { query = row.query(dev), authorization = basic(row.user(dev, name), "secret") })
        :expect { code = "2.04" }
      c:await_event { device = dev.name }
      dev:post("/v1/state", { query = row.query(dev), authorization = basic(row.user(dev, name .. "x"), "secret") })
        :expect { code = t.one_of { "4.01", "4.03" } }
      c:expect_no_events()
    end,
  }
end

case {
  id = "AUTH-011", rev = 1, level = "MUST", refs = { "AUTH-04" }, bindings = { "coap" },
  title = "an alias stands for the device, and the event has the device's own name",
  run = function(c)
    local alias = "alias" .. c:random(1000000)
    local dev = c:device { aliases = { alias } }
    dev:post("/v1/state", { authorization = basic(alias .. "@" .. dev.application, dev.password) })
      :expect { code = "2.04" }
    c:await_event { application = dev.application, device = dev.name, sender = dev.name }
  end,
}

case {
  id = "AUTH-012", rev = 1, level = "MUST", refs = { "AUTH-04" }, bindings = { "coap" },
  title = "a unique user name stands for the device",
  run = function(c)
    local name = "user" .. c:random(1000000)
    local dev = c:device { username = name, password = "secret" }
    dev:post("/v1/state", { authorization = basic(name .. "@" .. dev.application, "secret") }):expect { code = "2.04" }
    c:await_event { device = dev.name }
  end,
}

local hashes = {
  { id = "AUTH-013", hash = "bcrypt", kills = { { mutant = "hashed-password-refused", field = "code" } } },
  { id = "AUTH-014", hash = "sha512" },
}

for _, row in ipairs(hashes) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "AUTH-05" }, bindings = { "coap" },
    title = ("a password that the registry holds as %s is verified"):format(row.hash), kills = row.kills,
    run = function(c)
      local dev = c:device { password = { plain = "käse:1", hash = row.hash } }
      local user = dev.name .. "@" .. dev.application
      dev:post("/v1/state"):expect { code = "2.04" }
      dev:post("/v1/state", { authorization = basic(user, "käse:2") }):expect { code = t.one_of { "4.01", "4.03" } }
    end,
  }
end

case {
  id = "AUTH-015", rev = 1, level = "MUST", refs = { "AUTH-01", "AUTH-03" }, bindings = { "coap" },
  title = "names and passwords of letters beyond ASCII authenticate",
  run = function(c)
    local dev = c:device { suffix = "-gerät", password = "pässwörd 温度" }
    dev:post("/v1/state"):expect { code = "2.04" }
    c:await_event { device = dev.name }
  end,
}

case {
  id = "AUTH-016", rev = 1, level = "INFO", refs = { "AUTH-22", "rfc7617/2" }, bindings = { "coap" },
  title = "whether the scheme in lower case and URL-safe base64 are accepted",
  run = function(c)
    local dev = c:device { password = "\u{3ff}\u{3ff}\u{3fe}>>>???" }
    local good = basic(dev.name .. "@" .. dev.application, dev.password)
    local variants = { ["basic"] = (good:gsub("^Basic", "basic")),
                       ["URL-safe"] = (good:gsub("[+/]", { ["+"] = "-", ["/"] = "_" })) }
    for _, name in t.each { "basic", "URL-safe" } do
      local answer = dev:post("/v1/state", { authorization = variants[name] }):expect { class = t.any }
      c:observe(name .. " is answered " .. answer.code)
    end
  end,
}
