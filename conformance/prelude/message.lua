-- What devices send: requests from their fields, raw bytes, and records of what went and came.
local host, P = ...

-- The shortest form of a uint option (RFC 7252 3.2).
function P.uint_bytes(n)
  if math.type(n) ~= "integer" or n < 0 then P.mistake("an option's number must be 0 or more, not %s", P.show(n)) end
  local bytes = ""
  while n > 0 do bytes, n = string.char(n & 255) .. bytes, n >> 8 end
  return bytes
end

local function percent_decoded(text)
  return (text:gsub("%%(%x%x)", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Uri-Path and Uri-Query values of "/v1/a%20b?x=1&y=2" as RFC 7252 6.4 makes them; a list stands as it is.
function P.path_segments(path)
  if type(path) == "table" then
    local key = next(path)
    if key ~= nil and math.type(key) ~= "integer" then
      P.mistake("a path is expected before the fields: dev:post(\"/v1/temp\", { %s = ... })", tostring(key))
    end
    return path, {}
  end
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then P.mistake("a path begins with /, not %s", P.show(path)) end
  local rest, query = path:match("^/([^?]*)%??(.*)$")
  local segments, queries = {}, {}
  if rest ~= "" then
    for segment in (rest .. "/"):gmatch("([^/]*)/") do segments[#segments + 1] = percent_decoded(segment) end
  end
  if query ~= "" then
    for part in (query .. "&"):gmatch("([^&]*)&") do queries[#queries + 1] = percent_decoded(part) end
  end
  return segments, queries
end

local function add_values(options, number, values)
  if type(values) ~= "table" then values = { values } end
  for _, value in ipairs(values) do
    if type(value) == "number" then value = P.uint_bytes(value) end
    if value == true then value = "" end
    if type(value) ~= "string" then P.mistake("option %d: a text or a number is expected", number) end
    options[#options + 1] = { number = number, value = value }
  end
end

local function add_query(options, query)
  if #query > 0 then
    add_values(options, 15, query)
    return
  end
  for _, name in ipairs(P.sorted_keys(query)) do
    local value = query[name]
    if math.type(value) == "float" and value == math.floor(value) then value = math.floor(value) end
    add_values(options, 15, ("%s=%s"):format(name, tostring(value)))
  end
end

-- The options of a request; authorization: value of option 4209 or nil.
function P.request_options(path, opts, authorization)
  local options = {}
  local segments, queries = P.path_segments(path)
  add_values(options, 11, segments)
  add_values(options, 15, queries)
  if opts.query then add_query(options, type(opts.query) == "string" and { opts.query } or opts.query) end
  if opts.format then add_values(options, 12, P.format_number(opts.format)) end
  if authorization then add_values(options, 4209, authorization) end
  for _, name in ipairs(P.sorted_keys(opts.options or {})) do
    add_values(options, P.option_number(name), opts.options[name])
  end
  return options
end

local types = P.set "CON NON ACK RST"

function P.check_type(value)
  if types[value] ~= true then
    P.mistake("type: %s is no type of messages: write \"CON\", \"NON\", \"ACK\" or \"RST\"", P.show(value))
  end
end

-- The datagram of a message's fields.
function P.write(message)
  P.check_type(message.type)
  for _, name in ipairs { "token", "payload" } do
    local value = message[name]
    if value ~= nil and type(value) ~= "string" and type(value) ~= "number" then
      P.mistake("%s: a text is expected, not %s", name, P.show(value))
    end
  end
  return host.write(message)
end

-- Bytes of { 0x40, "text", { 1, 2 } }.
function P.raw_bytes(parts)
  local bytes = {}
  for i, part in ipairs(parts) do
    if type(part) == "number" then
      if part < 0 or part > 255 then P.mistake("send_raw: %s is no byte", part) end
      bytes[i] = string.char(part)
    else
      bytes[i] = type(part) == "table" and P.raw_bytes(part) or part
    end
  end
  return table.concat(bytes)
end

-- Passwords (option 4209) made unreadable, as long as before.
local function masked(bytes)
  return (bytes:gsub("Basic ([%w+/=]+)", function(secret) return "Basic " .. ("x"):rep(#secret) end))
end

P.record_count = 0

-- What went or came: bytes, when, between whom.
function P.new_record(dev, bytes, at_us)
  P.record_count = P.record_count + 1
  local record = host.read(bytes)
  record.hex = P.hex(P.about and P.about.redact and masked(bytes) or bytes)
  if P.about and P.about.redact then record.shown = host.read(masked(bytes)).shown end
  record.dev, record.at_us, record.number = dev, at_us, P.record_count
  return record
end
