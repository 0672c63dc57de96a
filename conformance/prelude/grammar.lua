-- Datagrams by grammar, with faults: what c:fuzz sends. Without network and clock; chance comes from a generator that
-- is handed in, so that one seed always gives the same datagrams.
local _, P = ...

local t = P.t

-- chance(n) gives 1 to n: splitmix64.
function P.new_chance(state)
  return function(n)
    state = state + 0x9e3779b97f4a7c15
    local z = state
    z = (z ~ z >> 30) * 0xbf58476d1ce4e5b9
    z = (z ~ z >> 27) * 0x94d049bb133111eb
    return 1 + ((z ~ z >> 31) >> 1) % n
  end
end

local function one_of(chance, list) return list[chance(#list)] end

local function bytes(chance, n)
  local made = {}
  for i = 1, n do made[i] = string.char(chance(256) - 1) end
  return table.concat(made)
end

local function uint(n, width)
  local made = ""
  for _ = 1, width do made, n = string.char(n & 0xff) .. made, n >> 8 end
  return made
end

-- The nibble of a delta or a length, and its further bytes. RFC 7252 3.1.
local function extended(n)
  if n < 13 then return n, "" end
  if n < 269 then return 13, string.char(n - 13) end
  return 14, uint(n - 269, 2)
end

--- The bytes of an option: how far its number is from the one before, its value.
function t.option(delta, value)
  local first, more = extended(delta)
  local length, longer = extended(#value)
  return string.char(first << 4 | length) .. more .. longer .. value
end

-- An option whose nibbles may lie: delta_nibble, length_nibble, length.
local function option_bytes(option, delta)
  local first, more = extended(delta)
  local length, longer = extended(option.length or #option.value)
  return string.char((option.delta_nibble or first) << 4 | (option.length_nibble or length)) .. more .. longer ..
    option.value
end

local shown = {} -- kind -> function(datagram): its parts, texts and { delta = } for the device's own credentials

function shown.raw(d) return d.parts or { d.bytes } end

function shown.coap(d)
  local first = (d.version << 6 | d.type << 4 | d.token_length) & 0xff
  local parts = { string.char(first, d.code) .. uint(d.mid, 2) .. d.token }
  local last = 0
  for _, option in ipairs(d.options) do
    local delta = option.number - last & 0xffff -- backwards: beyond 65535, where no option is
    last = option.number
    parts[#parts + 1] = option.is_credential and { delta = delta } or option_bytes(option, delta)
  end
  parts[#parts + 1] = (d.marker or "") .. (d.payload or "")
  return parts
end

function shown.dtls(d)
  local parts = {}
  for i, r in ipairs(d.records) do
    parts[i] = string.char(r.type) .. uint(r.version, 2) .. uint(r.epoch, 2) .. uint(r.sequence, 6) ..
      uint(r.length or #r.fragment, 2) .. r.fragment
  end
  return parts
end

-- The parts of a datagram, cut where it is cut.
function P.datagram_parts(d)
  local parts = shown[d.kind](d)
  parts[#parts + 1] = d.tail
  if not d.cut then return parts end
  local left, kept = d.cut, {}
  for _, part in ipairs(parts) do
    local text = type(part) == "string" and part or ""
    if left > 0 then kept[#kept + 1] = type(part) == "string" and text:sub(1, left) or part end
    left = left - #text
  end
  return kept
end

-- Its bytes; authorization is the value of option 4209 of who sends it.
function P.datagram_bytes(d, authorization)
  local texts = {}
  for i, part in ipairs(P.datagram_parts(d)) do
    texts[i] = type(part) == "table" and t.option(part.delta, authorization or "") or part
  end
  return table.concat(texts)
end

-- How scripts write it: t.hex "..." and, where the device's credentials are meant, its authorization.
function P.datagram_source(d)
  local words, has_credential = {}, false
  for _, part in ipairs(P.datagram_parts(d)) do
    if type(part) == "table" then
      words[#words + 1] = ("t.option(%d, dev.authorization)"):format(part.delta)
      has_credential = true
    elseif part ~= "" then
      words[#words + 1] = ('t.hex "%s"'):format(P.hex(part))
    end
  end
  if #words == 0 then return '""' end
  return has_credential and "{ " .. table.concat(words, ", ") .. " }" or table.concat(words, " .. ")
end

-- --- CoAP -----------------------------------------------------------------------------------------------------------

local odd_values = {
  [11] = { "", ".", "..", "v1", "v2", "\0", "\xff\xfe", "a/b", "%2e", ("p"):rep(255), ("p"):rep(256) },
  [15] = { "", "=", "ct=", "ct=x", "ct=-1", "ct=1.5", "ct=99999999999999999999", "as=", "device=\xff", "application==",
           "&&&", "data_schema=", "data_schema=%zz", "device=%", ("q"):rep(255), ("q"):rep(256), "\0" },
  [4209] = { "", "Basic", "Basic ", "Basic =", "Basic ====", "basic eDp5", "Basic eDp5", "Bearer x", "Basic \xff\xff",
             "Basic " .. ("QUFB"):rep(200), "Basic QA==", "Basic OjpA" },
  [4210] = { "", "x", ("n"):rep(255), ("n"):rep(256), "\xff\xfe", "\0" },
}
local odd_lengths = { 0, 1, 2, 3, 4, 7, 8, 9, 12, 13, 14, 255, 256, 268, 269, 270, 700 }
local numbers = { 1, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 17, 20, 23, 27, 28, 35, 39, 60, 258, 292, 252, 2048, 4209, 4210,
                  4211, 65000, 65535 }
local formats = { "", "\42", "\50", "\60", "\112", "\0\0", "\xff\xff", "\1\2\3" }
local codes = { 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 31, 32, 64, 68, 69, 95, 128, 160, 192, 224, 225, 255 }

local function odd_value(chance, number)
  local list = odd_values[number]
  if list and chance(3) > 1 then return one_of(chance, list) end
  if (number == 23 or number == 27) and chance(4) > 1 then -- Block2, Block1: RFC 7959 2.2
    return t.block(one_of(chance, { 0, 0, 1, 2, 15, 4095, 1048575 }), chance(2) == 1, chance(8) - 1)
  end
  return bytes(chance, one_of(chance, odd_lengths))
end

local function add_option(d, number, value)
  local at = #d.options + 1
  while at > 1 and d.options[at - 1].number > number do at = at - 1 end
  table.insert(d.options, at, { number = number, value = value })
end

local function any_option(d, chance) return #d.options > 0 and chance(#d.options) or nil end

-- Each puts one fault into a message.
local coap_faults = {
  version = function(d, chance) d.version = one_of(chance, { 0, 2, 3 }) end,
  type = function(d, chance) d.type = chance(4) - 1 end,
  token_length = function(d, chance) d.token_length = chance(16) - 1 end,
  long_token = function(d, chance)
    d.token = bytes(chance, 8 + chance(7))
    d.token_length = #d.token
  end,
  code = function(d, chance) d.code = chance(3) == 1 and chance(256) - 1 or one_of(chance, codes) end,
  lost = function(d, chance)
    local i = any_option(d, chance)
    if i then table.remove(d.options, i) end
  end,
  again = function(d, chance) -- the same option once more
    local i = any_option(d, chance)
    if i then table.insert(d.options, i, P.copy(d.options[i])) end
  end,
  order = function(d, chance)
    local i, k = any_option(d, chance), any_option(d, chance)
    if i then d.options[i], d.options[k] = d.options[k], d.options[i] end
  end,
  value = function(d, chance)
    local i = any_option(d, chance)
    if i then d.options[i] = { number = d.options[i].number, value = odd_value(chance, d.options[i].number) } end
  end,
  another = function(d, chance, g)
    local number = chance(8) == 1 and chance(65536) - 1 or one_of(chance, g.options)
    add_option(d, number, odd_value(chance, number))
  end,
  delta = function(d, chance)
    local i = any_option(d, chance)
    if i and not d.options[i].is_credential then d.options[i].delta_nibble = one_of(chance, { 13, 14, 15, 15 }) end
  end,
  length = function(d, chance)
    local i = any_option(d, chance)
    if not i or d.options[i].is_credential then return end
    if chance(2) == 1 then
      d.options[i].length_nibble = one_of(chance, { 13, 14, 15, 15 })
    else
      d.options[i].length = one_of(chance, { 0, 1, #d.options[i].value + 1, 300, 65804 })
    end
  end,
  marker = function(d, chance) d.marker = one_of(chance, { "", "\xff", "\xff\xff" }) end,
  lone_marker = function(d) d.marker, d.payload = "\xff", nil end,
  payload = function(d, chance) d.marker, d.payload = "\xff", bytes(chance, one_of(chance, odd_lengths)) end,
  cut = function(d, chance) d.cut = chance(24) - 1 end,
  tail = function(d, chance) d.tail = bytes(chance, chance(40)) end,
}

-- Faults that leave a message readable: every other message has no others, as what cannot be read is not looked into.
local readable = { "again", "again", "again", "value", "value", "another", "another", "order", "lost", "code", "type",
                   "payload" }

-- A good publish to the channel f<serial>; optional options by chance.
local function good_message(g, chance, serial, has_credential)
  local d = { kind = "coap", version = 1, type = chance(4) == 1 and 1 or 0, code = 2, mid = serial & 0x7fff,
              token = bytes(chance, chance(9) - 1), options = {}, marker = "\xff", payload = "[" .. serial .. "]" }
  d.token_length = #d.token
  add_option(d, 11, "v1")
  add_option(d, 11, "f" .. serial)
  if chance(3) == 1 then add_option(d, 12, one_of(chance, formats)) end
  if chance(3) == 1 then add_option(d, 15, odd_value(chance, 15)) end
  if chance(3) > 1 then add_option(d, 4210, odd_value(chance, 4210)) end
  if chance(4) == 1 then add_option(d, one_of(chance, g.options), "") end
  if has_credential and chance(8) > 1 then
    add_option(d, 4209, "")
    for _, option in ipairs(d.options) do option.is_credential = option.number == 4209 or nil end
  end
  return d
end

-- --- DTLS records ---------------------------------------------------------------------------------------------------

local function hello_body(chance)
  local random, cookie = bytes(chance, 32), bytes(chance, one_of(chance, { 0, 0, 16, 20, 32, 255 }))
  local suites = "\xc0\xa8\xc0\xae" .. bytes(chance, 2 * (chance(4) - 1))
  local extensions = uint(chance(60), 2) .. uint(chance(8), 2) .. bytes(chance, chance(12))
  return "\xfe\xfd" .. random .. string.char(chance(4) == 1 and chance(256) - 1 or 0) ..
    string.char(chance(4) == 1 and chance(256) - 1 or #cookie) .. cookie .. uint(chance(4) == 1 and chance(65536) - 1 or
    #suites, 2) .. suites .. "\1\0" .. uint(chance(4) == 1 and chance(65536) - 1 or #extensions, 2) .. extensions
end

local fragments = {
  [20] = function(chance) return one_of(chance, { "\1", "", "\0", "\1\1" }) end,
  [21] = function(chance)
    local description = one_of(chance, { 0, 10, 20, 40, 46, 80, 90, 100, 255 })
    return string.char(chance(2), description) .. bytes(chance, chance(3) - 1)
  end,
  [22] = function(chance)
    local kind = one_of(chance, { 0, 1, 1, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 255 })
    local body = kind == 1 and hello_body(chance) or bytes(chance, chance(60) - 1)
    local whole = one_of(chance, { #body, #body, #body + 1, 0, 0xffffff, 0x4000 })
    local at = one_of(chance, { 0, 0, 1, #body, 0xffffff })
    local len = one_of(chance, { #body, #body, 0, #body + 7, 0xffffff })
    return string.char(kind) .. uint(whole, 3) .. uint(one_of(chance, { 0, 0, 1, 7, 0xffff }), 2) .. uint(at, 3) ..
      uint(len, 3) .. body
  end,
  [23] = function(chance) return bytes(chance, one_of(chance, { 0, 1, 7, 8, 15, 16, 17, 24, 25, 60, 300 })) end,
}
local contents = { 20, 20, 21, 21, 22, 22, 22, 23, 23, 24, 25, 0, 255 }
local dtls_faults = {
  version = function(r, chance) r.version = one_of(chance, { 0xfeff, 0xfefc, 0x0303, 0, 0xffff }) end,
  epoch = function(r, chance) r.epoch = one_of(chance, { 0, 1, 2, 0x7fff, 0xffff }) end,
  sequence = function(r, chance) r.sequence = one_of(chance, { 0, 1, 2, 0xffffffff, 0xffffffffffff }) end,
  length = function(r, chance)
    r.length = one_of(chance, { 0, 1, math.max(#r.fragment - 1, 0), #r.fragment + 1, 0x4000, 0x4801, 0xffff })
  end,
  content = function(r, chance) r.type = chance(256) - 1 end,
  fragment = function(r, chance) r.fragment = bytes(chance, one_of(chance, odd_lengths)) end,
}

local function a_record(chance)
  local content = one_of(chance, contents)
  local fragment = (fragments[content] or fragments[23])(chance)
  return { type = content, version = 0xfefd, epoch = chance(2) - 1, sequence = chance(1000) - 1, fragment = fragment }
end

-- --- grammars -------------------------------------------------------------------------------------------------------

local function faults_of(fields, all, what)
  local names = P.sorted_keys(all)
  for _, name in ipairs(fields.only or {}) do
    if not all[name] then
      local nearest = P.nearest(name, names)
      P.mistake("%s: there is no fault %s%s", what, P.show(name), nearest and (", is `" .. nearest .. "` meant?") or "")
    end
  end
  return fields.only or names
end

P.coap_message_fields = P.set "faults only options"
P.dtls_record_fields = P.set "faults only records"

--- For c:fuzz: publishes with up to `faults` faults each (4). only: names of faults; options: numbers that are tried.
function t.coap_message(fields)
  fields = P.strict(fields, P.coap_message_fields, "t.coap_message")
  local g = { options = fields.options or numbers }
  local names, most = faults_of(fields, coap_faults, "t.coap_message"), fields.faults or 4
  return { is_grammar = true, make = function(chance, serial, has_credential)
    local d = good_message(g, chance, serial, has_credential)
    local chosen = not fields.only and chance(2) == 1 and readable or names
    for _ = 1, chance(most) do coap_faults[one_of(chance, chosen)](d, chance, g) end
    return d
  end }
end

--- For c:fuzz: datagrams of up to `records` DTLS records (3), sent beside the session; `faults` a record at most (2).
function t.dtls_record(fields)
  fields = P.strict(fields, P.dtls_record_fields, "t.dtls_record")
  local names = faults_of(fields, dtls_faults, "t.dtls_record")
  return { is_grammar = true, beside = true, make = function(chance)
    local d = { kind = "dtls", records = {} }
    for i = 1, chance(fields.records or 3) do
      d.records[i] = a_record(chance)
      for _ = 1, chance(1 + (fields.faults or 2)) - 1 do dtls_faults[one_of(chance, names)](d.records[i], chance) end
    end
    if chance(8) == 1 then d.cut = chance(40) - 1 end
    if chance(8) == 1 then d.tail = bytes(chance, chance(30)) end
    return d
  end }
end
