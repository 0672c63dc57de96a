-- Block1: publishes that come in blocks. BLK-01 to BLK-04, BLK-06. RFC 7959.

local REQUEST_TAG = 292 -- RFC 9175 3

-- One block of an upload.
local function block(dev, num, more, payload, opts)
  opts = opts or {}
  local options = opts.options or {}
  options[27] = t.block(num, more, opts.szx or 0)
  return dev:post(opts.path or "/v1/state", { options = options, payload = payload, format = opts.format,
                                              query = opts.query })
end

local A, B = ("A"):rep(16), ("B"):rep(16)

case {
  id = "BLK-001", rev = 1, level = "MUST", refs = { "BLK-01", "rfc7959/2.5" }, needs = { "block1" },
  maps = { "TD_COAP_BLOCK_04" },
  title = "a publish that comes in blocks is one event",
  kills = { { mutant = "each-block-an-event", field = "event.data" } },
  run = function(c)
    local dev = c:device()
    local payload = c:bytes(1000)
    dev:post("/v1/state", { payload = payload, format = 42, block1 = 64 }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = payload }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "BLK-002", rev = 1, level = "MUST", refs = { "BLK-01", "rfc7959/2.5", "rfc7959/2.9.1" }, needs = { "block1" },
  title = "each block but the last is answered 2.31 with its number, the last 2.04",
  kills = { { mutant = "block-continue-changed", field = "code" } },
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, A):expect { code = "2.31", options = { [27] = t.block(0, true, 0) } }
    block(dev, 1, true, B):expect { code = "2.31", options = { [27] = t.block(1, true, 0) } }
    block(dev, 2, false, "end"):expect { code = "2.04", options = { [27] = t.block(2, false, 0) } }
    c:await_event { device = dev.name, data = A .. B .. "end" }
    c:expect_no_more_events { by = dev }
  end,
}

local sizes = {
  { id = "BLK-003", size = 16, n = 333, maps = { "TD_COAP_BLOCK_06" } },
  { id = "BLK-004", size = 512, n = 5000 },
  { id = "BLK-005", size = 1024, n = 65000 },
}

for _, row in ipairs(sizes) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "BLK-01", "EVT-07", "rfc7959/2.2" }, needs = { "block1" },
    maps = row.maps,
    title = ("%d bytes in blocks of %d arrive byte for byte"):format(row.n, row.size),
    run = function(c)
      local dev = c:device()
      local payload = c:bytes(row.n)
      dev:post("/v1/state", { payload = payload, format = 42, block1 = row.size }):expect { code = "2.04" }
      c:await_event { device = dev.name, data = payload }
    end,
  }
end

case {
  id = "BLK-006", rev = 1, level = "MUST", refs = { "BLK-01", "rfc7959/2.5" }, needs = { "block1" },
  title = "an upload that fills its last block is whole",
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, A):expect { code = "2.31" }
    block(dev, 1, false, B):expect { code = "2.04" }
    c:await_event { device = dev.name, data = A .. B }
  end,
}

case {
  id = "BLK-007", rev = 1, level = "MUST", refs = { "BLK-01", "rfc7959/2.5" }, needs = { "block1" },
  title = "a single block that is the last one is a plain publish",
  run = function(c)
    local dev = c:device()
    block(dev, 0, false, "alone"):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "alone" }
  end,
}

case {
  id = "BLK-008", rev = 1, level = "MUST", refs = { "BLK-02", "rfc7959/2.5", "rfc7959/2.9.2" }, needs = { "block1" },
  title = "a block that is missing at the last one is answered 4.08, and nothing is published",
  kills = { { mutant = "missing-block-accepted", field = "code" } },
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, A):expect { code = "2.31" }
    block(dev, 2, false, "end"):expect { code = "4.08", payload = t.should(t.text) }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-009", rev = 1, level = "MUST", refs = { "BLK-02", "rfc7959/2.5" }, needs = { "block1" },
  title = "an upload without its first block is answered 4.08, and nothing is published",
  run = function(c)
    local dev = c:device()
    block(dev, 3, false, "end"):expect { code = "4.08" }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-010", rev = 1, level = "MUST", refs = { "BLK-02", "rfc7959/2.5" }, needs = { "block1" },
  title = "blocks of different Content-Formats are not joined",
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, A, { format = 0 }):expect { code = "2.31" }
    block(dev, 1, false, "end", { format = 42 }):expect { code = "4.08" }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-011", rev = 1, level = "MUST", refs = { "BLK-02", "EVT-07", "rfc7959/2.9.3" }, needs = { "block1" },
  bindings = { "coap" }, timeout = "2 min",
  title = "an upload beyond the limit is refused 4.13, and nothing is published",
  kills = { { mutant = "too-large-accepted", field = "code" } },
  run = function(c)
    local limit = c:parameter "MAX_PAYLOAD"
    if not limit then
      c:inconclusive "the target file states no MAX_PAYLOAD"
    end
    local dev = c:device()
    dev:post("/v1/state", { payload = ("x"):rep(math.floor(limit) + 1), format = 42, block1 = 1024 })
      :expect { code = "4.13", payload = t.should(t.text), options = { [60] = t.should(t.any) } }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-012", rev = 1, level = "MUST", refs = { "BLK-02", "rfc7959/2.2" }, needs = { "block1" },
  title = "the reserved block size is refused 4.00",
  kills = { { mutant = "block-size-7-accepted", field = "code" } },
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, ("x"):rep(1024), { szx = 7 }):expect { code = t.one_of { "4.00", "4.02" } }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-013", rev = 1, level = "MUST", refs = { "BLK-02", "rfc7959/2.3", "rfc7959/2.5" }, needs = { "block1" },
  title = "a client may go on with smaller blocks",
  run = function(c)
    local dev = c:device()
    local first = c:bytes(64)
    block(dev, 0, true, first, { szx = 2 }):expect { code = "2.31" }
    block(dev, 4, true, A):expect { code = "2.31" }
    block(dev, 5, false, "end"):expect { code = "2.04" }
    c:await_event { device = dev.name, data = first .. A .. "end" }
  end,
}

case {
  id = "BLK-014", rev = 1, level = "MUST", refs = { "BLK-02", "rfc7959/2.2" }, needs = { "block1" },
  title = "a block that is not of its size is refused, and nothing is published",
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, "short"):expect { code = t.one_of { "4.00", "4.08" } }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-015", rev = 1, level = "MUST", refs = { "BLK-01", "MSG-02", "rfc7959/2.5" }, needs = { "block1" },
  title = "an upload whose answers are lost is one event still",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/warm-up"):expect { code = "2.04" }
    c:await_event { device = dev.name, subject = "warm-up" }
    dev.link:drop { to = "device", count = 1, skip = 1 }
    local payload = c:bytes(100)
    dev:post("/v1/state", { payload = payload, format = 42, block1 = 32 }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = payload }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "BLK-016", rev = 1, level = "MUST", refs = { "BLK-01", "rfc7959/2.5" }, needs = { "block1" },
  title = "an upload that begins again replaces the unfinished one",
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, A):expect { code = "2.31" }
    block(dev, 0, true, B):expect { code = "2.31" }
    block(dev, 1, false, "end"):expect { code = "2.04" }
    c:await_event { device = dev.name, data = B .. "end" }
    c:expect_no_more_events { by = dev }
  end,
}

case {
  id = "BLK-017", rev = 1, level = "MUST", refs = { "BLK-01", "CMD-02", "rfc7959/2.5" },
  needs = { "block1", "commands" },
  title = "an upload may wait for a command",
  run = function(c)
    local dev = c:device()
    local query = { ct = 15 }
    block(dev, 0, true, A, { query = query }):expect { code = "2.31", within = "3 s" }
    local last = dev:start_post("/v1/state", { options = { [27] = t.block(1, false, 0) }, payload = "end",
                                               query = query })
    c:await_event { device = dev.name, data = A .. "end" }
    c:command(dev, "go", { payload = "x" })
    last:expect { code = "2.05", payload = "x", options = { [4210] = "go" }, within = "8 s" }
  end,
}

case {
  id = "BLK-021", rev = 1, level = "MUST", refs = { "BLK-03", "rfc7252/5.4.1", "rfc7959/2.1" },
  title = "an endpoint without Block1 refuses fragments", probes = { "block1" },
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, A):expect { code = t.one_of { "4.02", "4.13" } }
    block(dev, 1, false, "end"):expect { code = t.one_of { "4.02", "4.13" } }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-022", rev = 1, level = "MUST", refs = { "BLK-03", "rfc7252/5.4.1", "rfc7959/2.1" },
  title = "an endpoint without Block2 refuses the option", probes = { "block2" },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [23] = t.block(1, false, 2) } }):expect { code = "4.02" }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-031", rev = 1, level = "MUST", refs = { "BLK-04", "rfc7959/2.5" }, needs = { "block1" },
  title = "uploads of two devices side by side are not mixed",
  run = function(c)
    local one, two = c:device(), c:device()
    block(one, 0, true, A):expect { code = "2.31" }
    block(two, 0, true, B):expect { code = "2.31" }
    block(one, 1, false, "a"):expect { code = "2.04" }
    block(two, 1, false, "b"):expect { code = "2.04" }
    c:await_event { device = one.name, data = A .. "a" }
    c:await_event { device = two.name, data = B .. "b" }
  end,
}

-- Two uploads of one device, the second begun before the first has ended: both, one, or none; never mixed.
local function side_by_side(c, dev, first, second)
  block(dev, 0, true, A, first()):expect { code = t.one_of { "2.31", "5.03" } }
  block(dev, 0, true, B, second()):expect { code = t.one_of { "2.31", "5.03" } }
  local rows = { { opts = first(), tail = "a", whole = A .. "a" }, { opts = second(), tail = "b", whole = B .. "b" } }
  for _, row in ipairs(rows) do
    local post = block(dev, 1, false, row.tail, row.opts)
    if post.response and post.response.code == "2.04" then
      c:await_event { device = dev.name, data = row.whole }
    end
    post:expect { code = t.one_of { "2.04", "4.08", "5.03" } }
  end
  c:expect_no_more_events { by = dev }
end

case {
  id = "BLK-032", rev = 1, level = "MUST", refs = { "BLK-04", "rfc9175/3.3" }, needs = { "block1" },
  title = "uploads of one device with different Request-Tags are not mixed",
  kills = { { mutant = "request-tag-ignored", field = "event.data" } },
  run = function(c)
    side_by_side(c, c:device(), function() return { options = { [REQUEST_TAG] = "1" } } end,
                 function() return { options = { [REQUEST_TAG] = "2" } } end)
  end,
}

case {
  id = "BLK-033", rev = 1, level = "MUST", refs = { "BLK-04", "rfc7959/2.5" }, needs = { "block1" },
  title = "uploads of one device with different queries are not mixed",
  run = function(c)
    side_by_side(c, c:device(), function() return { query = { "data_schema=urn:a" } } end,
                 function() return { query = { "data_schema=urn:b" } } end)
  end,
}

case {
  id = "BLK-034", rev = 1, level = "MUST", refs = { "BLK-04", "rfc7959/2.5" }, needs = { "block1" },
  title = "uploads of one device to different channels are not mixed",
  run = function(c)
    side_by_side(c, c:device(), function() return { path = "/v1/a" } end, function() return { path = "/v1/b" } end)
  end,
}

case {
  id = "BLK-041", rev = 1, level = "MUST", refs = { "BLK-06", "rfc7959/7" }, needs = { "block1" },
  title = "a block of another device never joins an upload",
  kills = { { mutant = "blocks-of-anybody-join", field = "code" } },
  run = function(c)
    local dev = c:device()
    local own = { path = "/v1/" .. dev.name } -- where no other case's blocks are
    block(dev, 0, true, A, own):expect { code = "2.31" }
    for _ = 1, 4 do -- some of them meet the thread that has the first block
      local other = c:device()
      block(other, 1, false, "stolen", own):expect { code = "4.08" }
      c:expect_no_events { by = other }
    end
  end,
}

case {
  id = "BLK-042", rev = 1, level = "MUST", refs = { "BLK-06", "AUTH-10", "rfc7959/7" }, needs = { "block1" },
  bindings = { "coap" },
  title = "a block without credentials is refused, and is no part of the upload",
  run = function(c)
    local dev = c:device()
    block(dev, 0, true, A):expect { code = "2.31" }
    dev:post("/v1/state", { options = { [27] = t.block(1, false, 0) }, payload = "end", authorization = false })
      :expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-043", rev = 1, level = "MUST", refs = { "BLK-06", "AUTH-10", "rfc7959/7" }, needs = { "block1" },
  bindings = { "coap" },
  title = "an upload without credentials is refused",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [27] = t.block(0, true, 0) }, payload = A, authorization = false })
      :expect { code = t.one_of { "4.01", "4.03" }, reason = true }
    c:expect_no_events { by = dev }
  end,
}
