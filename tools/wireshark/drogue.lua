-- Drogue over CoAP for Wireshark and tshark: options 4209 (authorization, without its password) and 4210
-- (command), channel and parameters, and which request waited for which command. Every field can be filtered
-- by: `drogue.command`, `drogue.user == "device1@example-app"`, `drogue.waited > 10`.
--
-- Once:        tshark -2 -X lua_script:tools/wireshark/drogue.lua -r case.pcapng   (-2: requests know their answers)
-- For good:    copy it to ~/.local/lib/wireshark/plugins
-- Other ports: -d udp.port==40001,coap   and   -d udp.port==40002,dtls
--
-- It works behind Wireshark's own CoAP, decrypted DTLS included, and reads the options again from the message's
-- bytes: Wireshark's fields do not tell the numbers of options that it does not know. Written in what Lua 5.2
-- and 5.4 have in common.

local AUTHORIZATION, COMMAND = 4209, 4210
local URI_PATH, URI_QUERY = 11, 15 -- RFC 7252 5.10
local PAYLOAD_MARKER = 0xff

local drogue = Proto("drogue", "Drogue IoT")
local f = {
  scheme = ProtoField.string("drogue.scheme", "Scheme of option 4209"),
  user = ProtoField.string("drogue.user", "User"),
  channel = ProtoField.string("drogue.channel", "Channel"),
  application = ProtoField.string("drogue.application", "Parameter application"),
  device = ProtoField.string("drogue.device", "Parameter device"),
  as = ProtoField.string("drogue.as", "Parameter as"),
  data_schema = ProtoField.string("drogue.data_schema", "Parameter data_schema"),
  ct = ProtoField.uint32("drogue.ct", "Waits for a command, seconds"),
  command = ProtoField.string("drogue.command", "Command"),
  answered_in = ProtoField.framenum("drogue.answered_in", "Answered in", base.NONE, frametype.RESPONSE),
  request_in = ProtoField.framenum("drogue.request_in", "Answers the request in", base.NONE, frametype.REQUEST),
  command_in = ProtoField.framenum("drogue.command_in", "Gets the command in", base.NONE, frametype.RESPONSE),
  waited = ProtoField.double("drogue.waited", "Seconds from request to answer"),
}
drogue.fields = { f.scheme, f.user, f.channel, f.application, f.device, f.as, f.data_schema, f.ct, f.command,
  f.answered_in, f.request_in, f.command_in, f.waited }

local bad_option = ProtoExpert.new("drogue.bad_authorization", "Option 4209 is no Basic credential",
  expert.group.MALFORMED, expert.severity.WARN)
local bad_ct = ProtoExpert.new("drogue.bad_ct", "Parameter ct is no whole number of seconds",
  expert.group.MALFORMED, expert.severity.WARN)
drogue.experts = { bad_option, bad_ct }

local coap = Field.new("coap")

-- Per capture. A request is known by its ends and token; what was found out is kept by message, since Wireshark
-- shows packets again in any order.
local open_requests, links

function drogue.init()
  open_requests, links = {}, {}
end

-- RFC 4648 4, padding or none; nil when it is something else.
local function base64_decode(text)
  local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local out, bits, count = {}, 0, 0
  for c in text:gsub("=+$", ""):gmatch(".") do
    local value = alphabet:find(c, 1, true)
    if not value then
      return nil
    end
    bits, count = bits * 64 + value - 1, count + 6
    if count >= 8 then
      count = count - 8
      local rest = 2 ^ count
      out[#out + 1] = string.char(math.floor(bits / rest))
      bits = bits % rest
    end
  end
  return table.concat(out)
end

-- The four bits of a delta or length, and what follows them (RFC 7252 3.1): value and place behind; nil when cut.
local function extended(range, nibble, at)
  if nibble < 13 then
    return nibble, at
  end
  local size = nibble - 12
  if nibble == 15 or at + size > range:len() then
    return nil
  end
  return range(at, size):uint() + (nibble == 13 and 13 or 269), at + size
end

-- Calls found(number, range of the value) for each option; range of an empty one is that of its header.
local function each_option(range, at, found)
  local number = 0
  while at < range:len() do
    local head, from = range(at, 1):uint(), at
    if head == PAYLOAD_MARKER then
      return
    end
    local delta, length
    delta, at = extended(range, math.floor(head / 16), at + 1)
    if not delta then
      return
    end
    length, at = extended(range, head % 16, at)
    if not length or at + length > range:len() then
      return
    end
    number = number + delta
    found(number, length > 0 and range(at, length) or range(from, 1), length)
    at = at + length
  end
end

local function text_of(range, length)
  return length > 0 and range:raw() or ""
end

local function percent_decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- What a message says, as { field, range, value } in order; and what decides how it is linked.
local function read(range)
  local token_length = range(0, 1):uint() % 16
  local m = { code = range(1, 1):uint(), id = range(2, 2):uint(), items = {}, faults = {}, path = {} }
  local function item(field, part, value)
    m.items[#m.items + 1] = { field, part, value }
  end
  local readers = {
    [AUTHORIZATION] = function(part, value)
      local scheme, rest = value:match("^(%S+) ?(.*)$")
      local user = scheme == "Basic" and (base64_decode(rest) or ""):match("^([^:]*):")
      item(f.scheme, part, scheme or "")
      if user then
        m.user = user
        item(f.user, part, user) -- and not a word of what stands behind the colon
      else
        m.faults[#m.faults + 1] = bad_option
      end
    end,
    [COMMAND] = function(part, value)
      m.command = value
      item(f.command, part, value)
    end,
    [URI_PATH] = function(part, value)
      m.path[#m.path + 1] = value
      if #m.path == 2 and m.path[1] == "v1" then
        m.channel = value
        item(f.channel, part, value)
      end
    end,
    [URI_QUERY] = function(part, value)
      for pair in value:gmatch("[^&]+") do
        local name, text = pair:match("^([^=]*)=(.*)$")
        if (name == "ct" or name == "commandTimeout") and text:match("^%d+$") and #text < 10 then
          m.ct = tonumber(text)
          item(f.ct, part, m.ct)
        elseif name == "ct" or name == "commandTimeout" then
          m.faults[#m.faults + 1] = bad_ct
        elseif f[name] and (name == "application" or name == "device" or name == "as" or name == "data_schema") then
          item(f[name], part, percent_decode(text))
        end
      end
    end,
  }
  if 4 + token_length > range:len() then
    return m
  end
  m.token = token_length > 0 and range(4, token_length):bytes():tohex() or ""
  each_option(range, 4 + token_length, function(number, part, length)
    if readers[number] then
      readers[number](part, text_of(part, length))
    end
  end)
  return m
end

local function class_of(message)
  return math.floor(message.code / 32)
end

-- Finds out, the first time that a message is seen, what it answers. One that is sent again is the same.
local function link(message, pinfo, key)
  local from, to = tostring(pinfo.src) .. " " .. pinfo.src_port, tostring(pinfo.dst) .. " " .. pinfo.dst_port
  if class_of(message) == 0 and message.code ~= 0 then
    local ends = from .. " " .. to .. " " .. message.token
    local before = open_requests[ends]
    if not before or before.id ~= message.id then
      open_requests[ends] = { id = message.id, frame = pinfo.number, time = pinfo.abs_ts, ct = message.ct }
    end
    links[key] = { request = open_requests[ends] }
  elseif class_of(message) >= 2 then
    local request = open_requests[to .. " " .. from .. " " .. message.token]
    if request and not request.answer then
      request.answer = { frame = pinfo.number, command = message.command }
    end
    links[key] = { answers = request, waited = request and pinfo.abs_ts - request.time }
  end
end

local function add_links(tree, message, key)
  local known = links[key]
  local request, answer = known and known.answers, known and known.request and known.request.answer
  if answer then
    tree:add(f.answered_in, answer.frame):set_generated()
    if answer.command then
      tree:add(f.command_in, answer.frame):set_generated()
    end
  end
  if request then
    tree:add(f.request_in, request.frame):set_generated()
    if request.ct or message.command then
      tree:add(f.waited, known.waited):set_generated()
    end
  end
  return request
end

-- One line of the packet list.
local function summary(message)
  local parts = {}
  for _, part in ipairs({ { "", message.user }, { "channel ", message.channel }, { "ct=", message.ct },
    { "command ", message.command } }) do
    if part[2] then
      parts[#parts + 1] = part[1] .. part[2]
    end
  end
  return table.concat(parts, " ")
end

local function show(range, pinfo, root, key)
  local message = read(range)
  if not message.token then
    return
  end
  if not pinfo.visited then
    link(message, pinfo, key)
  end
  local tree = root:add(drogue, range)
  for _, item in ipairs(message.items) do
    tree:add(item[1], item[2], item[3])
  end
  for _, fault in ipairs(message.faults) do
    tree:add_proto_expert_info(fault)
  end
  local request = add_links(tree, message, key)
  local line = summary(message)
  if line ~= "" then
    tree:append_text(": " .. line)
    pinfo.cols.info:append(" [" .. line .. "]")
  elseif request and request.ct then
    tree:append_text(": the end of a wait")
  end
end

function drogue.dissector(_, pinfo, root)
  for i, message in ipairs({ coap() }) do
    if message.len >= 4 then
      show(message.range, pinfo, root, pinfo.number .. "/" .. i)
    end
  end
end

register_postdissector(drogue)
