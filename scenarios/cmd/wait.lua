-- Waiting for a command, and what comes when none does. CMD-01, CMD-03, CMD-10 to CMD-12, CMD-15.

case {
  id = "CMD-001", rev = 1, level = "MUST", refs = { "CMD-01" }, timing = true,
  title = "without a command the answer is 2.04 after ct seconds",
  kills = { { mutant = "ct-ignored", field = "between" }, { mutant = "ct-halved", field = "between" },
            { mutant = "ct-late", field = "between" } },
  run = function(c)
    local dev = c:device()
    for _, ct in t.each { 1, 3 } do
      dev:post("/v1/state", { query = { ct = ct } })
        :expect { code = "2.04", payload = t.should(t.empty), options = { [4210] = t.none },
                  between = { ct - 0.1, ct + 1 } }
    end
  end,
}

case {
  id = "CMD-002", rev = 1, level = "MUST", refs = { "CMD-02", "rfc7252/5.2.2" },
  maps = { "TD_COAP_CORE_09", "TP_CoAP_MessageFormat_Header_Code_Content" }, needs = { "commands" },
  title = "a command sent inside the wait ends it with 2.05 and option 4210",
  kills = { { mutant = "command-waits-full-ct", field = "within" },
            { mutant = "option-4210-missing", field = "options.4210" },
            { mutant = "command-in-option-4211", field = "options.4210" },
            { mutant = "command-code-changed", field = "code" },
            { mutant = "command-name-changed", field = "options.4210" } },
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { query = { ct = 15 } })
    c:await_event { device = dev.name, subject = "state" }
    c:command(dev, "set-temp", { payload = "20" })
    post:expect { code = "2.05", payload = "20", options = { [4210] = "set-temp" }, within = "5 s" }
    c:expect_no_more_events()
  end,
}

case {
  id = "CMD-003", rev = 1, level = "MUST", refs = { "CMD-03" },
  title = "without ct, or with ct=0, the answer comes at once and has no option 4210",
  kills = { { mutant = "ct-zero-waits", field = "within" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04", within = "3 s", options = { [4210] = t.none } }
    dev:post("/v1/state", { query = { ct = 0 } })
      :expect { code = "2.04", within = "3 s", options = { [4210] = t.none } }
  end,
}

case {
  id = "CMD-004", rev = 1, level = "MUST", refs = { "CMD-03", "CMD-05" }, needs = { "commands" },
  title = "a command for a device that does not wait is not kept for its next request",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04" }
    c:command(dev, "too-early", { payload = "1" })
    c:wait("COMMAND_SETTLE")
    dev:post("/v1/state"):expect { code = "2.04", options = { [4210] = t.none } }
    dev:post("/v1/state", { query = { ct = 1 } }):expect { code = "2.04", options = { [4210] = t.none } }
  end,
}

case {
  id = "CMD-005", rev = 1, level = "MUST", refs = { "CMD-05" }, needs = { "commands" },
  title = "a command sent after the wait has ended is not delivered later",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { query = { ct = 1 } }):expect { code = "2.04" }
    c:command(dev, "too-late", { payload = "1" })
    c:wait("COMMAND_SETTLE")
    dev:post("/v1/state", { query = { ct = 1 } }):expect { code = "2.04", options = { [4210] = t.none } }
  end,
}

case {
  id = "CMD-006", rev = 1, level = "SHOULD", refs = { "CMD-10", "rfc7252/5.2.2", "rfc7252/4.8.2" },
  maps = { "TD_COAP_CORE_09", "TP_CoAP_Server_Separate_Response_POST_001" },
  title = "a CON that waits longer than ACK_TIMEOUT is acknowledged before that, and answered separately",
  kills = { { mutant = "empty-ack-missing", field = "ack" }, { mutant = "ack-late", field = "ack" } },
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { query = { ct = 4 } })
    post:expect_ack { within = "ACK_TIMEOUT" }
    post:expect { code = "2.04", type = t.one_of { "CON", "NON" }, transmissions = 1 }
  end,
}

case {
  id = "CMD-007", rev = 1, level = "SHOULD", refs = { "CMD-11", "rfc7252/5.2.1" },
  title = "a quick answer is piggy-backed",
  kills = { { mutant = "empty-ack-always", field = "type" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state"):expect { code = "2.04", type = "ACK", mid = t.same }
    dev:post("/v2/state"):expect { class = 4, type = "ACK", mid = t.same }
  end,
}

case {
  id = "CMD-008", rev = 1, level = "MUST", refs = { "CMD-12", "rfc7252/4.3", "rfc7252/5.2.3" },
  maps = { "TD_COAP_CORE_17" },
  title = "a NON that waits gets no ACK, and one response",
  kills = { { mutant = "non-acknowledged-too", field = "copies" } },
  run = function(c)
    local dev = c:device()
    local post = dev:post("/v1/state", { type = "NON", query = { ct = 3 } })
    post:expect { code = "2.04", type = t.one_of { "NON", "CON" }, between = { 2.9, 4 } }
    c:expect("copies", #post:copies(), 1)
  end,
}

case {
  id = "CMD-009", rev = 1, level = "MUST", refs = { "CMD-12", "CMD-02" }, needs = { "commands" },
  title = "a NON that waits receives a command",
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { type = "NON", query = { ct = 15 } })
    c:await_event { device = dev.name }
    c:command(dev, "wake", { payload = "up" })
    post:expect { code = "2.05", type = t.one_of { "NON", "CON" }, payload = "up", options = { [4210] = "wake" },
                  within = "5 s" }
  end,
}

case {
  id = "CMD-010", rev = 1, level = "SHOULD", refs = { "CMD-15" },
  title = "a ct beyond the target's cap is shortened or refused, and the device stays served",
  run = function(c)
    local dev = c:device()
    local post = dev:start_post("/v1/state", { query = { ct = 4000000000 } })
    c:wait("1 s")
    if post.response then
      post:expect { code = "4.00", reason = true }
    end
    dev:post("/v1/state"):expect { code = "2.04" }
    dev:post("/v1/state", { query = { ct = 1 } }):expect { code = "2.04" }
  end,
}

case {
  id = "CMD-011", rev = 1, level = "SHOULD", refs = { "CMD-13", "rfc7252/4.7" }, needs = { "commands" },
  title = "a waiting device that publishes meanwhile is answered at once, and its wait goes on",
  run = function(c)
    local dev = c:device()
    local waiting = dev:start_post("/v1/state", { query = { ct = 15 } })
    c:await_event { device = dev.name, subject = "state" }
    dev:post("/v1/other", { payload = "x" }):expect { code = "2.04", within = "3 s" }
    c:command(dev, "wake", { payload = "up" })
    waiting:expect { code = "2.05", payload = "up", options = { [4210] = "wake" }, within = "8 s" }
  end,
}

case {
  id = "CMD-012", rev = 1, level = "MUST", refs = { "CMD-12", "CMD-10", "MSG-01", "rfc7252/5.3.1" },
  maps = { "TD_COAP_CORE_11" },
  title = "the token of a request that waits comes back in its response",
  run = function(c)
    local dev = c:device()
    for _, n in t.each { 0, 1, 8 } do
      dev:post("/v1/state", { query = { ct = 2 }, token = c:token(n) }):expect { code = "2.04", token = t.same }
    end
  end,
}
