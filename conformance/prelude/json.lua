-- JSON as the judge needs it: numbers keep every digit, names may be given once only.
local _, P = ...

local number_meta = { __name = "number", show = function(n) return n.text end }
number_meta.__index = number_meta
P.null = setmetatable({}, { __index = { show = function() return "null" end } })
local array_meta, object_meta = { __name = "array" }, { __name = "object" }

-- sign, digits without zeros at either end, exponent of the last digit: equal numbers are equal in all three.
local function canonical(text)
  local sign, whole, fraction, exponent = text:match("^(%-?)(%d+)%.?(%d*)[eE]?([+-]?%d*)$")
  local digits = whole .. fraction
  exponent = exponent:gsub("^%+", ""):gsub("^(%-?)0+(%d)", "%1%2")
  local beyond = #exponent > 16 and "+" .. exponent or "" -- no sum can be made with it: it stays as it is
  local scale = (beyond == "" and tonumber(exponent) or 0) - #fraction
  digits = digits:gsub("^0+", "")
  local kept = digits:gsub("0+$", "")
  scale = scale + #digits - #kept
  if kept == "" then return "0" end
  return ("%s%se%d%s"):format(sign, kept, scale, beyond)
end

function P.json_number(text)
  return setmetatable({ text = text, canonical = canonical(text) }, number_meta)
end

local escapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local value_at

local function fail(at, what) error({ json = ("at byte %d: %s"):format(at, what) }, 0) end
local function skip(s, at) return s:find("[^ \t\r\n]", at) or #s + 1 end

local function unicode_at(s, at)
  local hex = s:match("^%x%x%x%x", at) or fail(at, "bad \\u")
  local code = tonumber(hex, 16)
  if code >= 0xd800 and code < 0xdc00 then
    local low = s:match("^\\u(%x%x%x%x)", at + 4)
    low = low and tonumber(low, 16)
    if low and low >= 0xdc00 and low < 0xe000 then
      return utf8.char(0x10000 + (code - 0xd800) * 0x400 + low - 0xdc00), at + 10
    end
  end
  return utf8.char(code), at + 4
end

local function string_at(s, at)
  local parts = {}
  at = at + 1
  while true do
    local to = s:find('["\\%c]', at) or fail(at, "string without end")
    parts[#parts + 1] = s:sub(at, to - 1)
    local c = s:sub(to, to)
    if c == '"' then return table.concat(parts), to + 1 end
    if c ~= "\\" then
      if c ~= "\127" then fail(to, "control character in a string") end
      parts[#parts + 1], at = c, to + 1
    else
      local e = s:sub(to + 1, to + 1)
      if e == "u" then
        parts[#parts + 1], at = unicode_at(s, to + 2)
      else
        parts[#parts + 1] = escapes[e] or fail(to, "bad escape")
        at = to + 2
      end
    end
  end
end

local function array_at(s, at, depth)
  local list = setmetatable({}, array_meta)
  at = skip(s, at + 1)
  if s:sub(at, at) == "]" then return list, at + 1 end
  while true do
    list[#list + 1], at = value_at(s, at, depth + 1)
    at = skip(s, at)
    local c = s:sub(at, at)
    if c == "]" then return list, at + 1 end
    if c ~= "," then fail(at, "`,` or `]` is missing") end
    at = at + 1
  end
end

local function object_at(s, at, depth)
  local object = setmetatable({}, object_meta)
  at = skip(s, at + 1)
  if s:sub(at, at) == "}" then return object, at + 1 end
  while true do
    at = skip(s, at)
    if s:sub(at, at) ~= '"' then fail(at, "a name is missing") end
    local name
    name, at = string_at(s, at)
    if object[name] ~= nil then fail(at, "a name is given twice") end
    at = skip(s, at)
    if s:sub(at, at) ~= ":" then fail(at, "`:` is missing") end
    object[name], at = value_at(s, at + 1, depth + 1)
    at = skip(s, at)
    local c = s:sub(at, at)
    if c == "}" then return object, at + 1 end
    if c ~= "," then fail(at, "`,` or `}` is missing") end
    at = at + 1
  end
end

local function number_at(s, at)
  local text = s:match("^%-?%d+%.%d+[eE][+-]?%d+", at) or s:match("^%-?%d+[eE][+-]?%d+", at)
    or s:match("^%-?%d+%.%d+", at) or s:match("^%-?%d+", at)
  if not text or text:find("^%-?0%d") then fail(at, "no JSON value") end
  return P.json_number(text), at + #text
end

local words = { t = { "true", true }, f = { "false", false }, n = { "null", P.null } }

function value_at(s, at, depth)
  if depth > 200 then fail(at, "nested too deep") end
  at = skip(s, at)
  local c = s:sub(at, at)
  if c == '"' then return string_at(s, at) end
  if c == "{" then return object_at(s, at, depth) end
  if c == "[" then return array_at(s, at, depth) end
  local word = words[c]
  if word and s:sub(at, at + #word[1] - 1) == word[1] then return word[2], at + #word[1] end
  return number_at(s, at)
end

-- The value of a JSON text; or nil and what is wrong.
function P.json_read(text)
  local ok, value, at = pcall(value_at, text, 1, 0)
  if not ok then
    if type(value) == "table" and value.json then return nil, value.json end
    error(value, 0)
  end
  at = skip(text, at)
  if at <= #text then return nil, ("at byte %d: more after the value"):format(at) end
  return value
end

-- The fewest digits that are still this number.
local function shortest(number)
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(number)
    if tonumber(text) == number then return text end
  end
end

-- Is a Lua value as scripts write them (numbers, lists, tables, t.null, t.number) the JSON value?
function P.json_equal(wanted, value)
  -- a matcher is one by its metatable: an object may have any names
  if type(wanted) == "table" and wanted.is_matcher and not rawget(wanted, "is_matcher") then
    return wanted:test(value) ~= "fail"
  end
  if type(wanted) == "number" then wanted = P.json_number(shortest(wanted)) end
  if getmetatable(wanted) == number_meta then
    return getmetatable(value) == number_meta and value.canonical == wanted.canonical
  end
  if type(wanted) ~= "table" or wanted == P.null then return wanted == value end
  if type(value) ~= "table" or value == P.null or getmetatable(value) == number_meta then return false end
  if next(wanted) ~= nil and (getmetatable(value) == array_meta) ~= (#wanted > 0) then return false end
  for key, want in pairs(wanted) do
    if value[key] == nil or not P.json_equal(want, value[key]) then return false end
  end
  for key in pairs(value) do
    if wanted[key] == nil then return false end
  end
  return true
end

local escaped = { ['"'] = '\\"', ["\\"] = "\\\\" }

-- A JSON text: tables with a first element, and P.list {}, are arrays; t.null, t.number, integers, texts, booleans.
function P.json_write(value)
  if value == P.null then return "null" end
  if getmetatable(value) == number_meta then return value.text end
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return escaped[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
  end
  if type(value) ~= "table" then return type(value) == "number" and shortest(value) or tostring(value) end
  local parts = {}
  if #value > 0 or getmetatable(value) == array_meta then
    for i, element in ipairs(value) do parts[i] = P.json_write(element) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for _, name in ipairs(P.sorted_keys(value)) do
    parts[#parts + 1] = P.json_write(name) .. ":" .. P.json_write(value[name])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function P.list(values) return setmetatable(values or {}, array_meta) end
