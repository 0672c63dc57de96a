-- Events: the next one that fits, and proof that no more came.
local host, P = ...

local case = P.case_class

local known = P.set [[device application sender subject type source id time specversion datacontenttype dataschema data
  data_kind mode applicationuid deviceuid senderuid instance partitionkey within optional]]
P.event_fields = known

local function check_fields(fields)
  if type(fields) ~= "table" then P.mistake("await_event takes a table of attributes") end
  for _, name in ipairs(P.sorted_keys(fields)) do
    if not known[name] then
      local nearest = P.nearest(name, known.list, #tostring(name) > 5 and 2 or 1)
      if nearest or not tostring(name):find("^[a-z0-9]+$") then
        P.mistake("await_event: unknown attribute %s%s", tostring(name),
                  nearest and (", is `" .. nearest .. "` meant?") or "")
      end
    end
  end
end

local order = { "device", "application", "sender", "subject", "type" }

-- The attributes that differ: list of findings.
local function compare(event, fields)
  local findings, done = {}, { within = true, optional = true }
  local function check(name)
    if done[name] or fields[name] == nil then return end
    done[name] = true
    local got = event[name]
    if name == "data" and got == nil then got = "" end
    local result = P.match(fields[name], got)
    if result ~= "pass" then
      findings[#findings + 1] = { verdict = result:upper(), field = "event." .. name, expected = P.show(fields[name]),
                                  got = got == nil and "no such attribute" or P.show(got),
                                  reason = "the event: " .. P.show_event(event) }
    end
  end
  for _, name in ipairs(order) do check(name) end
  for _, name in ipairs(P.sorted_keys(fields)) do check(name) end
  return findings
end

local function faults_of(event)
  for _, fault in ipairs(event.faults) do
    P.raise { verdict = "FAIL", field = "event." .. (fault.attribute ~= "" and fault.attribute or "format"),
              expected = "a CloudEvent (CloudEvents 1.0)", got = fault.text,
              reason = "the event: " .. P.show_event(event) }
  end
end

local function take_fitting(fields)
  for i, event in ipairs(P.events) do
    local findings = compare(event, fields)
    if P.badness(findings) < 2 then
      table.remove(P.events, i)
      faults_of(event)
      P.demand(findings)
      return event
    end
  end
end

local function nearest_event(fields)
  local best, best_findings
  for _, event in ipairs(P.events) do
    local findings = compare(event, fields)
    if not best or #findings < #best_findings then best, best_findings = event, findings end
  end
  return best, best_findings
end

local function need_events()
  if not P.target.observed then
    P.raise { verdict = "INCONCLUSIVE", reason = "the target file does not say where events go" }
  end
end

--- Waits for the next event that fits: attributes by name, data, within. Gives the event.
function case:await_event(fields) -- luacheck: ignore self
  check_fields(fields)
  need_events()
  host.expectation()
  local start_us = host.now()
  local limit_us = start_us + (fields.within and P.latest_us(P.us(fields.within)) or P.us "EVENT_TIMEOUT")
  local found, near_since
  P.wait_until(function()
    found = take_fitting(fields)
    if not found and #P.events > 0 then
      near_since = near_since or host.now()
      -- an event that does not fit is there: give those that may follow a moment only
      limit_us = fields.within and limit_us or math.min(limit_us, near_since + 5 * P.us "EVENT_SETTLE")
    end
    return found or host.now() >= limit_us
  end, limit_us)
  if found then
    return found
  end
  if fields.optional then return nil end
  local near, findings = nearest_event(fields)
  if near then
    P.demand(findings)
  end
  P.raise { verdict = "FAIL", field = "event", expected = "an event with " .. P.show(fields),
            got = ("none in %s"):format(P.show_us(host.now() - start_us)) }
end

-- Starts the publish of a marker by dev: the exchange, and whether its event has arrived. timeout may be nil.
function P.start_marker(dev, timeout)
  local marker = "marker-" .. P.hex(host.random(6))
  P.markers[marker] = true
  return dev:start("0.02", "/v1/" .. marker, { payload = "m", format = 0, timeout = timeout }), function()
    return P.markers[marker] ~= true
  end
end

-- Publishes a marker by dev and waits for its event. nil, or what came instead of a 2.04.
local function publish_marker(dev)
  local arrived
  local ok, post = pcall(function()
    local exchange
    exchange, arrived = P.start_marker(dev)
    exchange:await()
    return exchange
  end)
  if not ok then
    if getmetatable(post) == P.verdict_meta and post.verdict ~= "ERROR" then
      return post.reason or post.got or "no answer"
    end
    error(post, 0)
  end
  while post.response and post:asks_again() do
    post:do_again((post:asks_again()), select(2, post:asks_again()))
    post:await()
  end
  local answer = post.response
  if not answer or answer.code ~= "2.04" then return answer and answer.shown or "no answer" end
  if not P.target.observed then return end
  if not P.wait_until(arrived, host.now() + P.us "EVENT_TIMEOUT") then
    P.raise { verdict = "FAIL", field = "fence", expected = "the event of an accepted publish", got = "none in " ..
              P.show_us(P.us "EVENT_TIMEOUT"), request = post.record, message = answer }
  end
end

--- A known-good publish by this device is answered 2.04, and its event arrives (it is not kept).
function P.device_class:expect_alive()
  host.expectation()
  local problem = publish_marker(self)
  if problem then
    P.raise { verdict = "FAIL", field = "alive", expected = "2.04 for a good publish", got = problem }
  end
end

local function fence_device()
  for i = #P.devices, 1, -1 do
    if P.devices[i].can_publish then return P.devices[i] end
  end
end

-- A marker after everything else: by the same device where it can publish, else by a fresh one.
local function fence(self, by)
  if by and getmetatable(by) ~= P.device_class then P.mistake("by: a device is expected, not %s", P.show(by)) end
  local dev = by or fence_device()
  if dev then
    local problem = publish_marker(dev)
    if not problem then return end
    if by then P.raise { verdict = "INCONCLUSIVE", reason = "the device of the fence cannot publish: " .. problem } end
  end
  local last = P.devices[#P.devices]
  local problem = publish_marker(self:device { application = last and last.app or nil })
  if problem then
    problem = publish_marker(self:device { application = self:application {} })
  end
  if problem then
    P.raise { verdict = "FAIL", field = "fence", expected = "2.04 for a good publish of a fresh device", got = problem }
  end
  P.wait_until(function() return false end, host.now() + P.us "EVENT_SETTLE")
end

--- No event has come beside those that were awaited: a marker that is published now arrives first. by: the device
--- that publishes it.
function case:expect_no_more_events(fields)
  fields = P.strict(fields, P.set "by", "expect_no_more_events")
  need_events()
  host.expectation()
  fence(self, fields.by)
  local event = P.events[1]
  if event then
    P.raise { verdict = "FAIL", field = "events", expected = "no more events", got = P.show_event(event) }
  end
end

--- The same, for cases that await none.
case.expect_no_events = case.expect_no_more_events

--- Events that have come and were not awaited yet: a list. Waits for nothing.
function case:events() -- luacheck: ignore self
  P.wait_until(function() return true end, host.now())
  return P.events
end
