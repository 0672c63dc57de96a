-- Block2: commands that come in blocks. BLK-05. RFC 7959 2.4.

local function waiting(c, dev, opts)
  opts = opts or {}
  opts.query = { ct = 15 }
  local post = dev:start_post("/v1/state", opts)
  c:await_event { device = dev.name, subject = "state" }
  return post
end

case {
  id = "BLK-101", rev = 1, level = "MUST", refs = { "BLK-05", "CMD-14", "rfc7959/2.4" },
  needs = { "block2", "commands" },
  maps = { "TD_COAP_BLOCK_02" },
  title = "a command that needs several blocks arrives whole",
  kills = { { mutant = "block2-without-more", field = "payload" } },
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    local payload = c:bytes(5000)
    c:command(dev, "firmware", { payload = payload, content_type = "application/octet-stream" })
    post:expect { code = "2.05", payload = payload, options = { [4210] = "firmware" } }
    c:expect_no_more_events()
  end,
}

case {
  id = "BLK-102", rev = 1, level = "MUST", refs = { "BLK-05", "rfc7959/2.4" }, needs = { "block2", "commands" },
  maps = { "TD_COAP_BLOCK_01", "TD_COAP_BLOCK_06" },
  title = "the blocks are of the size that the device asked for, or smaller",
  run = function(c)
    local dev = c:device()
    for _, szx in t.each { 0, 2, 5 } do
      local post = waiting(c, dev, { options = { [23] = t.block(0, false, szx) } })
      local payload = c:bytes(300)
      c:command(dev, "text", { payload = payload, content_type = "application/octet-stream" })
      local answer = post:expect { code = "2.05", payload = payload }
      local first = (post.fragments and post.fragments[1] or answer)
      for _, option in ipairs(first.options) do
        if option.number == 23 then
          c:expect("options.23", (#option.value > 0 and option.value:byte(-1) or 0) & 7, t.range(0, szx))
        end
      end
    end
  end,
}

case {
  id = "BLK-103", rev = 1, level = "MUST", refs = { "BLK-05", "URL-10", "rfc7959/2.4" }, needs = { "block2" },
  title = "a request for a later block publishes nothing",
  kills = { { mutant = "block2-publishes", field = "events" } },
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [23] = t.block(1, false, 2) }, payload = "x" })
    c:expect_no_events { by = dev }
  end,
}

case {
  id = "BLK-104", rev = 1, level = "MUST", refs = { "BLK-05", "CMD-07", "rfc7959/2.4" },
  needs = { "block2", "commands" },
  title = "a command that came in blocks does not come again",
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    local payload = c:bytes(3000)
    c:command(dev, "once", { payload = payload, content_type = "application/octet-stream" })
    post:expect { code = "2.05", payload = payload }
    dev:post("/v1/state", { query = { ct = 1 } }):expect { code = "2.04", options = { [4210] = t.none } }
  end,
}

case {
  id = "BLK-105", rev = 1, level = "MUST", refs = { "BLK-05", "rfc7959/2.4" }, needs = { "block2", "commands" },
  title = "the blocks of a command should carry an ETag, and carry the same in all",
  run = function(c)
    local dev = c:device()
    local post = waiting(c, dev)
    c:command(dev, "tagged", { payload = c:bytes(3000), content_type = "application/octet-stream" })
    local answer = post:expect { code = "2.05", options = { [4] = t.should(t.any) } }
    local etag
    for _, fragment in ipairs(post.fragments or { answer }) do
      for _, option in ipairs(fragment.options) do
        if option.number == 4 then
          etag = etag or option.value
          c:expect("options.4", option.value, etag)
        end
      end
    end
  end,
}

case {
  id = "BLK-106", rev = 1, level = "MUST", refs = { "BLK-05", "BLK-06", "AUTH-13" }, needs = { "block2", "commands" },
  title = "a later block of a command is not given to another device",
  run = function(c)
    local dev, other = c:device(), c:device()
    local post = waiting(c, dev, { block2 = false })
    c:command(dev, "secret", { payload = ("s"):rep(3000), content_type = "application/octet-stream" })
    post:expect { code = "2.05" }
    other:post("/v1/state", { query = { ct = 15 }, options = { [23] = t.block(1, false, 6) }, timeout = "20 s" })
      :expect { class = t.one_of { 2, 4 }, payload = t.not_(t.contains "sss") }
  end,
}

case {
  id = "BLK-107", rev = 1, level = "MUST", refs = { "BLK-05", "BLK-01", "rfc7959/3.3" },
  needs = { "block1", "block2", "commands" }, maps = { "TD_COAP_BLOCK_05" },
  title = "an upload in blocks may be answered by a command in blocks",
  run = function(c)
    local dev = c:device()
    local A, up, down = ("A"):rep(64), { ct = 15 }, c:bytes(2500)
    dev:post("/v1/state", { options = { [27] = t.block(0, true, 2) }, payload = A, query = up })
      :expect { code = "2.31" }
    local last = dev:start_post("/v1/state", { options = { [27] = t.block(1, false, 2) }, payload = "end", query = up })
    c:await_event { device = dev.name, data = A .. "end" }
    c:command(dev, "large", { payload = down, content_type = "application/octet-stream" })
    last:expect { code = "2.05", payload = down }
  end,
}

case {
  id = "BLK-108", rev = 1, level = "MUST", refs = { "BLK-05", "RSP-01" }, needs = { "block2" },
  title = "a publish that asks for small blocks of its answer is accepted",
  run = function(c)
    local dev = c:device()
    dev:post("/v1/state", { options = { [23] = t.block(0, false, 0) }, payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, data = "x" }
    c:expect_no_more_events { by = dev }
  end,
}
