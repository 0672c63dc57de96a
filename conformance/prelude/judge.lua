-- The judge: fields of an expectation against a message, and the text of a failure.
local host, P = ...

P.message_fields = P.set [[code class type mid token payload format options reason within between since
  transmissions same_as source separate lawful optional]]

-- What stands where in a datagram: for the caret under the hex.
local function range_of(field, message)
  if field == "type" or field == "wellformed" then return message.fault_at or 0, 1 end
  if field == "code" or field == "class" then return 1, 1 end
  if field == "mid" then return 2, 2 end
  if field == "token" then return 4, math.max(#message.token, 1) end
  if field == "payload" or field == "reason" then return message.payload_at, #message.payload end
  local number = field == "format" and 12 or tonumber(field:match("^options%.(%d+)$"))
  for _, option in ipairs(message.options) do
    if option.number == number then return option.at, option.len end
  end
end

local per_line = 24

-- Hex of the datagram around a range, and a caret line below it.
local function hex_with_caret(message, field)
  local at, len = range_of(field, message)
  local from = at and at - at % per_line or 0
  local bytes = message.bytes:sub(from + 1, from + per_line)
  local lines = { (from > 0 and ("@%-4d "):format(from) or "") .. P.hex(bytes, " "):sub(1, -2) ..
                  (#message.bytes > from + per_line and (" ... %d B"):format(#message.bytes) or "") }
  if at and len and len > 0 then
    local before = (from > 0 and 6 or 0) + (at - from) * 3
    local width = math.min(len, per_line - (at - from)) * 3 - 1
    lines[2] = (" "):rep(before) .. ("^"):rep(width)
  end
  return lines
end

local function line_of(out, label, text)
  out[#out + 1] = ("  %-9s %s"):format(label, text)
end

local function add_message(out, label, record)
  line_of(out, label, ("#%d  %+.3f s  %s"):format(record.number or 0, record.at_us / 1e6, record.shown))
end

-- The mutants that the case kills at this field.
local function known_as(kills, field)
  local names = {}
  for _, kill in ipairs(kills or {}) do
    if kill.field == nil or kill.field == field then names[#names + 1] = ('mutant "%s"'):format(kill.mutant) end
  end
  return names[1] and table.concat(names, ", ")
end

-- The whole text of a finding. finding.request and finding.message are records, both may be missing.
function P.failure_text(finding, about)
  local out = { ("%s %s rev %d  %s        %s  %s"):format(finding.verdict, about.id, about.rev, about.title,
                                                          about.level, table.concat(about.refs or {}, " ")) }
  local step = finding.step ~= "" and finding.step and ('step "%s"   '):format(finding.step) or ""
  if finding.file then
    out[#out + 1] = ("  %s%s:%d"):format(step, finding.file, finding.line)
    local source = host.source_line(finding.file, finding.line)
    if source then out[#out + 1] = ("    %4d | %s"):format(finding.line, source) end
  end
  if finding.request then add_message(out, "sent", finding.request) end
  local message = finding.message
  if message then
    add_message(out, "received", message)
    local hex = hex_with_caret(message, finding.field or "")
    line_of(out, "", hex[1])
    if hex[2] then line_of(out, "", hex[2]) end
  end
  if finding.expected then
    line_of(out, finding.field or "", "expected " .. finding.expected)
    line_of(out, "", "actual   " .. (finding.got or "nothing"))
  end
  if finding.reason then line_of(out, "because", finding.reason) end
  if finding.nearest then line_of(out, "nearest", finding.nearest) end
  if finding.lawful then line_of(out, "lawful", finding.lawful) end
  if about.claim then line_of(out, "or", about.claim) end
  if about.evidence then line_of(out, "evidence", about.evidence) end
  if about.again then line_of(out, "again", about.again) end
  local known = known_as(about.kills, finding.field)
  if known then line_of(out, "known as", known) end
  if finding.detail then out[#out + 1] = finding.detail end
  return table.concat(out, "\n") .. "\n"
end

-- One field with its verdict: nil when it passes, else verdict, expected, got.
local function compare(expected, value, context, got)
  local result = P.match(expected, value, context)
  if result == "pass" then return nil end
  return result:upper(), P.show(expected), got or P.show(value)
end

local function values_of(message, number)
  local values = {}
  for _, option in ipairs(message.options) do
    if option.number == number then values[#values + 1] = option.value end
  end
  return values
end
P.option_values = values_of

local function option_number(name)
  local number = type(name) == "number" and name or host.option_number(name)
  if not number then P.mistake("options: there is no option %s", P.show(name)) end
  return number
end
P.option_number = option_number

-- An option: a text is one option with these bytes, a number one with this uint, a list all of them.
local function judge_option(message, number, expected)
  local values = values_of(message, number)
  local got = #values == 0 and "no such option" or P.show(#values == 1 and values[1] or values)
  if type(expected) == "table" and not expected.is_matcher then
    for i = 1, math.max(#expected, #values) do
      if P.match(expected[i], values[i]) ~= "pass" then return "FAIL", P.show(expected), got end
    end
    return nil
  end
  if #values > 1 then return "FAIL", P.show(expected) .. ", once", got end
  if type(expected) == "number" then return compare(expected, P.uint_of(values[1]), nil, got) end
  return compare(expected, values[1], nil, got)
end

local function judge_reason(message, context)
  local format = P.uint_of(values_of(message, 12)[1])
  if P.t.text:test(message.payload) ~= "pass" then
    return "FAIL", "a reason: UTF-8 text, not empty", P.show(message.payload)
  end
  if format ~= nil and format ~= 0 and format ~= 257 then
    return "FAIL", "a reason without Content-Format (0 and 257 pass)", "Content-Format " .. format
  end
  local sent = context.request and context.request.payload or ""
  if #sent > 0 and message.payload == sent then return "FAIL", "a reason", "the request's own payload" end
end

local function format_number(format)
  if type(format) == "number" or type(format) == "table" then return format end
  return host.format_number(format) or P.mistake("format: %s has no Content-Format number", P.show(format))
end
P.format_number = format_number

-- Low and high end in us of `between`.
local function bounds_of(between)
  if between.is_window then
    local base = P.us(between.name) * 2 ^ (between.n - 1)
    return base, base * P.parameters.ACK_RANDOM_FACTOR
  end
  return P.us(between[1]), P.us(between[2])
end

local function judge_between(between, elapsed_us)
  local low, high = bounds_of(between)
  if elapsed_us >= P.earliest_us(low) and elapsed_us <= P.latest_us(high) then return nil end
  return "FAIL", ("%s to %s"):format(P.show_us(low), P.show_us(high)), P.show_us(elapsed_us)
end

local judges = {
  { "code", function(m, want)
    if type(want) == "number" or (type(want) == "string" and not want:find("^[0-7]%.%d%d$")) then
      P.mistake("code: %s is no code: write it as \"2.04\"", P.show(want))
    end
    return compare(want, m.code, nil, m.code_text)
  end },
  { "class", function(m, want) return compare(want, tonumber(m.code:sub(1, 1)), nil, m.code_text) end },
  { "type", function(m, want, x)
    if type(want) == "string" then P.check_type(want) end
    return compare(want, m.type, { same = x.request and x.request.type })
  end },
  { "mid", function(m, want, x)
    return compare(want, m.mid, { same = x.request and x.request.mid }, ("0x%04x"):format(m.mid))
  end },
  { "token", function(m, want, x)
    return compare(want, m.token, { same = x.request and x.request.token }, "token " .. P.hex(m.token))
  end },
  { "same_as", function(m, want) return compare(want.bytes, m.bytes, nil, m.shown) end },
  { "separate", function(m, want) return compare(want, m.type ~= "ACK") end },
  { "format", function(m, want) return compare(format_number(want), P.uint_of(values_of(m, 12)[1])) end },
  { "payload", function(m, want) return compare(want, m.payload) end },
  { "reason", function(m, want, x) if want then return judge_reason(m, x) end end },
  { "within", function(m, want, x)
    local limit = P.us(want)
    if m.at_us - x.start_us > P.latest_us(limit) then
      return "FAIL", "within " .. P.show_us(limit), P.show_us(m.at_us - x.start_us)
    end
  end },
  { "between", function(m, want, x) return judge_between(want, m.at_us - x.start_us) end },
  { "transmissions", function(_, want, x) return compare(want, x.transmissions) end },
}

-- All that is wrong with a message: a list of findings, the first is the one that counts. context: request (what
-- was sent), start_us (for times), transmissions.
function P.judge(message, fields, context)
  local findings = {}
  local function add(field, verdict, expected, got)
    if not verdict then return end
    findings[#findings + 1] = { verdict = verdict, field = field, expected = expected, got = got, message = message,
                                request = context.request and context.request.record, lawful = fields.lawful }
  end
  for _, row in ipairs(judges) do
    local want = fields[row[1]]
    if want ~= nil then add(row[1], row[2](message, want, context)) end
    if row[1] == "same_as" then -- options stand between head and payload
      for _, name in ipairs(fields.options and P.sorted_keys(fields.options) or {}) do
        local number = option_number(name)
        add("options." .. number, judge_option(message, number, fields.options[name]))
      end
    end
  end
  return findings
end

-- Raises what judge found; WARNs are noted, the first FAIL ends the case.
function P.demand(findings)
  for _, finding in ipairs(findings) do
    if finding.verdict == "WARN" then P.raise(finding) end
  end
  for _, finding in ipairs(findings) do
    if finding.verdict ~= "WARN" then P.raise(finding) end
  end
end

-- How well a message fits, for choosing between alternatives: 0 passes, 1 warns, 2 or more fails.
function P.badness(findings)
  local worst = 0
  for _, finding in ipairs(findings) do
    worst = math.max(worst, finding.verdict == "WARN" and 1 or 2)
  end
  return worst
end
