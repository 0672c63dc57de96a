-- Whom the endpoint refuses, and that a refusal tells nothing. AUTH-10, AUTH-13, AUTH-16.

local function basic(user, password)
  return "Basic " .. t.base64(user .. ":" .. password)
end

local function good(dev)
  return basic(dev.name .. "@" .. dev.application, dev.password)
end

local refusals = {
  { id = "AUTH-101", what = "a wrong password",
    kills = { { mutant = "password-unchecked", field = "code" } },
    credential = function(_, dev) return basic(dev.name .. "@" .. dev.application, dev.password .. "x") end },
  { id = "AUTH-102", what = "an unknown device",
    kills = { { mutant = "authentication-failed-5-00", field = "code" } },
    credential = function(_, dev) return basic(dev.name .. "x@" .. dev.application, dev.password) end },
  { id = "AUTH-103", what = "an unknown application",
    credential = function(_, dev) return basic(dev.name .. "@" .. dev.application .. "x", dev.password) end },
  { id = "AUTH-104", what = "no credentials", credential = function() return false end },
  { id = "AUTH-105", what = "a user without an application",
    credential = function(_, dev) return basic(dev.name, dev.password) end },
  { id = "AUTH-106", what = "an empty user and password", credential = function() return basic("", "") end },
  { id = "AUTH-107", what = "a password of another device",
    credential = function(c, dev)
      return basic(dev.name .. "@" .. dev.application, c:device { password = "of-another" }.password)
    end },
}

for _, row in ipairs(refusals) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "AUTH-10", "RSP-02", "EVT-01" }, bindings = { "coap" },
    kills = row.kills,
    title = row.what .. " is refused with a reason and publishes nothing",
    run = function(c)
      local dev = c:device()
      dev:post("/v1/state", { payload = "secret", authorization = row.credential(c, dev) })
        :expect { code = t.one_of { "4.01", "4.03" }, reason = true }
      c:expect_no_events { by = dev }
    end,
  }
end

local broken = {
  { id = "AUTH-111", what = "base64 that is none",
    list = function(dev) return { good(dev) .. "!", "Basic ****", "Basic YQ=", (good(dev):gsub(".$", "\n")) } end },
  { id = "AUTH-112", what = "another scheme",
    list = function(dev) return { (good(dev):gsub("^Basic", "Bearer")), (good(dev):gsub("^Basic", "Digest")) } end },
  { id = "AUTH-113", what = "an empty option",
    list = function() return { "", "Basic", "Basic ", " " } end },
  { id = "AUTH-114", what = "a credential without a colon",
    list = function(dev) return { "Basic " .. t.base64(dev.name .. "@" .. dev.application) } end },
  { id = "AUTH-115", what = "a credential of bytes that are no UTF-8",
    list = function(dev) return { basic("\xff\xfe@" .. dev.application, dev.password), "Basic \xff\xfe\xfd\xfc" } end },
}

for _, row in ipairs(broken) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "AUTH-10", "RSP-02" }, bindings = { "coap" },
    title = row.what .. " is refused with a reason and publishes nothing",
    run = function(c)
      local dev = c:device()
      for _, credential in ipairs(row.list(dev)) do
        dev:post("/v1/state", { authorization = credential })
          :expect { code = t.one_of { "4.00", "4.01", "4.02", "4.03" }, reason = true }
      end
      c:expect_no_events { by = dev }
    end,
  }
end

case {
  id = "AUTH-121", rev = 1, level = "MUST", refs = { "AUTH-10" }, bindings = { "coap" },
  title = "devices of a disabled application are refused",
  kills = { { mutant = "disabled-application-accepted", field = "code" } },
  run = function(c)
    local dev = c:device { application = c:application { enabled = false } }
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events { by = c:device { application = c:application {} } }
  end,
}

case {
  id = "AUTH-122", rev = 1, level = "MUST", refs = { "AUTH-10" }, bindings = { "coap" },
  title = "a disabled device is refused",
  kills = { { mutant = "disabled-device-accepted", field = "code" } },
  run = function(c)
    local dev = c:device { enabled = false }
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-123", rev = 1, level = "MUST", refs = { "AUTH-10" }, bindings = { "coap" },
  title = "a deleted device is refused",
  run = function(c)
    local dev = c:device()
    dev:delete()
    c:wait("REVOCATION_DELAY")
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-131", rev = 1, level = "MUST", refs = { "AUTH-13" }, bindings = { "coap" },
  title = "credentials of one application do not open a device of the same name in another",
  run = function(c)
    local first = c:device { password = "of the first" }
    local second = c:device { name = first.name, application = c:application {}, password = "of the second" }
    first:post("/v1/state", { authorization = basic(first.name .. "@" .. second.application, first.password) })
      :expect { code = t.one_of { "4.01", "4.03" } }
    first:post("/v1/state", { query = { application = second.application },
                              authorization = basic(second.name, first.password) })
      :expect { code = t.one_of { "4.01", "4.03" } }
    c:expect_no_events { by = second }
  end,
}

case {
  id = "AUTH-132", rev = 1, level = "MUST", refs = { "AUTH-13", "AUTH-04" }, bindings = { "coap" },
  title = "an application beside the user's own is refused, or both must be the same",
  run = function(c)
    local first = c:device()
    local second = c:device { application = c:application {} }
    first:post("/v1/state", { query = { application = second.application } })
      :expect { code = t.one_of { "4.00", "4.01", "4.03" } }
    c:expect_no_events { by = second }
  end,
}

case {
  id = "AUTH-141", rev = 1, level = "SHOULD", refs = { "AUTH-16" }, bindings = { "coap" },
  title = "a wrong password, an unknown device and an unknown application get the same code and text",
  run = function(c)
    local dev = c:device()
    local wrong = dev:post("/v1/state", { authorization = basic(dev.name .. "@" .. dev.application, "wrong") })
      :expect { class = 4 }
    dev:post("/v1/state", { authorization = basic("nobody@" .. dev.application, "wrong") })
      :expect { code = wrong.code, payload = wrong.payload }
    dev:post("/v1/state", { authorization = basic(dev.name .. "@nowhere" .. c:random(1000000), "wrong") })
      :expect { code = wrong.code, payload = wrong.payload }
  end,
}

case {
  id = "AUTH-142", rev = 1, level = "SHOULD", refs = { "AUTH-16" }, bindings = { "coap" },
  title = "how long refusals of a wrong password and of an unknown device take",
  run = function(c)
    local dev = c:device { password = { plain = "right", hash = "bcrypt" } }
    for _, user in t.each { dev.name, "nobody" } do
      local post = dev:post("/v1/state", { authorization = basic(user .. "@" .. dev.application, "wrong") })
      local answer = post:expect { class = 4 }
      c:observe(("%s: %.1f ms"):format(user, (answer.at_us - post.sent.at_us) / 1e3))
    end
  end,
}

case {
  id = "AUTH-143", rev = 1, level = "SHOULD", refs = { "AUTH-18", "rfc7252/5.4.5" }, bindings = { "coap" },
  title = "option 4209 given twice is refused",
  kills = { { mutant = "authorization-twice-accepted", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { authorization = false, options = { [4209] = { good(dev), good(dev) } } })
      :expect { code = t.one_of { "4.02" } }
    c:expect_no_events { by = dev }
  end,
}
