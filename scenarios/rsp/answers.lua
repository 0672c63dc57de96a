-- What success and refusal look like. RSP-01 to RSP-03.

case {
  id = "RSP-001", rev = 1, level = "MUST", refs = { "RSP-01", "rfc7252/5.9.1.4" },
  maps = { "TP_CoAP_MessageFormat_Header_Code_Changed" },
  title = "a successful publish is answered 2.04",
  kills = { { mutant = "created-for-changed", field = "code" } },
  run = function(c)
    c:device():post("/v1/state", { payload = "x" }):expect { code = "2.04" }
  end,
}

case {
  id = "RSP-002", rev = 1, level = "MUST", refs = { "RSP-01" },
  title = "the answer to a successful publish has no payload and no Content-Format",
  kills = { { mutant = "changed-with-payload", field = "payload" } },
  run = function(c)
    c:device():post("/v1/state", { payload = "x" })
      :expect { code = "2.04", payload = t.should(t.empty), options = { [12] = t.should(t.none) } }
  end,
}

case {
  id = "RSP-003", rev = 1, level = "MUST", refs = { "RSP-02", "rfc7252/5.5.2" },
  title = "a refusal carries its reason",
  kills = { { mutant = "refusal-without-reason", field = "reason" } },
  run = function(c)
    c:device():post("/v2/state"):expect { class = 4, reason = true }
  end,
}

case {
  id = "RSP-004", rev = 1, level = "MUST", refs = { "RSP-02", "rfc7252/5.5.2" },
  title = "a reason has no Content-Format",
  kills = { { mutant = "refusal-with-content-format", field = "reason" } },
  run = function(c)
    c:device():post("/v1/state", { query = { ct = "x" }, payload = "x" }):expect { class = 4, reason = true }
  end,
}

case {
  id = "RSP-005", rev = 1, level = "MUST", refs = { "RSP-02" },
  title = "a reason is never a copy of the request's payload",
  kills = { { mutant = "refusal-echoes-payload", field = "reason" } },
  run = function(c)
    c:device():post("/v1/state", { payload = "no JSON at all", format = 50 }):expect { class = 4, reason = true }
  end,
}

case {
  id = "RSP-006", rev = 1, level = "MUST", refs = { "RSP-02", "rfc7252/5.5.2" },
  title = "answers to bad options and bad methods should carry a reason too",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [65001] = "x" } }):expect { code = "4.02", payload = t.should(t.text) }
    dev:request("0.08", "/v1/state"):expect { class = t.one_of { 4, 5 }, payload = t.should(t.text) }
  end,
}

case {
  id = "RSP-007", rev = 1, level = "MUST", refs = { "RSP-03", "RSP-02" },
  title = "a payload that is declared as JSON and is none is refused",
  kills = { { mutant = "json-unchecked", field = "code" } },
  run = function(c)
    local dev = c:device()
    for _, payload in t.each { "{", "nope", "{\"a\":1,}", "[1 2]", "\"\xff\"", "", "1 1", "01" } do
      dev:post("/v1/state", { payload = payload, format = 50 })
        :expect { code = t.one_of { "4.06", "4.00", "4.15", "4.22" }, reason = true }
    end
  end,
}

case {
  id = "RSP-008", rev = 1, level = "MUST", refs = { "RSP-03", "EVT-01" },
  title = "a refused payload is not published",
  kills = { { mutant = "event-on-refusal", field = "events" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { payload = "{", format = 50 }):expect { class = 4 }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "RSP-009", rev = 1, level = "MUST", refs = { "RSP-03", "EVT-05" },
  title = "a payload declared as +json that is no JSON is refused",
  run = function(c)
    local dev = c:device()
    for _, format in t.each { 110, 52 } do
      dev:post("/v1/state", { payload = "{\"a\"", format = format })
        :expect { code = t.one_of { "4.06", "4.00", "4.15", "4.22" }, reason = true }
    end
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "RSP-010", rev = 1, level = "MUST", refs = { "RSP-02", "CMD-01" },
  title = "a refusal does not wait for commands",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { query = { ct = 8 }, payload = "{", format = 50 }):expect { class = 4, within = "3 s" }
  end,
}
