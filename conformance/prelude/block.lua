-- Block-wise transfers by the client. RFC 7959.
local _, P = ...

local function szx_of(size)
  for szx = 0, 6 do
    if 16 << szx == size then return szx end
  end
  P.mistake("block1: a block has 16, 32, 64, 128, 256, 512 or 1024 bytes, not %s", P.show(size))
end

local function copy_of(values, changes)
  local copy = {}
  for key, value in pairs(values) do copy[key] = value end
  for key, value in pairs(changes) do copy[key] = value end
  return copy
end

-- num, more, szx of a Block option's value (RFC 7959 2.2).
function P.block_of(value)
  local n = P.uint_of(value)
  if not n then return nil end
  return n >> 4, n & 8 ~= 0, n & 7
end

local function block_opts(opts, num, more, szx, payload)
  local options = copy_of(opts.options or {}, { [27] = P.t.block(num, more, szx) })
  local changes = { options = options, payload = payload, block1 = false }
  if num > 0 then changes.mid, changes.token = nil, nil end
  local made = copy_of(opts, changes)
  if num > 0 then made.mid, made.token = nil, nil end
  return made
end

-- Sends opts.payload in blocks; gives the exchange of the last block that was sent. A block that is not answered
-- 2.31 ends the upload: its exchange is the one to judge.
function P.upload(dev, code, path, opts)
  local fields = opts.block1
  fields = type(fields) == "table" and P.strict(fields, P.set "size", "block1") or { size = fields }
  local size, szx = fields.size, szx_of(fields.size)
  local payload, at, blocks = opts.payload or "", 0, {}
  while true do
    local more = at + size < #payload
    local post = dev:start(code, path, block_opts(opts, at // size, more, szx, payload:sub(at + 1, at + size)))
    blocks[#blocks + 1] = post
    post.blocks = blocks
    if not more then return post end
    local answer = post:await()
    if not answer or answer.code ~= "2.31" then return post end
    at = at + size
    local _, _, smaller = P.block_of(P.option_values(answer, 27)[1])
    if smaller and smaller < szx and at % (16 << smaller) == 0 then szx, size = smaller, 16 << smaller end
  end
end

-- Fetches what follows the first block of a response, and puts the whole payload into it (RFC 7959 2.4). The
-- pieces stay in exchange.fragments.
function P.fetch_blocks(exchange)
  local response = exchange.response
  local num, more, szx = P.block_of(P.option_values(response, 23)[1])
  if not num or num > 0 or not more or exchange.fragments then return end
  exchange.fragments = { response }
  local parts = { response.payload }
  while more and #parts < 100000 do
    num = num + 1
    local options = copy_of(exchange.opts.options or {}, { [23] = P.t.block(num, false, szx) })
    local opts = copy_of(exchange.opts, { options = options, block2 = false })
    opts.payload, opts.mid, opts.token, opts.format, opts.block1 = nil, nil, nil, nil, nil
    options[27] = nil
    local next_block = exchange.dev:start(exchange.request_code, exchange.path, opts)
    local answer = next_block:await()
    exchange.fragments[#exchange.fragments + 1] = answer
    if not answer or answer.code ~= response.code then break end
    local got_num, got_more, got_szx = P.block_of(P.option_values(answer, 23)[1])
    if got_num ~= num or got_szx ~= szx then break end
    parts[#parts + 1], more = answer.payload, got_more
  end
  response.payload = table.concat(parts)
end
