-- What every part of the scripts' world uses: verdicts, strict fields, waiting, the place in the script.
--
-- Each part is a chunk of its own, called with (host, P): host is what C offers, P what the parts share.
local host, P = ...
local getinfo, traceback = debug.getinfo, debug.traceback
local yield = coroutine.yield

P.verdict_meta = { __name = "verdict", __tostring = function(v) return v.reason or v.verdict end }

-- The innermost line of a scenario: file and number, or nil.
function P.where()
  local level = 2
  while true do
    local info = getinfo(level, "Sl")
    if not info then return nil end
    if info.what ~= "C" and info.source:sub(1, 9) ~= "=prelude/" and info.currentline > 0 then
      return info.source:gsub("^@", ""), info.currentline
    end
    level = level + 1
  end
end

-- What pcall catches, with the way that led there.
function P.traced(problem)
  if getmetatable(problem) == P.verdict_meta then return problem end
  local reason = tostring(problem)
  if reason:find("local 'self'", 1, true) then
    reason = "a method was called with a dot: write a colon, as in c:device()"
  end
  return setmetatable({ verdict = "ERROR", reason = reason, detail = traceback("", 2):sub(2),
                        file = (P.where()), line = select(2, P.where()) }, P.verdict_meta)
end

-- A mistake of the script.
function P.mistake(format, ...)
  local file, line = P.where()
  local text = select("#", ...) > 0 and format:format(...) or format
  error(setmetatable({ verdict = "ERROR", reason = text, file = file, line = line }, P.verdict_meta), 0)
end

-- A finding from its fields; the place and the step are added.
function P.finding(fields)
  local file, line = P.where()
  fields.file, fields.line = fields.file or file, fields.line or line
  fields.step = fields.step or P.step_name or ""
  return setmetatable(fields, P.verdict_meta)
end

-- Ends the case with a finding, or for WARN notes it and goes on.
function P.raise(fields)
  local finding = P.finding(fields)
  if finding.verdict == "WARN" or finding.verdict == "PASS" then
    P.report(finding)
    return
  end
  error(finding, 0)
end

-- The number of single changes between two names.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local change = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal = row[j]
      row[j] = math.min(change, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

local function letters(name)
  local list = { tostring(name):byte(1, -1) }
  table.sort(list)
  return table.concat(list, " ")
end

-- The name that was meant; at most so many changes away, or a third of its characters and 3.
function P.nearest(name, names, most)
  local best, least = nil, (most or math.min(3, (#tostring(name) + 1) // 3)) + 1
  for _, known in ipairs(names) do
    local far = distance(tostring(name), known)
    if far == 2 and letters(name) == letters(known) then far = 1 end -- two that changed places
    if far < least then best, least = known, far end
  end
  return best
end

-- "a b c" as a set with its list.
function P.set(text)
  local set = { list = {} }
  for name in text:gmatch("%S+") do
    set[name] = true
    set.list[#set.list + 1] = name
  end
  return set
end

function P.sorted_keys(values)
  local keys = {}
  for key in pairs(values) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- fields (a table, or nil) has only keys of the set `known`.
function P.strict(fields, known, what)
  if fields == nil then return {} end
  local class = P.class_of(fields)
  if type(fields) ~= "table" or class then
    P.mistake("%s: a table of fields is expected, not a %s", what, class or type(fields))
  end
  for _, key in ipairs(P.sorted_keys(fields)) do
    if not known[key] or key == "list" then
      local nearest = type(key) == "string" and P.nearest(key, known.list)
      P.mistake("%s: unknown field %s%s", what, tostring(key),
                nearest and (", is `" .. nearest .. "` meant?") or ("; known: " .. table.concat(known.list, " ")))
    end
  end
  return fields
end

-- Reading a name that an object does not have is a mistake.
function P.class(name)
  local class = { class_name = name }
  class.__index = function(_, key)
    local value = class[key]
    if value == nil and type(key) == "string" and not (class.optional and class.optional[key]) then
      local names = {}
      for known in pairs(class) do if not known:find("^_") then names[#names + 1] = known end end
      table.sort(names)
      local nearest = P.nearest(key, names)
      P.mistake("%s has no `%s`%s", rawget(class, "class_name"), key,
                nearest and (", is `" .. nearest .. "` meant?") or "")
    end
    return value
  end
  return class
end

-- "device", "exchange" ... for an object of the prelude, else nil.
function P.class_of(value)
  local class = type(value) == "table" and getmetatable(value)
  return class and rawget(class, "class_name") or nil
end

-- Each poller moves its part of the world on and returns the time (us) at which it wants to be called again.
P.pollers = {}

local function pump()
  local soonest
  for _, poll in ipairs(P.pollers) do
    local at_us = poll(host.now())
    if at_us and (not soonest or at_us < soonest) then soonest = at_us end
  end
  return soonest
end

-- Waits until condition() returns something true, and returns that; nil at deadline_us.
function P.wait_until(condition, deadline_us)
  while true do
    local soonest = pump()
    local value = condition()
    if value then return value end
    if host.now() >= deadline_us then return nil end
    yield(soonest and math.min(soonest, deadline_us) or deadline_us)
  end
end

-- Runs functions side by side. What the first to fail throws ends all.
function P.parallel(functions)
  local running = {}
  for i, f in ipairs(functions) do running[i] = coroutine.create(f) end
  local left = #running
  while left > 0 do
    local soonest
    for i = 1, #functions do
      local co = running[i]
      if co then
        local ok, at_us = coroutine.resume(co)
        if not ok then error(P.traced(at_us), 0) end
        if coroutine.status(co) == "dead" then
          running[i], left = nil, left - 1
          soonest = host.now()
        else
          soonest = soonest and math.min(soonest, at_us) or at_us
        end
      end
    end
    if left > 0 then yield(soonest) end
  end
end

-- Bytes for people: quoted text where it is text, else hex.
function P.show(value)
  if type(value) == "table" then
    if P.class_of(value) then return "a " .. P.class_of(value) end
    if value.show then return value:show() end
    local parts = {}
    for _, key in ipairs(P.sorted_keys(value)) do
      parts[#parts + 1] = type(key) == "number" and P.show(value[key]) or (key .. " = " .. P.show(value[key]))
    end
    return "{ " .. table.concat(parts, ", ") .. " }"
  end
  if type(value) ~= "string" then return tostring(value) end
  if value == "" then return "empty" end
  local shown = #value > 120 and value:sub(1, 120) or value
  local rest = #value > 120 and (" ... (%d B)"):format(#value) or ""
  if utf8.len(value) and not value:find("[%c\127]") then return '"' .. shown .. '"' .. rest end
  return P.hex(shown) .. rest
end

function P.hex(bytes, separator)
  return (bytes:gsub(".", function(byte) return ("%02x%s"):format(byte:byte(), separator or "") end))
end

function P.log(kind, actor, text, more)
  local file, line = P.where()
  local entry = more or {}
  entry.kind, entry.actor, entry.text, entry.file, entry.line = kind, actor, text, file, line
  host.log(entry)
end

-- What leaves from now on, leaves because of this line of the script: for the capture.
function P.comment()
  local file, line = P.where()
  local step = P.step_name and (", step " .. P.step_name) or ""
  host.comment(file and ("%s:%d%s"):format(file, line, step) or "")
end
