-- Silence, proven: an exchange on the same session is answered while the message in question is not.
local host, P = ...

-- The fence is an exchange; without one, a ping of dev. Gives what breaks the silence, or nil when the fence was
-- answered and the target had time to settle.
function P.prove_silence(fence, dev, broken)
  fence = fence or dev:ping()
  if getmetatable(fence) ~= P.exchange_class then
    P.mistake("fence: an exchange is expected, as in fence = dev:ping(), not %s", P.show(fence))
  end
  local record
  local function broke()
    record = record or broken()
    return record
  end
  for round = 1, 2 do
    local answered = P.wait_until(function() return broke() or fence.done end, host.now() + P.us "STEP_TIMEOUT")
    if record then return record end
    if not answered then
      P.raise { verdict = "FAIL", field = "fence", expected = "the fence is answered", got = "nothing",
                request = fence.record, reason = "the target stopped answering on this session" }
    end
    if P.wait_until(broke, host.now() + P.us "SETTLE") then return record end
    if round == 1 then fence = fence.is_ping and fence.dev:ping() or fence end
  end
  return nil
end

local function describe(alternatives)
  local parts = {}
  for i, a in ipairs(alternatives) do parts[i] = P.show(a) end
  return table.concat(parts, "  or  ")
end

local function choose(alternatives, record, context)
  local best, best_findings
  for i, fields in ipairs(alternatives) do
    if not fields.is_silence then
      local findings = P.judge(record, fields, context)
      if not best or P.badness(findings) < P.badness(best_findings) then best, best_findings = i, findings end
    end
  end
  return best, best_findings
end

-- next_record gives what came; exchange or nil: for times and the request in the failure text.
function P.expect_one_of(alternatives, next_record, exchange, dev)
  host.expectation()
  local silence, silence_number
  for i, fields in ipairs(alternatives) do
    if fields.is_silence then
      silence, silence_number = fields, i
    else
      P.strict(fields, P.message_fields, "expect_one_of")
    end
  end
  local start_us = exchange and exchange.record.at_us or host.now()
  local record
  if silence then
    if exchange then exchange.next_us = nil end
    record = P.prove_silence(silence.fence, dev or exchange.dev, next_record)
    if not record then return nil, silence_number end
  else
    record = P.wait_until(next_record, exchange and exchange:deadline_us() or start_us + P.us "RESPONSE_TIMEOUT")
  end
  local context = { request = exchange, start_us = start_us, transmissions = exchange and exchange.transmissions }
  if not record then
    P.raise { verdict = "FAIL", field = "response", expected = describe(alternatives), got = "nothing",
              request = exchange and exchange.record }
  end
  local best, findings = choose(alternatives, record, context)
  if not best then
    P.raise { verdict = "FAIL", field = "silence", expected = "no answer", got = record.shown, message = record }
  end
  for _, finding in ipairs(findings) do finding.lawful = finding.lawful or describe(alternatives) end
  P.demand(findings)
  return record, best
end
