-- The case's end of the broker: calls with one reply each, and the events of this case.
local host, P = ...

local last_id, replies = 0, {}
P.events, P.markers = {}, {}

local function plain(value)
  return type(value) == "table" and value.text and tonumber(value.text) or value
end

-- An event as scripts see it: attributes by name, data as bytes.
local function event_from(message)
  local came = message.event
  local event = { at_us = plain(message.at_us) - host.started_us(), mode = came.mode, data_kind = came.data,
                  faults = came.faults or {}, raw = came.raw_base64 and host.unbase64(came.raw_base64) }
  for name, value in pairs(came.attributes or {}) do
    event[name] = type(value) == "table" and value.text or type(value) == "boolean" and tostring(value) or value
  end
  if came.data_base64 and came.data ~= "none" then event.data = host.unbase64(came.data_base64) end
  if came.data_raw and tostring(event.datacontenttype):find("^application/json") then event.data = came.data_raw end
  return event
end

local function show_event(event)
  return ("subject %s device %s application %s datacontenttype %s data %s"):format(
    P.show(event.subject), P.show(event.device), P.show(event.application), P.show(event.datacontenttype),
    P.show(event.data))
end
P.show_event = show_event

local function take(text)
  P.record { reply = text }
  local message, problem = P.json_read(text)
  if not message then error("the broker sent no JSON: " .. problem, 0) end
  if message.event then
    local event = event_from(message)
    P.log("event", "sink", show_event(event))
    host.keep_event(text)
    if P.markers[event.subject] then
      P.markers[event.subject] = event
    else
      P.events[#P.events + 1] = event
    end
  elseif message.id then
    replies[plain(message.id)] = message
  end
end

P.pollers[#P.pollers + 1] = function()
  local text, gone = host.broker_next()
  while text do
    take(text)
    text, gone = host.broker_next()
  end
  if gone then P.raise { verdict = "ERROR", reason = "the broker has died" } end
end

local kinds = { unavailable = "INCONCLUSIVE", refused = "ERROR", adapter = "ERROR" }

-- One call; its reply. What the adapter cannot do ends the case as INCONCLUSIVE.
function P.call(op, fields)
  last_id = last_id + 1
  local id = last_id
  fields.id, fields.op = id, op
  P.record { call = op }
  if not host.broker_send(P.json_write(fields)) then P.raise { verdict = "ERROR", reason = "the broker has died" } end
  local reply = P.wait_until(function() return replies[id] end, host.now() + P.us "ADAPTER_TIMEOUT")
  if not reply then
    P.raise { verdict = "ERROR", reason = ("the adapter did not answer %s within %s"):format(op,
              P.show_us(P.us "ADAPTER_TIMEOUT")) }
  end
  if not reply.ok then
    P.raise { verdict = kinds[reply.kind] or "ERROR", field = "adapter", reason = op .. ": " .. tostring(reply.error) }
  end
  return reply, plain(reply.status)
end
