-- A device: a socket (or a DTLS session on it), credentials, its exchanges, and what came for none of them.
local host, P = ...

local device = P.class "device"
device.optional = P.set [[password identity key authorization channel certificate username app record can_publish
  session is_twin registered psk_list handshake_fields]]
P.device_class = device
P.devices = {}
P.receive_max = 256 -- datagrams before others have their turn: a target may send faster than they are taken

function P.new_device(fields)
  local dev = setmetatable(fields, device)
  dev.label = ("dev%d"):format(#P.devices + 1)
  dev.exchanges, dev.inbox, dev.mids_seen = {}, {}, {}
  dev.link = P.new_link(dev)
  P.devices[#P.devices + 1] = dev
  return dev
end

-- The way to the target: opened by the first datagram.
local function channel_of(dev)
  if not dev.channel then
    local open = P.is_replayed() and P.open_replayed or dev.transport == "coaps" and P.open_dtls or P.open_plain
    dev.channel = open(dev)
  end
  return dev.channel
end

-- A channel over plain UDP: send, receive, poll, close.
function P.open_plain(dev)
  if not P.target.coap then
    P.raise { verdict = "INCONCLUSIVE", reason = "the target has no coap:// address" }
  end
  local wire = host.open(P.target.coap, dev.label)
  local arrived = {}
  return {
    send = function(_, bytes)
      dev.link:pass("target", bytes, host.now(), function(b) wire:send(b) end)
    end,
    poll = function(_, now_us)
      for _ = 1, P.receive_max do
        local bytes, at_us, from, ours = wire:receive()
        if not bytes then return dev.link:poll(now_us) end
        dev.link:pass("device", bytes, at_us, function(b, at) arrived[#arrived + 1] = { b, at, from, ours } end)
      end
      dev.link:poll(now_us)
      return now_us
    end,
    receive = function() return table.remove(arrived, 1) end,
    close = function() wire:close() end,
  }
end

-- Sends bytes as they are; gives the record.
function device:transmit(bytes)
  local channel = channel_of(self)
  P.comment()
  local record = P.new_record(self, bytes, host.now())
  P.log("sent", "device", record.shown, { peer = self.label, hex = record.hex })
  P.record { dev = self.label, sent = record.hex }
  channel:send(bytes)
  return record
end

local function check_record(self, record)
  if record.fault then
    P.raise { verdict = "FAIL", field = "wellformed", expected = "well-formed CoAP (RFC 7252 3)", got = record.fault,
              message = record }
  end
  if #record.token > 8 and not P.target.claims["tokens.extended"] then
    P.raise { verdict = "FAIL", field = "wellformed", expected = "a token of at most 8 bytes (RFC 7252 3), as the " ..
              "target does not claim tokens.extended", got = #record.token .. " bytes", message = record }
  end
  if record.ours == false then
    P.raise { verdict = "FAIL", field = "source", expected = "datagrams from where the request went (RFC 7252 5.3.2)",
              got = "from " .. record.from, message = record }
  end
  if record.type ~= "CON" and record.type ~= "NON" then return end
  local before = self.mids_seen[record.mid]
  self.mids_seen[record.mid] = record
  if not before or before.bytes == record.bytes then return end
  local lifetime = before.type == "CON" and "EXCHANGE_LIFETIME" or "NON_LIFETIME"
  if record.at_us - before.at_us < P.us(lifetime) then
    P.raise { verdict = "FAIL", field = "mid", expected = "a message id not used within " .. lifetime, message = record,
              got = ("0x%04x again, after %s"):format(record.mid, P.show_us(record.at_us - before.at_us)) }
  end
end

local function take(self, arrived)
  local record = P.new_record(self, arrived[1], arrived[2])
  record.from, record.ours = arrived[3], arrived[4]
  P.record { dev = self.label, came = record.hex, from = arrived[3], ours = arrived[4] }
  P.log("received", "target", record.fault and (record.shown .. " (" .. record.fault .. ")") or record.shown,
        { peer = self.label, hex = record.hex })
  check_record(self, record)
  for i = #self.exchanges, 1, -1 do
    if self.exchanges[i]:_owns(record) then
      self.exchanges[i]:_take(record)
      return
    end
  end
  self.inbox[#self.inbox + 1] = record
end

local function sooner(a, b)
  return a and b and math.min(a, b) or a or b
end

-- Takes what came, repeats what is due.
function device:_poll(now_us)
  local channel = self.channel
  if not channel then return nil end
  local soonest = channel:poll(now_us)
  local arrived = channel:receive()
  while arrived do
    take(self, arrived)
    arrived = channel:receive()
  end
  for _, exchange in ipairs(self.exchanges) do
    soonest = sooner(soonest, exchange:_poll(now_us))
  end
  return soonest
end

P.pollers[#P.pollers + 1] = function(now_us)
  local soonest
  for _, dev in ipairs(P.devices) do soonest = sooner(soonest, dev:_poll(now_us)) end
  return soonest
end

--- A message ID that the device has not used and will not use by itself.
function device:next_mid()
  if not rawget(self, "mid") then self.mid = P.uint_of(host.random(2)) end
  self.mid = (self.mid + 1) & 0xffff
  return self.mid
end
device.optional.mid = true

local function authorization_of(self, opts)
  if opts.authorization ~= nil then return opts.authorization or nil end
  return self.auth == "basic" and self.authorization or nil
end

--- Sends a request with this code ("0.02", "POST") and goes on. Gives the exchange.
function device:start(code, path, opts)
  opts = P.strict(opts, P.request_fields, "a request")
  if opts.block1 then return P.upload(self, code, path, opts) end
  local message = { type = opts.type or "CON", code = opts.code or code, mid = opts.mid or self:next_mid(),
                    token = opts.token or host.random(4), payload = opts.payload,
                    options = P.request_options(path, opts, authorization_of(self, opts)) }
  local exchange = P.start_exchange(self, message, opts)
  exchange.request_code, exchange.path = code, path
  return exchange
end

--- Sends a request and waits for its response, or its time limit. Gives the exchange.
function device:request(code, path, opts)
  local exchange = self:start(code, path, opts)
  exchange:await()
  return exchange
end

--- Sends a POST and goes on.
function device:start_post(path, opts) return self:start("0.02", path, opts) end

--- Sends a request and waits for its response, or its time limit. Gives the exchange.
function device:post(path, opts) return self:request("0.02", path, opts) end
function device:get(path, opts) return self:request("0.01", path, opts) end
function device:put(path, opts) return self:request("0.03", path, opts) end
function device:delete_(path, opts) return self:request("0.04", path, opts) end
function device:fetch(path, opts) return self:request("0.05", path, opts) end
function device:patch(path, opts) return self:request("0.06", path, opts) end
function device:ipatch(path, opts) return self:request("0.07", path, opts) end

--- Sends a well-formed message with no exchange: type, code, mid, token, options, payload. Gives what was sent.
function device:send(fields)
  fields = P.strict(fields, P.set "type code mid token options payload", "send")
  local options = P.request_options("/", { options = fields.options })
  return self:transmit(P.write { type = fields.type or "CON", code = fields.code or "0.00", options = options,
                                    token = fields.token or "", mid = fields.mid or self:next_mid(),
                                    payload = fields.payload })
end

--- Sends any bytes: numbers, texts, lists of them. Gives what was sent.
function device:send_raw(parts)
  return self:transmit(P.raw_bytes(type(parts) == "string" and { parts } or parts))
end

--- Acknowledges a CON by hand.
function device:ack(record)
  return self:transmit(host.write { type = "ACK", code = "0.00", mid = record.mid, token = "", options = {} })
end

--- Refuses a message by hand.
function device:reset(record)
  return self:transmit(host.write { type = "RST", code = "0.00", mid = record.mid, token = "", options = {} })
end

--- An empty CON (RFC 7252 4.3); expect {} passes on RST.
function device:ping()
  local message = { type = "CON", code = "0.00", mid = self:next_mid(), token = "", options = {} }
  local ping = P.start_exchange(self, message, {})
  ping.is_ping = true
  return ping
end

--- The next message that belongs to no request of this device.
function device:receive(fields)
  fields = P.strict(fields, P.message_fields, "receive")
  host.expectation()
  local start_us = fields.since and fields.since.at_us or host.now()
  local limit_us = start_us + P.us "RESPONSE_TIMEOUT"
  if fields.within then limit_us = start_us + P.latest_us(P.us(fields.within)) + 300000 end
  local record = P.wait_until(function() return table.remove(self.inbox, 1) end, limit_us)
  if not record then
    if fields.optional then return nil end
    P.raise { verdict = "FAIL", field = "response", expected = fields.code and P.show(fields.code) or "a message",
              got = ("nothing in %s"):format(P.show_us(host.now() - start_us)), lawful = fields.lawful }
  end
  P.demand(P.judge(record, fields, { start_us = start_us }))
  return record
end

--- One of several lists of fields fits the next message, or t.silence { fence = dev:ping() }. Gives the message or
--- nil, and the number of the alternative.
function device:expect_one_of(alternatives)
  return P.expect_one_of(alternatives, function() return table.remove(self.inbox, 1) end, nil, self)
end

--- Nothing came (for no request) although the fence was answered.
function device:expect_silence(fields)
  fields = P.strict(fields, P.set "fence after", "expect_silence")
  host.expectation()
  local record = P.prove_silence(fields.fence, self, function() return table.remove(self.inbox, 1) end)
  if record then
    P.raise { verdict = "FAIL", field = "silence", expected = "no answer", got = record.shown, message = record,
              request = fields.after }
  end
end

--- The same name and credentials on another socket (and in another session).
function device:twin()
  local fields = { is_twin = true }
  for key, value in pairs(self) do fields[key] = value end
  for _, key in ipairs { "channel", "mid", "session", "label", "exchanges", "inbox", "mids_seen", "link",
                          "can_publish" } do
    fields[key] = nil
  end
  return P.new_device(fields)
end

--- Closes the socket (and the session, with close_notify). The next request opens a new one.
function device:close()
  if self.channel then self.channel:close() end
  self.channel = nil
end
