-- How answers belong to requests: types, message ids, tokens, addresses. MSG-01, MSG-09, MSG-10, MSG-12.

local wire = require "common.wire"

case {
  id = "MSG-201", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/4.2" },
  maps = { "TP_CoAP_MessageFormat_Header_Type_CON_001", "TD_COAP_CORE_04" },
  title = "a CON is acknowledged with its message id",
  kills = { { mutant = "ack-with-other-mid", field = "mid" } },
  run = function(c)
    local dev = c:device()
    local sent = dev:send { type = "CON", code = "0.02", token = c:token(3), payload = "x",
                            options = wire.publish_options(dev, "state") }
    dev:receive { type = "ACK", mid = sent.mid }
  end,
}

case {
  id = "MSG-202", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/5.2.3" },
  maps = { "TD_COAP_CORE_08", "TP_CoAP_MessageFormat_Header_Type_NON_001" },
  title = "a NON is answered by a NON, or a CON, with its token",
  kills = { { mutant = "non-answered-by-ack", field = "type" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { type = "NON", payload = "x" }):expect { code = "2.04", type = t.one_of { "NON", "CON" } }
    c:await_event { device = dev.name, data = "x" }
  end,
}

case {
  id = "MSG-203", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/5.2.3", "rfc7252/4.3" },
  title = "a NON gets one response",
  kills = { { mutant = "non-answered-twice", field = "copies" } },
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { type = "NON" })
    post:expect { code = "2.04" }
    wire.settle(c, dev)
    c:expect("copies", #post:copies(), 1)
  end,
}

case {
  id = "MSG-204", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/5.3.1" },
  maps = { "TD_COAP_CORE_10", "TP_CoAP_MessageFormat_Header_TokenLength_001" },
  title = "tokens of 1 to 8 bytes come back",
  kills = { { mutant = "token-cut", field = "token" }, { mutant = "token-dropped", field = "token" } },
  run = function(c)
    local dev = c:device()
    for _, n in t.each { 1, 2, 3, 4, 5, 6, 7, 8 } do
      dev:post("/v1/state", { token = c:token(n) }):expect { code = "2.04", token = t.same }
    end
  end,
}

case {
  id = "MSG-205", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/5.3.1" }, maps = { "TD_COAP_CORE_12" },
  title = "a token of no bytes works",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { token = "" }):expect { code = "2.04", token = "" }
    dev:post("/v1/state", { token = "", type = "NON" }):expect { code = "2.04", token = "" }
  end,
}

case {
  id = "MSG-206", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/5.3.1" },
  title = "tokens of any value come back, zeros and 0xff among them",
  run = function(c)
    local dev = c:device()
    for _, token in ipairs { "\0", "\0\0\0\0\0\0\0\0", "\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff", "\0\xff" } do
      dev:post("/v1/state", { token = token }):expect { code = "2.04", token = t.same }
      dev:post("/v2/state", { token = token }):expect { class = 4, token = t.same }
    end
  end,
}

case {
  id = "MSG-207", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/4.4" },
  title = "the endpoint does not use a message id of its own twice",
  kills = { { mutant = "own-mid-constant", field = "mid" } },
  run = function(c)
    local dev = c:device()
    for _ = 1, 12 do
      dev:post("/v1/state", { type = "NON" }):expect { code = "2.04" }
    end
  end,
}

case {
  id = "MSG-208", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/4.4" },
  title = "every message id from the device works",
  run = function(c)
    local dev = c:device()
    for _, mid in t.each { 0, 1, 0x7fff, 0x8000, 0xffff } do
      dev:post("/v1/state", { mid = mid }):expect { code = "2.04", type = "ACK", mid = mid }
    end
  end,
}

case {
  id = "MSG-209", rev = 1, level = "MUST", refs = { "MSG-10", "rfc7252/5.4.1" },
  title = "answers carry no critical option that the request gave no reason for",
  kills = { { mutant = "response-with-critical-option", field = "options.2051" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:post("/v2/state"):expect { class = 4 }
  end,
}

case {
  id = "MSG-210", rev = 2, level = "MUST", refs = { "MSG-10", "rfc7252/3" },
  title = "every message of the endpoint is well-formed",
  kills = { { mutant = "response-with-lone-marker", field = "wellformed" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:post("/v2/state"):expect { class = 4 }
    dev:post("/v1/state", { type = "NON" }):expect { code = "2.04" }
    dev:ping():expect {} -- how it is answered: MSG-001
  end,
}

case {
  id = "MSG-211", rev = 1, level = "MUST", refs = { "MSG-09", "rfc7252/5.3.2" }, bindings = { "coap" },
  title = "answers come from where the request went, separate ones too",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04", source = "same" }
    dev:post("/v1/state", { query = { ct = 3 } }):expect { code = "2.04", source = "same" }
    dev:post("/v1/state", { type = "NON" }):expect { code = "2.04", source = "same" }
  end,
}

case {
  id = "MSG-212", rev = 1, level = "MUST", refs = { "MSG-09", "rfc7252/9.1.2" },
  bindings = { "coaps-psk", "coaps-x509" },
  title = "in DTLS the answer of a wait comes in the session of its request",
  run = function(c)
    local dev = c:device()
    local twin = dev:twin()
    twin:post("/v1/other"):expect { code = "2.04" }
    dev:post("/v1/state", { query = { ct = 3 } }):expect { code = "2.04" }
    twin:expect_silence {}
  end,
}

case {
  id = "MSG-213", rev = 1, level = "MUST", refs = { "MSG-01", "rfc7252/4.7" },
  title = "several requests of one device at once get each its own answer",
  run = function(c)
    local dev = c:device()
    local posts = {}
    for i = 1, 8 do
      posts[i] = dev:start_post(i % 2 == 0 and "/v1/state" or "/v2/state", { payload = "n" .. i })
    end
    for i, post in ipairs(posts) do
      post:expect { class = i % 2 == 0 and 2 or 4 }
    end
  end,
}

case {
  id = "MSG-214", rev = 1, level = "INFO", refs = { "MSG-12", "rfc7252/4.4", "rfc7252/11.3" },
  title = "how the endpoint chooses its message ids",
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { type = "NON" })
    local first = post:expect { code = "2.04" }
    c:observe(("a NON response has %s message id"):format(first.mid == post.mid and "the request's" or "its own"))
    local second = dev:post("/v1/state", { type = "NON" }):expect { code = "2.04" }
    c:observe(("the next one is %d further"):format((second.mid - first.mid) & 0xffff))
  end,
}
