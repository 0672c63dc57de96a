-- Which paths publish, and what becomes of the channel's name. URL-01 to URL-03, URL-11 to URL-14.

local refused = { "4.00", "4.04", "4.05" }

case {
  id = "URL-001", rev = 1, level = "MUST", refs = { "URL-01", "EVT-02", "rfc7252/5.8.2", "rfc7252/5.10.1" },
  maps = { "TD_COAP_CORE_04", "TP_CoAP_Server_Options_UriPath_003" },
  title = "a POST to /v1/{channel} is accepted and becomes an event of that channel",
  kills = { { mutant = "event-subject-fixed", field = "event.subject" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/telemetry", { payload = "21.5" }):expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "telemetry", data = "21.5" }
    c:expect_no_more_events()
  end,
}

case {
  id = "URL-002", rev = 1, level = "MUST", refs = { "URL-02", "RSP-02" },
  title = "a path that does not begin with v1 is refused with a reason and publishes nothing",
  kills = { { mutant = "path-version-unchecked", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, path in t.each { "/v2/telemetry", "/V1/telemetry", "/v1x/telemetry", "//telemetry", "/telemetry/v1" } do
      dev:post(path, { payload = "x" }):expect { code = t.one_of(refused), reason = true }
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-003", rev = 1, level = "MUST", refs = { "URL-02", "RSP-02" },
  title = "a path without a channel is refused with a reason and publishes nothing",
  run = function(c)
    local dev = c:device()
    for _, path in t.each { "/v1", "/", "/telemetry" } do
      dev:post(path, { payload = "x" }):expect { code = t.one_of(refused), reason = true }
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-004", rev = 1, level = "MUST", refs = { "URL-13", "rfc7252/5.10.1" },
  title = "an empty channel is refused, or its event has no subject",
  kills = { { mutant = "empty-channel-published", field = "event.subject" } },
  run = function(c)
    local dev = c:device()
    local answer = dev:post("/v1/", { payload = "x" }):expect { code = t.one_of { "2.04", "4.00", "4.04", "4.05" } }
    if answer.code == "2.04" then
      c:await_event { device = dev.name, subject = t.none }
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-005", rev = 1, level = "MUST", refs = { "URL-03", "rfc7252/4.2" }, maps = { "TD_COAP_CORE_13" },
  title = "a path below the channel publishes to the channel, or is refused",
  kills = { { mutant = "sub-path-in-subject", field = "event.subject" } },
  run = function(c)
    local dev = c:device()
    for _, path in t.each { "/v1/telemetry/room", "/v1/telemetry/room/1" } do
      local answer = dev:post(path, { payload = "x" }):expect { code = t.one_of { "2.04", "4.00", "4.04" } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, subject = "telemetry" }
      end
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-006", rev = 1, level = "MUST", refs = { "URL-03", "rfc7252/4.2" },
  title = "a path below the channel is answered the same with and without a query",
  kills = { { mutant = "sub-path-without-query-silent", field = "response" } },
  run = function(c)
    local dev = c:device()
    local without = dev:post("/v1/telemetry/room", { payload = "x" })
      :expect { code = t.one_of { "2.04", "4.00", "4.04" } }
    dev:post("/v1/telemetry/room", { payload = "x", query = { ct = 0 } }):expect { code = without.code }
    dev:post("/v1/telemetry/room", { payload = "x", query = { "" } }):expect { code = without.code }
  end,
}

case {
  id = "URL-007", rev = 1, level = "SHOULD", refs = { "URL-14" },
  title = "a path below the channel is accepted",
  kills = { { mutant = "sub-path-refused", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/telemetry/room/1", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "URL-008", rev = 1, level = "MUST", refs = { "URL-11", "rfc7252/5.10.1" },
  title = "percent signs in a channel arrive unchanged as the subject",
  kills = { { mutant = "channel-decoded", field = "event.subject" } },
  run = function(c)
    local dev = c:device()
    for _, channel in t.each { "a%2Fb", "100%", "%41", "%zz" } do
      dev:post({ "v1", channel }, { payload = "x" }):expect { code = "2.04" }
      c:await_event { device = dev.name, subject = channel }
    end
  end,
}

local channels = {
  { id = "URL-009", what = "dots", list = { "a.b", ".hidden", "...", "a.", "1.0.0" } },
  { id = "URL-010", what = "reserved characters of URIs",
    list = { "a/b", "a?b", "a#b", "a&b=c", "a b", "a+b", "a:b@c" } },
  { id = "URL-011", what = "letters beyond ASCII", list = { "température", "δωμάτιο", "温度", "🌡", "é" } },
  { id = "URL-012", what = "quotes and backslashes", list = { "a\"b", "a\\b", "a'b", "{a}", "<a>", "a,b;c" } },
}

for _, row in ipairs(channels) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "URL-11", "EVT-09", "rfc7252/5.10.1" },
    maps = { "TP_CoAP_Server_Options_UriQuery_001" },
    title = ("a channel with %s arrives unchanged as the subject"):format(row.what),
    run = function(c)
      local dev = c:device()
      for _, channel in t.each(row.list) do
        dev:post({ "v1", channel }, { payload = "x" }):expect { code = "2.04" }
        c:await_event { device = dev.name, subject = channel }
      end
    end,
  }
end

case {
  id = "URL-013", rev = 1, level = "MUST", refs = { "URL-11", "rfc7252/5.10.1" },
  title = "channels of 1 and of 255 bytes arrive unchanged as the subject",
  run = function(c)
    local dev = c:device()
    for _, channel in t.each { "c", ("c"):rep(254), ("c"):rep(255), ("é"):rep(127) .. "c" } do
      dev:post({ "v1", channel }, { payload = "x" }):expect { code = "2.04" }
      c:await_event { device = dev.name, subject = channel }
    end
  end,
}

case {
  id = "URL-014", rev = 1, level = "MUST", refs = { "URL-11", "rfc7252/4.2" },
  title = "channels of a dot, two dots or control characters are published unchanged or refused, and always answered",
  run = function(c)
    local dev = c:device()
    for _, channel in t.each { ".", "..", "a\nb", "\t", "a\127b" } do
      local answer = dev:post({ "v1", channel }, { payload = "x" })
        :expect { code = t.one_of { "2.04", t.match "^4%." } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, subject = channel }
      end
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-015", rev = 2, level = "MUST", refs = { "URL-11", "rfc7252/4.2" },
  title = "a channel that is no UTF-8 is refused; published under another name warns",
  run = function(c)
    local dev = c:device()
    for _, channel in t.each { "\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80" } do
      local post = dev:post({ "v1", channel }, { payload = "x" })
      post:expect_one_of { { code = t.match "^4%.", reason = true }, { code = t.warn "2.04" } }
      if post.response.code == "2.04" then
        c:await_event { device = dev.name, data = "x" }
      end
    end
    c:expect_no_more_events()
  end,
}

case {
  id = "URL-016", rev = 1, level = "SHOULD", refs = { "URL-12", "rfc7252/7.2", "rfc6690/4" },
  maps = { "TD_COAP_LINK_01", "TP_CoAP_Server_Options_UriPath_001" },
  title = "/.well-known/core is answered with links or an error, and never published",
  run = function(c)
    local dev = c:device()
    for _, method in t.each { "GET", "POST" } do
      local answer = dev:request(method == "GET" and "0.01" or "0.02", "/.well-known/core")
        :expect { code = t.one_of { "2.05", t.match "^4%." } }
      if answer.code == "2.05" then
        c:expect("format", answer.options[1] and answer.options[1].number, 12)
      end
    end
    c:expect_no_events()
  end,
}

case {
  id = "URL-017", rev = 1, level = "MUST", refs = { "URL-01", "rfc7252/6.1" }, needs = { "auth.basic" },
  title = "one device publishes by coap and by coaps to the same channel",
  bindings = { "coap" },
  run = function(c)
    if not (c.target.coap and c.target.coaps) then
      c:not_applicable "the target claims one scheme only"
    end
    local plain = c:device()
    local secure = c:device { auth = "basic", transport = "coaps" }
    plain:post("/v1/telemetry", { payload = "plain" }):expect { code = "2.04" }
    secure:post("/v1/telemetry", { payload = "secure" }):expect { code = "2.04" }
    c:await_event { device = plain.name, subject = "telemetry", data = "plain" }
    c:await_event { device = secure.name, subject = "telemetry", data = "secure" }
  end,
}
