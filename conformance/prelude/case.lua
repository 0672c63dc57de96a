-- The case handle `c`: what scripts call on it, and how a run begins and ends.
local host, P = ...

local case = P.class "case"
case.optional = P.set "default_application"
P.case_class = case

function P.begin_step(text)
  P.step_name = text
  P.log("step", "suite", text)
end
--- Names what follows: for the report, for waivers and for `kills`.
function case:step(text) P.begin_step(text) end -- luacheck: ignore self

--- Lets protocol time pass. Never proves silence: that is what fences are for.
function case:wait(time) -- luacheck: ignore self
  P.wait_until(function() return false end, host.now() + P.us(time))
end

--- Seconds since the case began.
function case:now() return host.now() / 1e6 end -- luacheck: ignore self

--- Runs functions side by side and waits for all.
function case:parallel(functions) P.parallel(functions) end -- luacheck: ignore self

--- From the case's seed: a message id, a token of n bytes, n bytes, a number from 1 to n.
function case:mid() return P.uint_of(host.random(2)) end -- luacheck: ignore self
function case:token(n) return host.random(n or 4) end -- luacheck: ignore self
function case:bytes(n) return host.random(n) end -- luacheck: ignore self
function case:random(n) return 1 + P.uint_of(host.random(6)) % n end -- luacheck: ignore self

--- Does the target claim this feature?
function case:claims(feature) return self.target.claims[feature] == true end

--- A parameter of the target (RFC 7252 4.8 and its own): seconds or a number, or nil.
function case:parameter(name) return P.parameters[name] end -- luacheck: ignore self

--- Ends the case: its precondition is not met.
function case:inconclusive(why) P.raise { verdict = "INCONCLUSIVE", reason = why } end -- luacheck: ignore self
--- Ends the case: the feature is not claimed, and a probe has shown that it is refused.
function case:not_applicable(why) P.raise { verdict = "N/A", reason = why } end -- luacheck: ignore self

local words = P.set "field expected got message request lawful"

--- Ends the case as failed: field, expected, got for the report.
function case:fail(why, fields) -- luacheck: ignore self
  fields = P.strict(fields, words, "fail")
  P.raise { verdict = "FAIL", reason = why, field = fields.field, expected = fields.expected, got = fields.got,
            message = fields.message, request = fields.request, lawful = fields.lawful }
end

--- Notes that a SHOULD is broken, and goes on.
function case:warn(why, fields) -- luacheck: ignore self
  fields = P.strict(fields, words, "warn")
  P.raise { verdict = "WARN", reason = why, field = fields.field, expected = fields.expected, got = fields.got,
            message = fields.message }
end

--- Judges a value of the script's own: fails with this field unless it fits.
function case:expect(field, value, expected) -- luacheck: ignore self
  host.expectation()
  local result = P.match(expected, value)
  if result ~= "pass" then
    P.raise { verdict = result:upper(), field = field, expected = P.show(expected), got = P.show(value) }
  end
  return value
end

--- For INFO rows: what the target does, kept with PASS.
function case:observe(text) -- luacheck: ignore self
  host.expectation()
  P.raise { verdict = "PASS", reason = tostring(text) }
end

--- A note in the log.
function P.print(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
  P.log("note", "suite", table.concat(parts, " "))
end

local softened = { SHOULD = { FAIL = "WARN" }, MAY = { FAIL = "PASS", WARN = "PASS" },
                   INFO = { FAIL = "PASS", WARN = "PASS" } }

-- Judged by the level of the case: a broken SHOULD warns, INFO only records.
function P.report(finding)
  local level = softened[P.about.level]
  finding.verdict = level and level[finding.verdict] or finding.verdict
  if finding.verdict == "PASS" and not finding.reason then
    finding.reason = ("%s: expected %s, got %s"):format(finding.field or "", finding.expected or "", finding.got or "")
  end
  P.is_flawed = P.is_flawed or finding.verdict ~= "PASS"
  local text = P.failure_text(finding, P.about)
  P.log("note", "suite", ("%s %s: expected %s, got %s. %s"):format(finding.verdict, finding.field or "",
        finding.expected or "-", finding.got or "-", finding.reason or ""))
  host.finding(finding, finding.verdict == "PASS" and "" or text)
end

local function finish()
  for _, dev in ipairs(P.devices) do pcall(dev.close, dev) end
end

-- Runs the function of a case. about: id, rev, title, level, refs, binding, evidence, again, claim, kills, unique;
-- target: coap, coaps, name, features, claims, parameters.
function P.run(run, about, target)
  P.about, P.target = about, target
  P.parameters = P.parameters_of(target.parameters)
  P.time_slack = about.time_slack
  P.parameters.ADAPTER_TIMEOUT = P.parameters.ADAPTER_TIMEOUT * (about.speed or 1) -- adapters know no faster clock
  P.record_case(about, target)
  math.randomseed(P.uint_of(host.random(6)), P.uint_of(host.random(6)))
  local c = setmetatable({ id = about.id, level = about.level, binding = about.binding, target = target,
                           unique = about.unique, application_count = 0, device_count = 0 }, case)
  local ok, problem = xpcall(run, P.traced, c)
  if not ok then P.report(getmetatable(problem) == P.verdict_meta and problem or P.traced(problem)) end
  finish()
  P.write_recording(P.is_flawed or about.trace)
end
