-- The target is killed (SIGKILL) and started again. ROB-05. Only where the suite starts the target itself.

local function need_durable(c)
  if not c.target.durable then c:inconclusive("the target file does not claim durable = true") end
end

-- After the restart: each acknowledged publish has its event, no refused one has. One without an answer may have.
local function expect_kept(c, dev, posts)
  local refused = {}
  for _, post in ipairs(posts) do
    local answer = post.response
    if answer and answer.code:sub(1, 1) == "2" then
      c:await_event { device = dev.name, data = post.payload, within = "2 * EVENT_TIMEOUT" }
    elseif answer then
      refused[post.payload] = answer.code_text
    end
  end
  dev:expect_alive()
  c:wait("EVENT_SETTLE")
  for _, event in ipairs(c:events()) do
    if refused[event.data] then
      c:fail("an event of a publish that was refused before the restart",
             { field = "events", expected = "no event, as the answer was " .. refused[event.data], got = event.data })
    end
  end
end

case {
  id = "ROB-009", rev = 1, level = "MUST", refs = { "ROB-05", "RSP-02" }, impact = "restart", exclusive = true,
  title = "kill -9 amid a burst loses no acknowledged event, and none that was refused appears",
  kills = { { mutant = "written-late", field = "event", target = "reference-file" } },
  run = function(c)
    need_durable(c)
    local dev = c:device()
    dev:expect_alive()
    local posts = {}
    for i = 1, 60 do
      local broken = i % 3 == 0 -- declared as JSON, and is none
      posts[i] = dev:start_post("/v1/state", { payload = (broken and "{n%d" or "n%d"):format(i),
                                               format = broken and 50 or 0, retransmit = false, again = false })
    end
    posts[1]:expect { code = "2.04" }
    c:restart()
    expect_kept(c, dev, posts)
  end,
}

case {
  id = "ROB-010", rev = 1, level = "MUST", refs = { "ROB-05", "RSP-05" }, impact = "restart", exclusive = true,
  bindings = { "coap" },
  title = "kill -9 while the event sink is down loses no acknowledged event, and none that was refused appears",
  kills = { { mutant = "answered-before-commit", field = "event" } },
  run = function(c)
    need_durable(c)
    local dev = c:device()
    dev:expect_alive()
    c:sink(503)
    local answered = dev:post("/v1/state", { payload = "answered", timeout = "60 s", again = false })
    answered:expect { class = t.one_of { 2, 5 } }
    local open = dev:start_post("/v1/state", { payload = "open", retransmit = false, again = false })
    open:expect_ack { within = "ACK_TIMEOUT", optional = true }
    c:restart()
    c:sink(0)
    expect_kept(c, dev, { answered, open })
  end,
}
