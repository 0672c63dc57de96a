-- Payloads: their type, and that they survive. EVT-05 to EVT-07.

local formats = {
  { id = "EVT-101", format = 0, type = { "text/plain", "text/plain;charset=utf-8", "text/plain; charset=utf-8" } },
  { id = "EVT-102", format = 40, type = { "application/link-format" } },
  { id = "EVT-103", format = 41, type = { "application/xml" } },
  { id = "EVT-104", format = 42, type = { "application/octet-stream" } },
  { id = "EVT-105", format = 47, type = { "application/exi" } },
  { id = "EVT-106", format = 50, type = { "application/json" }, payload = "[1]", data = { 1 } },
  { id = "EVT-107", format = 60, type = { "application/cbor" }, payload = "\x83\x01\x02\x03" },
  { id = "EVT-108", format = 110, type = { "application/senml+json", "application/json" }, payload = "[{}]" },
  { id = "EVT-109", format = 112, type = { "application/senml+cbor" }, payload = "\x81\xa0" },
}

for _, row in ipairs(formats) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "EVT-05", "rfc7252/5.5.1", "rfc7252/5.10.3" },
    maps = { "TP_CoAP_Server_Options_ContentFormat_001" },
    title = ("Content-Format %d becomes datacontenttype %s"):format(row.format, row.type[1]),
    kills = row.format == 41 and { { mutant = "content-format-ignored", field = "event.datacontenttype" } } or nil,
    run = function(c)
      local dev = c:device()
      local payload = row.payload or "<a/>"
      local answer = dev:post("/v1/state", { payload = payload, format = row.format })
        :expect { code = t.one_of { "2.04", "4.15" } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, datacontenttype = t.one_of(row.type),
                        data = row.payload and t.any or payload }
      end
    end,
  }
end

case {
  id = "EVT-111", rev = 1, level = "MUST", refs = { "EVT-05", "rfc7252/5.5.1" },
  maps = { "TP_CoAP_Server_Options_ContentFormat_002" },
  title = "without Content-Format a payload that parses as JSON is JSON",
  run = function(c)
    local dev = c:device()
    for _, payload in t.each { '{"temp":21.5}', "[1,2]", "42", "true", '"x"', "null" } do
      dev:post("/v1/state", { payload = payload }):expect { code = "2.04" }
      c:await_event { device = dev.name, datacontenttype = "application/json", data = t.any }
    end
  end,
}

case {
  id = "EVT-112", rev = 1, level = "MUST", refs = { "EVT-05", "EVT-06" },
  title = "without Content-Format any other payload is octets",
  run = function(c)
    local dev = c:device()
    for _, payload in t.each { "hello", "{", "\0\1\2\xff", "21,5" } do
      dev:post("/v1/state", { payload = payload }):expect { code = "2.04" }
      c:await_event { device = dev.name, datacontenttype = "application/octet-stream", data = payload }
    end
  end,
}

case {
  id = "EVT-113", rev = 1, level = "MUST", refs = { "EVT-05" },
  title = "a Content-Format that nobody knows is published as octets or JSON, or refused 4.15",
  run = function(c)
    local dev = c:device()
    for _, format in t.each { 64999, 65000 } do
      local answer = dev:post("/v1/state", { payload = "x y", format = format })
        :expect { code = t.one_of { "2.04", "4.15" } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, data = "x y" }
      end
    end
  end,
}

case {
  id = "EVT-114", rev = 1, level = "MUST", refs = { "EVT-06" },
  title = "JSON arrives as the same JSON value",
  kills = { { mutant = "json-as-binary", field = "event.data_kind" } },
  run = function(c)
    local dev = c:device()
    local payload = '{ "temp": 21.5, "tags": [ "a", null, true ], "deep": { "x": {} } }'
    dev:post("/v1/state", { payload = payload, format = 50 }):expect { code = "2.04" }
    local event = c:await_event { device = dev.name, datacontenttype = "application/json",
                                  data = t.json { temp = 21.5, tags = { "a", t.null, true }, deep = { x = {} } } }
    if event.mode == "structured" then
      c:expect("event.data_kind", event.data_kind, "json")
    end
  end,
}

case {
  id = "EVT-115", rev = 1, level = "MUST", refs = { "EVT-06" },
  title = "numbers, escapes and odd strings of JSON keep their value",
  run = function(c)
    local dev = c:device()
    local rows = {
      { name = "large", text = "123456789012345678", value = t.number "123456789012345678" },
      { name = "fraction", text = "0.1", value = t.number "0.1" },
      { name = "exponent", text = "1e3", value = t.number "1e3" },
      { name = "negative", text = "-7", value = -7 },
      { name = "escapes", text = '"\\u00e4\\n\\"\\\\"', value = "ä\n\"\\" },
      { name = "emoji", text = '"🌡"', value = "🌡" },
    }
    for _, row in t.each(rows) do
      dev:post("/v1/state", { payload = '{"v":' .. row.text .. "}", format = 50 }):expect { code = "2.04" }
      c:await_event { device = dev.name, data = t.json { v = row.value } }
    end
  end,
}

case {
  id = "EVT-116", rev = 1, level = "MUST", refs = { "EVT-06" },
  title = "a text stays a text, also when it looks like JSON",
  kills = { { mutant = "text-as-json", field = "event.datacontenttype" } },
  run = function(c)
    local dev = c:device()
    for _, text in t.each { "21.50", "true", "[ 1 ]", "plain", "ä ü" } do
      dev:post("/v1/state", { payload = text, format = 0 }):expect { code = "2.04" }
      local event = c:await_event { device = dev.name, datacontenttype = t.prefix "text/plain", data = text }
      if event.mode == "structured" then
        c:expect("event.data", event.data_kind, t.one_of { "text", "base64" })
      end
    end
  end,
}

case {
  id = "EVT-117", rev = 1, level = "MUST", refs = { "EVT-06" },
  title = "a text that is no UTF-8 arrives byte for byte",
  run = function(c)
    local dev = c:device()
    local answer = dev:post("/v1/state", { payload = "caf\xe9 \xff", format = 0 })
      :expect { code = t.one_of { "2.04", "4.00", "4.15" } }
    if answer.code == "2.04" then
      c:await_event { device = dev.name, data = "caf\xe9 \xff" }
    end
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "EVT-118", rev = 1, level = "MUST", refs = { "EVT-06", "EVT-07" },
  title = "an empty payload gives an event too",
  kills = { { mutant = "empty-payload-unpublished", field = "event" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { payload = "" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = t.empty }
    dev:post("/v1/state", { payload = "", format = 42 }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = t.empty }
    c:expect_no_more_events()
  end,
}

case {
  id = "EVT-119", rev = 1, level = "MUST", refs = { "EVT-07", "rfc7252/4.6" },
  title = "payloads of 1, 1023 and 1024 bytes in one datagram arrive byte for byte",
  kills = { { mutant = "payload-cut", field = "event.data" } },
  run = function(c)
    local dev = c:device()
    for _, n in t.each { 1, 2, 255, 1023, 1024 } do
      local payload = c:bytes(n)
      dev:post("/v1/state", { payload = payload, format = 42 }):expect { code = "2.04" }
      c:await_event { device = dev.name, data = payload }
    end
  end,
}

case {
  id = "EVT-120", rev = 1, level = "MUST", refs = { "EVT-07", "rfc7252/4.6", "rfc7252/5.9.2.9" }, bindings = { "coap" },
  title = "larger payloads in one datagram arrive byte for byte, or are refused 4.13",
  run = function(c)
    local dev = c:device()
    for _, n in t.each { 1025, 1400, 9000, 65000 } do
      local payload = c:bytes(n)
      local answer = dev:post("/v1/state", { payload = payload, format = 42 })
        :expect { code = t.one_of { "2.04", "4.13" } }
      if answer.code == "2.04" then
        c:await_event { device = dev.name, data = payload }
      end
    end
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "EVT-121", rev = 1, level = "MUST", refs = { "EVT-07", "EVT-06" },
  title = "every byte value survives",
  run = function(c)
    local dev = c:device()
    local bytes = {}
    for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
    local payload = table.concat(bytes)
    dev:post("/v1/state", { payload = payload, format = 42 }):expect { code = "2.04" }
    c:await_event { device = dev.name, datacontenttype = "application/octet-stream", data = payload }
  end,
}

case {
  id = "EVT-122", rev = 1, level = "MUST", refs = { "EVT-06" },
  title = "JSON at the top level that is no object arrives as its value",
  run = function(c)
    local dev = c:device()
    local rows = { { name = "number", text = "42", value = 42 }, { name = "text", text = '"x"', value = "x" },
                   { name = "true", text = "true", value = true }, { name = "null", text = "null", value = t.null },
                   { name = "empty list", text = "[]", value = {} } }
    for _, row in t.each(rows) do
      dev:post("/v1/state", { payload = row.text, format = 50 }):expect { code = "2.04" }
      c:await_event { device = dev.name, data = t.json(row.value) }
    end
  end,
}
