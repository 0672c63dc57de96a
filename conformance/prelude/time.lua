-- Protocol times: "2 s", "ACK_TIMEOUT", "2 * ACK_TIMEOUT + 500 ms". RFC 7252 4.8.
local _, P = ...

local units = { us = 1e-6, ms = 1e-3, s = 1, min = 60, h = 3600 }

-- RFC 7252 4.8; the target's file may state others.
local basic = { ACK_TIMEOUT = 2, ACK_RANDOM_FACTOR = 1.5, MAX_RETRANSMIT = 4, NSTART = 1, DEFAULT_LEISURE = 5,
                PROBING_RATE = 1, MAX_LATENCY = 100,
                -- the suite's own
                STEP_TIMEOUT = 20, RESPONSE_TIMEOUT = 10, EVENT_TIMEOUT = 5, SETTLE = 0.05, EVENT_SETTLE = 0.2,
                REVOCATION_DELAY = 0, DELAY_BOUND = 1, COMMAND_SETTLE = 0.2, HANDSHAKE_TIMEOUT = 10,
                ADAPTER_TIMEOUT = 30 }

-- RFC 7252 4.8.2
local derived = {
  MAX_TRANSMIT_SPAN = function(p) return p.ACK_TIMEOUT * (2 ^ p.MAX_RETRANSMIT - 1) * p.ACK_RANDOM_FACTOR end,
  MAX_TRANSMIT_WAIT = function(p) return p.ACK_TIMEOUT * (2 ^ (p.MAX_RETRANSMIT + 1) - 1) * p.ACK_RANDOM_FACTOR end,
  PROCESSING_DELAY = function(p) return p.ACK_TIMEOUT end,
  MAX_RTT = function(p) return 2 * p.MAX_LATENCY + p.PROCESSING_DELAY end,
  EXCHANGE_LIFETIME = function(p) return p.MAX_TRANSMIT_SPAN + 2 * p.MAX_LATENCY + p.PROCESSING_DELAY end,
  NON_LIFETIME = function(p) return p.MAX_TRANSMIT_SPAN + p.MAX_LATENCY end,
}

local function number_of(text, parameters)
  local digits, unit = text:match("^%s*(%d+%.?%d*)%s*(%a*)%s*$")
  if digits then
    local factor = unit == "" and 1 or units[unit]
    return factor and tonumber(digits) * factor
  end
  local name = text:match("^%s*([%u_%d]+)%s*$")
  return name and parameters[name]
end

local function product_of(text, parameters)
  local value = 1
  for factor in (text .. "*"):gmatch("(.-)%*") do
    local n = number_of(factor, parameters)
    if type(n) ~= "number" then return nil end
    value = value * n
  end
  return value
end

-- Seconds from a number or a text; nil when it is no time.
function P.seconds_from(time, parameters)
  if type(time) == "number" then return time end
  if type(time) ~= "string" then return nil end
  local value, sign = 0, 1
  for term, after in (time .. "+"):gmatch("(.-)([+-])") do
    local n = value == 0 and term == "" and after == "-" and 0 or product_of(term, parameters) -- "-1 h"
    if not n then return nil end
    value = value + sign * n
    sign = after == "+" and 1 or -1
  end
  return value
end

-- The parameters of a target: RFC values, what the target states, and what follows from both.
function P.parameters_of(stated)
  local p = {}
  for name, value in pairs(basic) do p[name] = value end
  for name, value in pairs(stated or {}) do
    p[name] = type(value) == "string" and P.seconds_from(value, p) or value
  end
  return setmetatable(p, { __index = function(all, name) return derived[name] and derived[name](all) end })
end

function P.seconds(time)
  local value = P.seconds_from(time, P.parameters)
  if not value then
    P.mistake("%s is no time: write 2, \"2 s\", \"150 ms\", \"ACK_TIMEOUT\", \"2 * ACK_TIMEOUT + 1 s\"", P.show(time))
  end
  return value
end

function P.us(time)
  return math.floor(P.seconds(time) * 1e6 + 0.5)
end

-- How much later, and how much earlier, than computed something may be: scheduling here and there.
function P.latest_us(us) return math.floor(us * P.time_slack + 250000 * P.time_slack) end
function P.earliest_us(us) return math.floor(us / P.time_slack - 50000 * P.time_slack) end

function P.show_us(us) return ("%.3f s"):format(us / 1e6) end
