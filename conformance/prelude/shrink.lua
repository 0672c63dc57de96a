-- From datagrams that break something to the fewest and smallest that still do. Without network: fails(list) tries.
local _, P = ...

-- A deep copy of tables of plain values.
function P.copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for key, inner in pairs(value) do made[key] = P.copy(inner) end
  return made
end

-- What is to become less: bytes, then bytes that are not zero. Credentials count as 40 bytes.
function P.datagram_cost(d)
  local cost = 0
  for _, part in ipairs(P.datagram_parts(d)) do
    local text = type(part) == "string" and part or ("x"):rep(40)
    cost = cost + 256 * #text + #text - select(2, text:gsub("%z", ""))
  end
  return cost
end

local function without(list, from, to)
  local rest = {}
  for i, item in ipairs(list) do
    if i < from or i > to then rest[#rest + 1] = item end
  end
  return rest
end

-- First halves, then smaller parts: each alone, and each left out.
local function fewer(list, fails, is_over)
  local parts = 2
  while #list > 1 and not is_over() do
    local size, smaller = (#list + parts - 1) // parts, nil
    for at = 1, #list, size do
      local alone = table.move(list, at, math.min(at + size - 1, #list), 1, {})
      if #alone < #list and fails(alone) then
        smaller, parts = alone, 2
        break
      end
    end
    for at = 1, smaller and 0 or #list, size do
      local rest = without(list, at, at + size - 1)
      if parts > 2 and #rest > 0 and fails(rest) then
        smaller, parts = rest, math.max(parts - 1, 2)
        break
      end
    end
    if not smaller and size == 1 then return list end
    list, parts = smaller or list, smaller and parts or math.min(2 * parts, #list)
  end
  return list
end

-- Shorter and zeroed forms of a text.
local function texts_below(text)
  local zeros = ("\0"):rep(#text)
  local half = #text // 2
  if text == "" then return {} end
  return { "", text:sub(1, half), text:sub(1, -2), text:sub(2), zeros }
end

local reductions = {} -- kind -> function(datagram, try): try(copy with a change) for each

local function try_texts(d, try, get, name)
  local text = get(d)[name]
  for _, less in ipairs(type(text) == "string" and texts_below(text) or {}) do
    local copy = P.copy(d)
    get(copy)[name] = less
    try(copy)
  end
end

local function try_change(d, try, change)
  local copy = P.copy(d)
  change(copy)
  try(copy)
end

function reductions.coap(d, try)
  for i = 1, #d.options do try_change(d, try, function(copy) table.remove(copy.options, i) end) end
  try_change(d, try, function(copy) copy.payload, copy.marker = nil, nil end)
  try_change(d, try, function(copy)
    copy.token, copy.token_length = "", copy.token_length == #copy.token and 0 or copy.token_length
  end)
  try_change(d, try, function(copy) copy.tail = nil end)
  for i = 1, #d.options do
    local is_own = d.options[i].is_credential
    if not is_own then try_texts(d, try, function(copy) return copy.options[i] end, "value") end
  end
  try_texts(d, try, function(copy) return copy end, "payload")
end

function reductions.dtls(d, try)
  for i = 1, #d.records do try_change(d, try, function(copy) table.remove(copy.records, i) end) end
  try_change(d, try, function(copy) copy.tail = nil end)
  for i = 1, #d.records do try_texts(d, try, function(copy) return copy.records[i] end, "fragment") end
end

function reductions.raw(d, try)
  local bytes = d.bytes
  if not bytes then return end -- made of parts: credentials are among them
  for _, size in ipairs { #bytes // 2, #bytes // 4, 4, 2, 1 } do
    for at = 1, size > 0 and #bytes or 0, math.max(size, 1) do
      try { kind = "raw", bytes = bytes:sub(1, at - 1) .. bytes:sub(at + size) }
    end
  end
  for at = 1, #bytes do
    try { kind = "raw", bytes = bytes:sub(1, at - 1) .. "\0" .. bytes:sub(at + 1) }
  end
end

-- The smallest form of list[i] with which the list still fails: what is tried must cost less, so it ends.
local function smaller(list, i, fails, is_over)
  local better = true
  while better and not is_over() do
    better = nil
    local cost = P.datagram_cost(list[i])
    reductions[list[i].kind](list[i], function(candidate)
      if better or is_over() or P.datagram_cost(candidate) >= cost then return end
      local changed = table.move(list, 1, #list, 1, {})
      changed[i] = candidate
      if fails(changed) then better = changed end
    end)
    list = better or list
  end
  return list
end

local function has_credential(d)
  for _, part in ipairs(P.datagram_parts(d)) do
    if type(part) == "table" then return true end
  end
end

-- The fewest and smallest datagrams that fails(list) still finds wrong; list itself does. is_over(): no time is left.
function P.shrink(list, fails, is_over)
  list = fewer(list, fails, is_over)
  for i = 1, #list do
    list = smaller(list, i, fails, is_over)
    if list[i].kind ~= "raw" and not has_credential(list[i]) then
      list[i] = { kind = "raw", bytes = P.datagram_bytes(list[i]) }
      list = smaller(list, i, fails, is_over)
    end
  end
  return list
end
