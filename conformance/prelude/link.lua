-- The link of a device: which of its datagrams are lost, doubled, late, or overtaken.
local host, P = ...

local link = P.class "link"
P.link_class = link

function P.new_link(dev)
  return setmetatable({ dev = dev, rules = {}, late = {}, lost = 0 }, link)
end

local known = P.set "to count skip by flight message"

local function rule(self, action, fields)
  fields = P.strict(fields, known, "link:" .. action)
  local to = fields.to or "device"
  if to ~= "device" and to ~= "target" then P.mistake("link:%s: to is \"device\" or \"target\"", action) end
  if self.dev.transport == "coaps" then return P.dtls_rule(self.dev, action, fields) end
  if fields.flight or fields.message or action == "corrupt" then
    P.mistake("link:%s: flights and messages are those of DTLS", action)
  end
  self.rules[#self.rules + 1] = { action = action, to = to, left = fields.count or 1, skip = fields.skip or 0,
                                  by_us = fields.by and P.us(fields.by) or 50000 }
end

--- Loses datagrams: to "device" or "target", count of them, after skip others.
function link:drop(fields) rule(self, "drop", fields) end
--- Sends datagrams twice.
function link:duplicate(fields) rule(self, "duplicate", fields) end
--- Keeps datagrams back for a time: by = "1 s".
function link:delay(fields) rule(self, "delay", fields) end
--- Lets the next datagram (or 50 ms) pass before this one.
function link:reorder(fields) rule(self, "reorder", fields) end
--- DTLS only: changes a byte of records.
function link:corrupt(fields) rule(self, "corrupt", fields) end
--- Forgets all rules.
function link:clear()
  self.rules, self.dev.dtls_rules = {}, nil
  if self.dev.session then self.dev.session:clear_rules() end
end

local function action_for(self, to)
  for i, r in ipairs(self.rules) do
    if r.to == to then
      if r.skip > 0 then
        r.skip = r.skip - 1
      else
        r.left = r.left - 1
        if r.left <= 0 then table.remove(self.rules, i) end
        return r
      end
      return nil
    end
  end
end

-- Passes one datagram on (deliver(bytes, at_us)) as the rules say. True when something was done to it.
function link:pass(to, bytes, at_us, deliver)
  local r = action_for(self, to)
  local action = r and r.action
  if not r then
    deliver(bytes, at_us)
    self:release(to)
    return
  end
  P.log("note", "suite", ("link: %s, to the %s"):format(action, to), { peer = self.dev.label })
  if action == "duplicate" then
    deliver(bytes, at_us)
    deliver(bytes, at_us)
  elseif action ~= "drop" then
    self.late[#self.late + 1] = { to = to, bytes = bytes, at_us = host.now() + r.by_us, deliver = deliver,
                                  overtaken = action == "reorder" }
  else
    self.lost = self.lost + 1
  end
end

-- What was kept back until the next datagram passed.
function link:release(to)
  for i = #self.late, 1, -1 do
    local l = self.late[i]
    if l.overtaken and l.to == to then
      table.remove(self.late, i)
      l.deliver(l.bytes, host.now())
    end
  end
end

-- Delivers what is due; when it wants to be called again.
function link:poll(now_us)
  local soonest
  for i = #self.late, 1, -1 do
    local l = self.late[i]
    if l.at_us <= now_us then
      table.remove(self.late, i)
      l.deliver(l.bytes, now_us)
    elseif not soonest or l.at_us < soonest then
      soonest = l.at_us
    end
  end
  return soonest
end
