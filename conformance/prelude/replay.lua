-- What came from outside is recorded; a recorded run is judged again, in virtual time, without network (seatrial
-- replay). A line a thing: the case and its target first; what was sent, called, what came and was replied.
local host, P = ...

local recorded -- while a recording is judged: now, wall_s, sent, came (by device), calls, replies

-- Kept until the end, as most cases pass and need none; what is larger than this is not recorded.
local entries, room = {}, 32 << 20

function P.record(entry)
  if recorded or not P.about or P.about.redact or room < 0 then return end
  entry.at = host.now()
  entries[#entries + 1] = entry
  room = room - 100 - #(entry.sent or entry.came or entry.reply or "")
end

-- The case has ended: is the recording wanted?
function P.write_recording(wanted)
  for i = 1, wanted and room >= 0 and #entries or 0 do host.record(P.json_write(entries[i])) end
  entries = {}
end

-- The first line. Where the evidence lies is nobody's business but this run's.
function P.record_case(about, target)
  local kept = {}
  for name, value in pairs(about) do kept[name] = name ~= "evidence" and value or nil end
  P.record { about = kept, target = target, random = P.hex(host.seed()), started_us = host.started_us(),
             wall_s = host.wall_s() }
end

local function bytes_of(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- JSON values as Lua has them.
local function plain(value)
  if value == P.null then return nil end
  if type(value) ~= "table" then return value end
  if rawget(value, "canonical") then return math.tointeger(tonumber(value.text)) or tonumber(value.text) end
  local made = {}
  for key, inner in pairs(value) do made[key] = plain(inner) end
  return made
end

local function add(queues, name, entry)
  queues[name] = queues[name] or { first = 1 }
  queues[name][#queues[name] + 1] = entry
end

local function read(text)
  local all = { now = 0, sent = {}, came = {}, broker = {} }
  for line in text:gmatch("[^\n]+") do
    local entry, problem = P.json_read(line)
    if not entry then error("the recording is no JSON: " .. problem, 0) end
    entry = plain(entry)
    if entry.about then all.head = entry
    elseif entry.sent then add(all.sent, entry.dev, entry)
    elseif entry.came then add(all.came, entry.dev, entry)
    elseif entry.call then add(all.broker, "calls", entry)
    elseif entry.reply then add(all.broker, "replies", entry) end
  end
  if not all.head then error("the recording does not begin with a case", 0) end
  return all
end

local function diverged(what)
  P.raise { verdict = "INCONCLUSIVE", field = "replay", reason = "the script does not do what was recorded: " .. what }
end

local function peek(queue) return queue and queue[queue.first] end

-- The next of what the script did then; the clock goes on to when that was.
local function take_next(queue, what)
  local entry = peek(queue)
  if not entry then diverged(what .. " is not in the recording") end
  queue.first = queue.first + 1
  recorded.now = math.max(recorded.now, entry.at)
  return entry
end

-- The next of what came, when its time has come.
local function due(queue)
  local entry = peek(queue)
  if not entry or entry.at > recorded.now then return nil end
  queue.first = queue.first + 1
  return entry
end

local function check_sent(label, bytes)
  local queue, hex = recorded.sent[label], P.hex(bytes)
  local entry = peek(queue)
  if entry and entry.sent == hex then
    take_next(queue)
    return
  end
  for i = 1, queue and queue.first - 1 or 0 do
    if queue[i].sent == hex then return end -- a repetition: then the answer came at the last moment
  end
  diverged(("%s sends %s, and sent %s"):format(label, hex, entry and entry.sent or "nothing more"))
end

function P.open_replayed(dev)
  local label = dev.label
  return {
    send = function(_, bytes) check_sent(label, bytes) end,
    poll = function() return nil end,
    receive = function()
      local entry = due(recorded.came[label])
      return entry and { bytes_of(entry.came), entry.at, entry.from, entry.ours }
    end,
    close = function() end,
  }
end

function P.is_replayed() return recorded ~= nil end

-- The engine's clock in a replay: on to the next that came, at most to deadline_us.
function P.advance(deadline_us)
  local soonest = math.max(deadline_us, recorded.now + 1)
  local function look(queue)
    local entry = peek(queue)
    if entry and entry.at > recorded.now then soonest = math.min(soonest, entry.at) end
  end
  for _, queue in pairs(recorded.came) do look(queue) end
  look(recorded.broker.replies)
  recorded.now = soonest
end

local function not_recorded()
  P.raise { verdict = "INCONCLUSIVE", field = "replay", reason = "the case works on DTLS itself, which is not in it" }
end

local function replace_host(head)
  local wall_s = host.wall_s()
  local rfc3339 = host.rfc3339
  function host.now() return recorded.now end
  function host.started_us() return head.started_us end
  function host.rfc3339(seconds) return rfc3339(seconds + head.wall_s - wall_s + recorded.now / 1e6) end
  function host.broker_send(text)
    local op = P.json_read(text).op
    local entry = take_next(recorded.broker.calls, "the call " .. op)
    if entry.call ~= op then diverged(("it calls %s, and called %s"):format(op, entry.call)) end
    return true
  end
  function host.broker_next()
    local entry = due(recorded.broker.replies)
    return entry and entry.reply
  end
  for _, name in ipairs { "start_handshake", "session_state", "renegotiate", "send_datagram", "last_datagram" } do
    P.device_class[name] = not_recorded
  end
  function P.dtls_rule() end
end

-- Runs the function of a case on a recording's text.
function P.replay(run, text)
  recorded = read(text)
  replace_host(recorded.head)
  host.reseed(bytes_of(recorded.head.random))
  recorded.head.target.claims = recorded.head.target.claims or {}
  P.run(run, recorded.head.about, recorded.head.target)
end
