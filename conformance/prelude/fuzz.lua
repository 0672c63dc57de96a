-- c:fuzz: datagrams of a grammar, a sanity fence after each batch, and what breaks something made small: a scenario.
local host, P = ...

local case = P.case_class

P.fuzz_fields = P.set "device grammar count batch messages beside shrink"

local sanity = "the target serves nobody any more after what was sent"

-- Message ids of what is made are below; a device that asks for its own never meets them.
local OWN_MIDS, ROUND = 0x8000, 0x7000

local function seed()
  P.fuzz_calls = (P.fuzz_calls or 0) + 1
  return string.unpack("<i8", host.seed()) ~ P.fuzz_calls << 48
end

-- Another socket (and session) of the device.
local function fresh(f)
  local dev = f.device:twin()
  dev.mid = OWN_MIDS + host.random(1):byte()
  return dev
end

local function drop(dev)
  pcall(dev.close, dev)
  for i = #P.devices, 1, -1 do
    if P.devices[i] == dev then table.remove(P.devices, i) end
  end
end

-- How a known-good publish fared: a trouble, or nil. Unlike expect_alive it lets through what came for other messages.
local function publish(dev, field, timeout, expected)
  local post, arrived = P.start_marker(dev, timeout)
  post:await()
  while post.response and post:asks_again() do
    post:do_again((post:asks_again()), select(2, post:asks_again()))
    post:await()
  end
  dev.exchanges = {}
  local answer = post.response
  if not answer or answer.code ~= "2.04" then
    return { verdict = "FAIL", field = field, expected = expected, got = answer and answer.shown or "no answer",
             message = answer, request = not answer and post.record or nil }
  end
  if P.target.observed and not P.wait_until(arrived, host.now() + P.us "EVENT_TIMEOUT") then
    return { verdict = "FAIL", field = field, expected = "the event of an accepted publish",
             got = "none in " .. P.show_us(P.us "EVENT_TIMEOUT"), request = post.record }
  end
end

-- Calls f; what it raised as a trouble.
local function guarded(f)
  local ok, problem = pcall(f)
  if ok then return problem end
  if getmetatable(problem) == P.verdict_meta and problem.verdict == "FAIL" then return problem end
  error(problem, 0)
end

local lawful_errors = { ["5.01"] = true, ["5.03"] = true, ["5.05"] = true } -- method, load or sink, proxy

-- By a key of each message: the message, or false where two have the same.
local function by(sent, key_of)
  local found = {}
  for _, one in ipairs(sent) do
    local key = key_of(one)
    if key then found[key] = found[key] == nil and one end
  end
  return found
end

-- What came for which message; what may be for two is for none.
local function answers_of(dev, sent)
  local by_mid = by(sent, function(one) return one.mid end)
  local by_token = by(sent, function(one) return one.token end)
  local answers = {}
  for _, record in ipairs(dev.inbox) do
    local is_own = record.type == "ACK" or record.type == "RST"
    local one = is_own and by_mid[record.mid] or not is_own and by_token[record.token]
    if one then answers[one] = record end
  end
  dev.inbox = {}
  return answers
end

-- The messages one by one: no server error, and no event of what was refused.
local function judge_answers(dev, sent)
  local answers = answers_of(dev, sent)
  local by_subject = by(sent, function(one) return one.subject end)
  for _, one in ipairs(sent) do
    local answer = answers[one]
    if answer and answer.code:sub(1, 1) == "5" and not lawful_errors[answer.code] then
      return { verdict = "WARN", field = "code", expected = "the sender's error, 4.xx (RFC 7252 5.9.2)",
               got = answer.code_text, message = answer, request = one }
    end
    local event = one.subject and by_subject[one.subject] and P.fuzz_events[one.subject]
    local refused = one.fault and "a message with a format error: " .. one.fault or
      answer and (answer.type == "RST" and "refused by RST" or answer.code:sub(1, 1) == "4" and answer.shown)
    if event and refused then
      return { verdict = "FAIL", field = "events", expected = "no event: " .. refused, got = P.show_event(event),
               message = answer, request = one }
    end
  end
end

-- Events of fuzzed messages, by subject.
local function collect_events(dev)
  P.fuzz_events = {}
  for i = #P.events, 1, -1 do
    local event = P.events[i]
    if event.device == dev.name then
      P.fuzz_events[tostring(event.subject)] = event
      table.remove(P.events, i)
    end
  end
end

local function send_all(f, dev, list)
  local sent = {}
  for i, d in ipairs(list) do
    local bytes = P.datagram_bytes(d, dev.auth == "basic" and dev.authorization or nil)
    if f.beside then
      dev:send_datagram(bytes)
    elseif bytes ~= "" or dev.transport == "coap" then -- a record has content
      local one = dev:transmit(bytes)
      local path = P.option_values(one, 11)
      sent[#sent + 1] = one
      one.subject = path[1] == "v1" and path[2] and path[2]:match("^f%d+$") -- as the grammar names it
    end
    if i % 16 == 0 then P.wait_until(function() return true end, host.now()) end
  end
  return sent
end

-- Sends a batch and asks whether all is well: another device, then the one that sent; the answers; the events.
local function attempt(f, dev, list, timeout)
  local trouble = guarded(function()
    host.expectation()
    local sent = send_all(f, dev, list)
    local trouble = publish(f.good, "served", timeout, "2.04 for a good publish of another session") or
      publish(dev, "alive", timeout, "2.04 for a good publish of the session that sent it")
    if trouble then return trouble end
    collect_events(dev)
    return judge_answers(dev, sent)
  end)
  if trouble and trouble.field == "session" then trouble.field = "alive" end -- seen before or after the next message
  return trouble
end

-- Another good session; where nobody is served the target is started again, if the suite may. False: nothing helps.
local function revive(f)
  drop(f.good)
  f.good = fresh(f)
  if not guarded(function() return publish(f.good, "served", "ACK_TIMEOUT", sanity) end) then return true end
  if not P.about.alone then return false end -- others would be disturbed, again and again
  P.log("step", "suite", "the target serves nobody: it is started again")
  if not pcall(P.call, "restart", {}) then return false end
  for i = #P.devices, 1, -1 do
    if P.devices[i].transport == "coaps" then pcall(P.devices[i].close, P.devices[i]) end
  end
  drop(f.good)
  f.good = fresh(f)
  return not guarded(function() return publish(f.good, "served", "RESPONSE_TIMEOUT", sanity) end)
end

-- Does the list break the same thing, from a session of its own?
local function fails_alone(f, list, trouble)
  if f.is_lost or not revive(f) then
    f.is_lost = true
    return false
  end
  local dev = fresh(f)
  local again = guarded(function() return publish(dev, "before", "RESPONSE_TIMEOUT", sanity) end)
  again = not again and attempt(f, dev, list, "ACK_TIMEOUT")
  drop(dev)
  return again and again.field == trouble.field and again.verdict == trouble.verdict
end

local function size_of(list)
  local bytes = 0
  for _, d in ipairs(list) do bytes = bytes + #P.datagram_bytes(d, "") end
  return ("%d datagram%s of %d B"):format(#list, #list == 1 and "" or "s", bytes)
end

-- The scenario that sends the list and is judged in the same way.
function P.fuzz_scenario(about, list, trouble, beside)
  local refs, lines = {}, {}
  for i, ref in ipairs(about.refs) do refs[i] = ('"%s"'):format(ref) end
  for i, d in ipairs(list) do lines[i] = "      " .. P.datagram_source(d) .. ",\n" end
  local found = ("-- Found by %s (%s, again by: %s):\n-- %s"):format(about.id, about.binding, about.again,
    ("%s expected %s, got %s"):format(trouble.field, trouble.expected, trouble.got):gsub("%c", " "):sub(1, 200))
  return found .. ([[

case {
  id = "%s-%s", rev = 1, level = "%s", refs = { %s },
  bindings = { "%s" }, impact = "malformed", timeout = "2 min",
  title = "what %s has found breaks nothing",
  run = function(c)
    local dev = c:device()
    c:fuzz { device = dev, beside = %s, messages = {
%s    } }
  end,
}]]):format(about.id, about.unique, about.level, table.concat(refs, ", "), about.binding, about.id, tostring(beside),
            table.concat(lines))
end

-- The smallest that fails, and what to say of it.
local function shrunk(f, list, trouble)
  if (P.about.shrink_s or 0) == 0 then return list, "not made smaller: --shrink 0s" end
  local until_us = host.now() + math.floor((P.about.shrink_s or 0) * 1e6)
  local function is_over() return f.is_lost or host.now() > until_us end
  local function fails(some) return not is_over() and fails_alone(f, some, trouble) end
  if not fails(list) then
    local all = {}
    for _, earlier in ipairs(f.sent) do table.move(earlier, 1, #earlier, #all + 1, all) end
    if not fails(all) then
      local why = not f.is_lost and "it did not happen again" or P.about.alone and
        "the target could not be started again" or "other cases run beside it; run it alone (-j 1)"
      return list, "not made smaller: " .. why
    end
    list = all
  end
  local least = P.shrink(list, fails, is_over)
  return least, ("made smaller: %s, now %s"):format(size_of(list), size_of(least))
end

-- The batch has broken something: shrinks it, writes the scenario, and reports.
local function finish(f, list, trouble)
  local text
  if f.shrink then
    P.log("step", "suite", ("broken (%s) by one of %s: looking for the fewest"):format(trouble.field, size_of(list)))
    list, text = shrunk(f, list, trouble)
    host.keep_file("regression.lua", P.fuzz_scenario(P.about, list, trouble, f.beside))
    local sources = {}
    for i = 1, math.min(#list, 3) do sources[i] = P.datagram_source(list[i]) end
    text = ("%s: %s. As a scenario: %s/regression.lua"):format(text, table.concat(sources, ", "):sub(1, 200),
                                                             P.about.evidence or ".")
    if not f.is_lost then pcall(revive, f) end -- others come after
  end
  trouble.reason = (trouble.reason and trouble.reason .. "; " or "") .. (text or "")
  if trouble.reason == "" then trouble.reason = nil end
  trouble.file, trouble.line = nil, nil -- of this call, not of the part that saw it
  P.raise(trouble)
end

local function batch_of(f, first, count)
  local list = {}
  for serial = first, math.min(first + f.batch, count + 1) - 1 do
    list[#list + 1] = f.messages and f.messages[serial] or f.grammar.make(f.chance, serial, f.has_credential)
  end
  return list
end

local function raw_messages(messages)
  local list = {}
  for i, message in ipairs(messages) do
    list[i] = { kind = "raw", bytes = P.raw_bytes(type(message) == "table" and message or { message }) }
  end
  return list
end

local function read_fields(self, fields)
  fields = P.strict(fields, P.fuzz_fields, "fuzz")
  local f = { batch = fields.batch or 25, sent = {}, chance = P.new_chance(seed()), grammar = fields.grammar,
              shrink = fields.shrink ~= false and not fields.messages }
  if fields.messages then
    f.messages = raw_messages(fields.messages)
  elseif type(f.grammar) ~= "table" or not f.grammar.is_grammar then
    P.mistake("fuzz: grammar = t.coap_message {} or t.dtls_record {}, or messages = a list of bytes")
  end
  f.device = fields.device or self:device()
  f.beside = fields.beside or f.grammar and f.grammar.beside or false
  if f.beside and f.device.transport ~= "coaps" then P.mistake("fuzz: records need a device with coaps") end
  f.has_credential = f.device.auth == "basic"
  f.count = f.messages and #f.messages or P.about.fuzz and P.about.fuzz > 0 and P.about.fuzz or fields.count or 200
  return f
end

--- Datagrams of a grammar (t.coap_message {}, t.dtls_record {}) from the case's seed: count (200; `--fuzz` says
--- otherwise), in batches (25). After each another session and the device itself must be served; no 5.xx (warns), no
--- event of what was refused. What breaks is made small (`--shrink`) and written as a scenario, regression.lua in the
--- evidence. messages: these bytes instead; beside = true: beside the session.
function case:fuzz(fields)
  local f = read_fields(self, fields)
  f.good = fresh(f)
  local dev = fresh(f)
  local trouble = guarded(function()
    return publish(f.good, "served", "RESPONSE_TIMEOUT", "2.04 for a good publish") or
      publish(dev, "alive", "RESPONSE_TIMEOUT", "2.04 for a good publish")
  end)
  if trouble then P.raise(trouble) end
  for first = 1, f.count, f.batch do
    if first % ROUND < f.batch and first > f.batch then -- its message ids begin again
      drop(dev)
      dev, f.sent = fresh(f), {}
    end
    local list = batch_of(f, first, f.count)
    f.sent[#f.sent + 1] = list
    trouble = attempt(f, dev, list, "RESPONSE_TIMEOUT")
    if trouble then
      drop(dev)
      finish(f, list, trouble)
      return
    end
  end
end
