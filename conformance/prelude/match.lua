-- Matchers: what an expectation may say beside plain values. Each test gives "pass", "warn" or "fail".
local host, P = ...

local matcher = { is_matcher = true }
matcher.__index = matcher
function matcher:show() return self.text end

-- test(value, context): true, false or a verdict.
local function new(text, test)
  return setmetatable({ text = text, test = function(_, value, context)
    local result = test(value, context or {})
    if result == true then return "pass" end
    return result or "fail"
  end }, matcher)
end
P.new_matcher = new

local rank = { pass = 1, warn = 2, fail = 3 }

-- What fits nothing, whatever comes, is a mistake of the script and no failure of the target.
local function check_expected(expected, value)
  if type(expected) == "number" and type(value) == "string" then
    P.mistake("%s is a number where a text comes: write \"%s\"", P.show(expected), P.show(expected))
  end
  if type(expected) ~= "table" then return end
  local class = P.class_of(expected)
  if class then P.mistake("a %s where a value is expected: a field of it is meant, as in dev.name", class) end
  P.mistake("%s fits nothing: write t.one_of { ... }, or t.json { ... }", P.show(expected))
end

-- A plain value or a matcher against what came.
function P.match(expected, value, context)
  if getmetatable(expected) == matcher then return expected:test(value, context) end
  if expected == value then return "pass" end
  check_expected(expected, value)
  return "fail"
end

local t = {}
P.t = t

--- Anything, but there.
t.any = new("anything", function(value) return value ~= nil end)
--- Not there.
t.none = new("nothing", function(value) return value == nil end)
--- No bytes.
t.empty = new("empty", function(value) return value == nil or value == "" end)
--- The request's own value (mid, token).
t.same = new("the request's", function(value, context) return value == context.same end)
--- UTF-8 text that is not empty.
t.text = new("UTF-8 text, not empty", function(value)
  return type(value) == "string" and value ~= "" and utf8.len(value) ~= nil
end)
--- A UUID of 36 characters (RFC 9562 4).
t.uuid = new("a UUID", function(value)
  return type(value) == "string" and #value == 36 and
    value:find("^%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+$") ~= nil and value:sub(9, 9) == "-"
end)
--- A date with time and zone (RFC 3339 5.6).
t.rfc3339 = new("an RFC 3339 time", function(value)
  return type(value) == "string" and
    (value:find("^%d%d%d%d%-%d%d%-%d%d[Tt]%d%d:%d%d:%d%d%.?%d*[Zz]$") or
     value:find("^%d%d%d%d%-%d%d%-%d%d[Tt]%d%d:%d%d:%d%d%.?%d*[+-]%d%d:%d%d$")) ~= nil
end)
--- An RFC 3339 time in UTC that is at most five minutes from now.
t.now = new("a time within 5 min of now, in UTC", function(value)
  if t.rfc3339:test(value) ~= "pass" or not value:find("[Zz]$") and not value:find("[+-]00:00$") then return false end
  local seconds = value:sub(1, 19):upper()
  return seconds >= host.rfc3339(-300):sub(1, 19) and seconds <= host.rfc3339(300):sub(1, 19)
end)
local uri_characters = "^[%w%-%._~:/%?#%[%]@!%$&'%(%)%*%+,;=%%]+$"
--- A URI-reference (RFC 3986 4.1): its characters, percent-encoding whole.
t.uri = new("a URI-reference", function(value)
  return type(value) == "string" and value:find(uri_characters) ~= nil and
    not value:gsub("%%%x%x", ""):find("%%")
end)
--- An absolute URI (RFC 3986 4.3).
t.absolute_uri = new("an absolute URI", function(value)
  return t.uri:test(value) == "pass" and value:find("^%a[%w+.-]*:") ~= nil and not value:find("#", 1, true)
end)

local function shown(list)
  local parts = {}
  for i, x in ipairs(list) do parts[i] = P.show(x) end
  return table.concat(parts, " or ")
end

--- Any of a list of values or matchers; the best verdict counts.
function t.one_of(list)
  if type(list) ~= "table" or #list == 0 then P.mistake("t.one_of takes a list: t.one_of { a, b }") end
  return new(shown(list), function(value, context)
    local best = "fail"
    for _, expected in ipairs(list) do
      local result = P.match(expected, value, context)
      if rank[result] < rank[best] then best = result end
    end
    return best
  end)
end

--- x should be; anything else is WARN.
function t.should(x)
  return new("(should be) " .. P.show(x), function(value, context)
    return P.match(x, value, context) == "pass" and "pass" or "warn"
  end)
end

--- x is tolerated with WARN.
function t.warn(x)
  return new("(tolerated) " .. P.show(x), function(value, context)
    return P.match(x, value, context) ~= "fail" and "warn" or "fail"
  end)
end

--- Not x.
function t.not_(x)
  return new("not " .. P.show(x), function(value, context) return P.match(x, value, context) == "fail" end)
end

--- The same JSON value: numbers exactly, order of names does not matter.
function t.json(wanted)
  return new("JSON " .. P.show(wanted), function(value)
    if type(value) ~= "string" then return false end
    local got = P.json_read(value)
    return got ~= nil and P.json_equal(wanted, got)
  end)
end

--- A number of t.json with every digit: t.number "123456789012345678901234567890".
function t.number(text)
  if type(text) ~= "string" or not text:find("^%-?%d+%.?%d*[eE]?[+-]?%d*$") then
    P.mistake("t.number takes digits as a text, not %s", P.show(text))
  end
  return P.json_number(text)
end

--- The JSON null of t.json.
t.null = P.null

--- These bytes.
function t.bytes(bytes) return new(P.show(bytes), function(value) return value == bytes end) end
--- A text that begins so.
function t.prefix(text)
  return new("a text that begins with " .. P.show(text), function(value)
    return type(value) == "string" and value:sub(1, #text) == text
  end)
end
--- A text in which this one stands.
function t.contains(text)
  return new("a text with " .. P.show(text), function(value)
    return type(value) == "string" and value:find(text, 1, true) ~= nil
  end)
end
--- A text that a Lua pattern fits.
function t.match(pattern)
  return new("a text like " .. pattern, function(value)
    return type(value) == "string" and value:find(pattern) ~= nil
  end)
end

local function uint_of(value)
  if type(value) == "number" then return value end
  if type(value) ~= "string" or #value > 7 then return nil end
  local n = 0
  for i = 1, #value do n = n << 8 | value:byte(i) end
  return n
end
P.uint_of = uint_of

--- A uint option's value (RFC 7252 3.2): a number or a matcher of one.
function t.uint(n)
  return new("uint " .. P.show(n), function(value, context)
    local got = uint_of(value)
    return got ~= nil and P.match(n, got, context)
  end)
end
--- A number from a to b.
function t.range(a, b)
  return new(("%s to %s"):format(a, b), function(value)
    local n = uint_of(value)
    return n ~= nil and n >= a and n <= b
  end)
end
--- As many bytes: a number, or { least, most }.
function t.length(n)
  local least, most = n, n
  if type(n) == "table" then least, most = n[1], n[2] end
  return new(("%s to %s bytes"):format(least, most), function(value)
    return type(value) == "string" and #value >= least and #value <= most
  end)
end

--- For `between`: the n-th interval of a retransmission (RFC 7252 4.2), first 1.
function t.window(name, n)
  return { is_window = true, name = name, n = n or 1, show = function() return "window of " .. name end }
end

--- Each value of a list, as a step of its own: for i, value in t.each { 9, 12 } do.
function t.each(list)
  if type(list) ~= "table" then P.mistake("t.each takes a list: t.each { a, b }") end
  local i = 0
  return function()
    i = i + 1
    if list[i] == nil then
      P.step_name = nil
      return nil
    end
    P.begin_step("value=" .. (type(list[i]) == "table" and (list[i].name or i) or tostring(list[i])))
    return i, list[i]
  end
end

--- For expect_one_of: nothing comes although the fence is answered.
function t.silence(fields)
  P.strict(fields, P.set "fence", "t.silence")
  return { is_silence = true, fence = fields and fields.fence, show = function() return "silence" end }
end

--- n bytes from the case's seed.
function t.filler(n) return host.random(n) end
--- The bytes with one bit of the last one changed.
function t.flip_bit(bytes) return bytes:sub(1, -2) .. string.char(bytes:byte(-1) ~ 1) end
--- Bytes from hex digits; blanks are left out.
function t.hex(digits)
  local clean = digits:gsub("%s", "")
  if #clean % 2 == 1 or clean:find("%X") then P.mistake("t.hex takes pairs of hex digits, not %s", P.show(digits)) end
  return (clean:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end
--- Base64 (RFC 4648 4) of bytes.
function t.base64(bytes) return host.base64(bytes) end
--- The value of a Block option (RFC 7959 2.2).
function t.block(num, more, szx)
  local value, bytes = num << 4 | (more and 8 or 0) | szx, ""
  while value > 0 do bytes, value = string.char(value & 255) .. bytes, value >> 8 end
  return bytes
end

setmetatable(t, { __index = function(_, key)
  local nearest = P.nearest(key, P.sorted_keys(t))
  P.mistake("there is no t.%s%s", tostring(key), nearest and (", is `t." .. nearest .. "` meant?") or "")
end })
