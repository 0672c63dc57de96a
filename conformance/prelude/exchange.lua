-- An exchange: a request (or a ping), its repetitions, and everything that came for it. RFC 7252 4.2, 5.2.
local host, P = ...

local exchange = P.class "exchange"
exchange.optional = P.set "response acked_us next_us failure is_ping fragments done blocks reset ack record"
P.exchange_class = exchange

P.request_fields = P.set [[query payload format options type mid token code authorization retransmit acknowledge again
  block1 block2 timeout]]

local again_codes = { ["4.29"] = true, ["5.03"] = true }

-- Sends a message table as a new exchange of dev.
function P.start_exchange(dev, message, opts)
  local self = setmetatable({ dev = dev, message = message, opts = opts, type = message.type, mid = message.mid,
                              token = message.token, payload = message.payload or "", bytes = P.write(message),
                              replies = {}, transmissions = 0, tries = 0 }, exchange)
  self.start_us = host.now()
  self.timeout_us = opts.timeout and P.us(opts.timeout) or P.us "RESPONSE_TIMEOUT"
  self.interval_us = math.floor(P.us "ACK_TIMEOUT" * (1 + host.fraction() * (P.parameters.ACK_RANDOM_FACTOR - 1)))
  dev.exchanges[#dev.exchanges + 1] = self
  self:_transmit()
  return self
end

function exchange:_transmit()
  self.transmissions = self.transmissions + 1
  local record = self.dev:transmit(self.bytes)
  if not rawget(self, "record") then self.record, self.sent = record, record end
  if self.type == "CON" and self.opts.retransmit ~= false and self.transmissions <= P.parameters.MAX_RETRANSMIT then
    self.next_us = host.now() + self.interval_us
    self.interval_us = self.interval_us * 2
  else
    self.next_us = nil
  end
end

--- The same datagram once more.
function exchange:resend()
  self.transmissions = self.transmissions + 1
  return self.dev:transmit(self.bytes)
end

-- Repeats the CON when its time has come; when it wants to be called again.
function exchange:_poll(now_us)
  if not self.next_us then return nil end
  if self.next_us <= now_us then self:_transmit() end
  return self.next_us
end

-- Is record for this exchange? By message id for ACK and RST, else by token.
function exchange:_owns(record)
  if record.type == "ACK" or record.type == "RST" then return record.mid == self.mid end
  return self.is_ping == nil and record.code:sub(1, 1) >= "2" and record.token == self.token
end

-- What came for it.
function exchange:_take(record)
  self.replies[#self.replies + 1] = record
  if record.type == "ACK" or record.type == "RST" then self.next_us = nil end
  if record.code == "0.00" then
    if record.type == "RST" then
      self.reset, self.done = self.reset or record, true
    elseif not self.acked_us then
      self.acked_us, self.ack = record.at_us, record
    end
    return
  end
  self.next_us = nil
  if record.type == "CON" and self.opts.acknowledge ~= false then self.dev:ack(record) end
  if not self.response then self.response, self.done = record, true end
end

-- Seconds that the request itself asks to wait.
local function wait_asked(opts)
  local query, ct = opts.query, nil
  if type(query) == "table" then ct = tonumber(query.ct) end
  return ct and ct > 0 and ct < 100000 and ct or 0
end

function exchange:deadline_us()
  local ct_us = self.opts.timeout and 0 or math.floor(wait_asked(self.opts) * 1e6)
  return self.start_us + ct_us + self.timeout_us
end

-- Waits for the response, or a reset, to the deadline; fetches further blocks of it.
function exchange:await(deadline_us)
  P.wait_until(function() return self.response or self.reset end, deadline_us or self:deadline_us())
  if self.response and self.opts.block2 ~= false then P.fetch_blocks(self) end
  return self.response or self.reset
end

-- Is this an answer that asks to do it again (RFC 9175 2.3, RFC 8516 3, RFC 7252 5.9.3.4)?
function exchange:asks_again()
  local answer = self.response
  if not answer or self.opts.again == false or self.tries >= 4 then return nil end
  local echo, max_age = P.option_values(answer, 252)[1], P.uint_of(P.option_values(answer, 14)[1])
  if answer.code == "4.01" and echo then return 0, echo end
  if again_codes[answer.code] and max_age and max_age <= 5 then return max_age * 1000000 end
end

function exchange:do_again(wait_us, echo)
  P.wait_until(function() return false end, host.now() + wait_us)
  self.tries = self.tries + 1
  self.mid = self.dev:next_mid()
  self.message.mid = self.mid
  if echo then
    local options = { { number = 252, value = echo } }
    for _, option in ipairs(self.message.options) do
      if option.number ~= 252 then options[#options + 1] = option end
    end
    self.message.options = options
  end
  self.bytes = host.write(self.message)
  self.response, self.done, self.acked_us, self.record, self.transmissions = nil, nil, nil, nil, 0
  self.start_us = host.now()
  self:_transmit()
end

local function context_of(self, fields)
  local since = fields.since
  return { request = self, start_us = since and since.at_us or self.record.at_us, transmissions = self.transmissions }
end

-- Until when expect waits: a little longer than the window, so that a late answer is seen as late.
local function limit_of(self, fields)
  local start_us = (fields.since or self.record).at_us
  if fields.within then return start_us + P.latest_us(P.us(fields.within)) + 300000 end
  if fields.between and not fields.between.is_window then
    return math.max(self:deadline_us(), start_us + P.latest_us(P.us(fields.between[2])) + 300000)
  end
  return self:deadline_us()
end

local function nothing_came(self, fields, what)
  local expected = fields.code and P.show(fields.code) or what
  local field = fields.within and "within" or "response"
  if fields.within then expected = ("%s within %s"):format(expected, P.show_us(P.us(fields.within))) end
  P.raise { verdict = "FAIL", field = field, expected = expected, request = self.record, lawful = fields.lawful,
            got = ("nothing in %s"):format(P.show_us(host.now() - self.record.at_us)),
            reason = self.acked_us and "only an empty ACK came" or nil }
end

local function critical_options(self, record)
  local lawful = { [9] = true, [19] = true, [23] = true, [31] = true }
  for _, option in ipairs(record.options) do
    if option.number == 27 then
      lawful[27] = #P.option_values(self.record, 27) > 0
    end
    if option.number % 2 == 1 and not lawful[option.number] then
      P.raise { verdict = "FAIL", field = "options." .. option.number, message = record, request = self.record,
                expected = "no critical option that the request gave no reason for (RFC 7252 5.4.1)",
                got = host.option_name(option.number) }
    end
  end
end

--- Waits for the response when it is not there yet, and judges it. Gives the message.
function exchange:expect(fields)
  fields = P.strict(fields, P.message_fields, "expect")
  host.expectation()
  while true do
    local record = self:await(limit_of(self, fields))
    if not record then
      if fields.optional then return nil end
      nothing_came(self, fields, "a response")
    end
    local findings = P.judge(record, fields, context_of(self, fields))
    if #findings == 0 and self.is_ping == nil and fields.token == nil and record.type ~= "RST" then
      findings = P.judge(record, { token = self.token }, context_of(self, fields)) -- RFC 7252 5.3.1
    end
    local wait_us, echo = self:asks_again()
    if P.badness(findings) < 2 or not wait_us then
      P.demand(findings)
      if record.type ~= "RST" then critical_options(self, record) end
      if record.code == "2.04" or record.code == "2.05" then self.dev.can_publish = true end
      return record
    end
    self:do_again(wait_us, echo)
  end
end

--- One of several lists of fields (or t.silence) fits. Gives the message, and the number of the alternative.
function exchange:expect_one_of(alternatives)
  return P.expect_one_of(alternatives, function() return self.response or self.reset end, self)
end

--- An empty ACK, within a time. With optional = true a piggy-backed answer passes: nil.
function exchange:expect_ack(fields)
  fields = P.strict(fields, P.set "within optional", "expect_ack")
  host.expectation()
  local limit_us = fields.within and self.record.at_us + P.latest_us(P.us(fields.within)) or self:deadline_us()
  P.wait_until(function() return self.acked_us or self.done end, limit_us)
  if self.acked_us then return self.ack end
  if fields.optional then return nil end
  local came = self.response or self.reset
  P.raise { verdict = "FAIL", field = "ack", expected = "an empty ACK", got = came and came.shown or "nothing",
            request = self.record, message = came }
end

--- Nothing comes for it although the fence is answered.
function exchange:expect_silence(fields)
  fields = P.strict(fields, P.set "fence", "expect_silence")
  host.expectation()
  self.next_us = nil
  local record = P.prove_silence(fields.fence, self.dev, function() return self.replies[1] end)
  if record then
    P.raise { verdict = "FAIL", field = "silence", expected = "no answer", got = record.shown, message = record,
              request = self.record }
  end
end

--- Everything that came for it, in order, copies too.
function exchange:copies()
  return self.replies
end
