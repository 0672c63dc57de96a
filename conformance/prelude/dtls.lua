-- DTLS of devices: sessions, handshakes that misbehave, certificates made on the fly.
local host, P = ...

local device = P.device_class
local handshake = P.class "handshake"
handshake.optional = P.set "failure"

P.handshake_fields = P.set [[psk certificate suites groups resume max_version mtu no_tickets no_extended_master_secret
  extensions retransmit stop_after server_name verify timeout wait]]

-- The application's certification authority, known to the registry as its trust anchor.
local function authority_of(app)
  if app.ca then return app.ca end
  local ca, why = host.forge { subject = "O=Seatrial, OU=Suite, CN=" .. app.name, is_ca = true }
  if not ca then P.mistake("certificate: %s", why) end
  app.ca = ca
  local anchors = { (ca:pem()) }
  for _, pem in ipairs(app.anchors) do anchors[#anchors + 1] = pem end
  app:update { trust_anchors = anchors }
  return ca
end

local certificate_fields = P.set [[subject issuer issuer_name from to is_ca version_1 bad_signature key_kind key_usage
  extended_usage alternative_names with_anchor intermediates other_key]]

-- A chain of intermediates below the authority: the last one, and all of their PEM.
local function intermediates(ca, count, name)
  local pems = {}
  for i = 1, count or 0 do
    ca = host.forge { subject = ("O=Seatrial, CN=%s intermediate %d"):format(name, i), issuer = ca, is_ca = true }
    pems[#pems + 1] = (ca:pem())
  end
  local text = ""
  for i = #pems, 1, -1 do text = text .. pems[i] end
  return ca, text
end

local function issuer_of(dev, fields)
  if fields.issuer == "self" then return nil end
  if fields.issuer == "other" then
    return (host.forge { subject = "O=Seatrial, CN=Nobody " .. dev.name, is_ca = true })
  end
  if fields.issuer == "impostor" then -- the name of the right authority, another key
    return (host.forge { subject = "O=Seatrial, OU=Suite, CN=" .. dev.app.name, is_ca = true })
  end
  return authority_of(fields.issuer and P.application_of(fields.issuer) or dev.app)
end

local function seconds(time)
  return time and math.floor(P.seconds(time)) or nil
end

-- A certificate for the device from fields: { pem, key, subject }.
local function forge_leaf(dev, fields)
  fields = P.strict(fields, certificate_fields, "certificate")
  local anchor = issuer_of(dev, fields)
  local issuer, middle = anchor, ""
  if anchor then issuer, middle = intermediates(anchor, fields.intermediates, dev.name) end
  local from_s, to_s = seconds(fields.from), seconds(fields.to)
  if to_s and to_s <= 0 then from_s = from_s or to_s - 86400 end
  if from_s and from_s > 0 then to_s = to_s or from_s + 86400 end
  local leaf, why = host.forge {
    subject = fields.subject or "O=Seatrial, OU=Devices, CN=" .. dev.name, issuer = issuer,
    issuer_name = fields.issuer_name, from_s = from_s, to_s = to_s, is_ca = fields.is_ca,
    version_1 = fields.version_1, bad_signature = fields.bad_signature, key_kind = fields.key_kind,
    key_usage = fields.key_usage, extended_usage = fields.extended_usage,
    alternative_names = fields.alternative_names }
  if not leaf then P.mistake("certificate: %s", why) end
  local pem, key, subject = leaf:pem()
  if fields.other_key then key = select(2, host.forge({ subject = "CN=another" }):pem()) end
  return { pem = pem .. middle .. (fields.with_anchor and (anchor:pem()) or ""), key = key, subject = subject }
end

-- The certificate of a device with auth = "x509"; its subject becomes an alias.
function P.forge_certificate(dev, fields)
  dev.certificate = forge_leaf(dev, fields)
  dev.certificate_subject = dev.certificate.subject
end

--- A certificate for this device: subject, issuer ("self", "other", "impostor", an application), from, to, is_ca ...
--- For handshake { certificate = }.
function device:forge(fields) return forge_leaf(self, fields) end

local function file_text(path)
  local text = host.file_text(path)
  if not text then P.raise { verdict = "INCONCLUSIVE", reason = "cannot read " .. path } end
  return text
end

local function add_credentials(dev, fields, config)
  if fields.psk ~= nil then
    local psk = fields.psk and P.strict(fields.psk, P.set "identity key", "psk") or {}
    config.psk_identity, config.psk_key = psk.identity or fields.psk and dev.identity, psk.key or fields.psk and dev.key
  elseif dev.auth == "psk" then
    config.psk_identity, config.psk_key = dev.identity, dev.key
  end
  local certificate = fields.certificate
  if certificate == nil and dev.auth == "x509" then certificate = dev.certificate end
  if not certificate then return end
  if certificate.files then
    config.certificate_pem, config.key_pem = file_text(certificate.files.cert), file_text(certificate.files.key)
  elseif certificate.pem then
    config.certificate_pem, config.key_pem = certificate.pem, certificate.key
  else
    local forged = forge_leaf(dev, certificate)
    config.certificate_pem, config.key_pem = forged.pem, forged.key
  end
end

local function config_of(dev, fields)
  local config = { groups = fields.groups, max_version = fields.max_version, mtu = fields.mtu,
                   no_tickets = fields.no_tickets, no_extended_master_secret = fields.no_extended_master_secret,
                   extensions = fields.extensions, suites = fields.suites, server_name = fields.server_name }
  if type(config.suites) == "table" then config.suites = table.concat(config.suites, ":") end
  if fields.retransmit == false then config.retransmit_us = false end
  if fields.retransmit then config.retransmit_us = P.us(fields.retransmit) end
  if fields.resume then config.resume = fields.resume.session end
  if fields.verify ~= false and P.target.ca then
    config.ca_pem, config.server_name = file_text(P.target.ca), config.server_name or P.target.server_name
  end
  add_credentials(dev, fields, config)
  return config
end

local function new_channel(dev, wire, session)
  local arrived, channel = {}, { session = session, wire = wire, sent = {} }
  local function take_news()
    local kind, text, epoch, sequence = session:next()
    while kind do
      if kind == "message" then
        arrived[#arrived + 1] = { text, host.now(), nil, true, epoch, sequence }
      elseif kind == "sent" then
        channel.sent[#channel.sent % 256 + 1], channel.last = text, text
      else
        P.log("dtls", text:sub(1, 1) == ">" and "device" or text:sub(1, 1) == "<" and "target" or "suite", text,
              { peer = dev.label })
      end
      kind, text, epoch, sequence = session:next()
    end
  end
  function channel.send(_, bytes)
    if not session:send(bytes) then
      local info = session:info()
      P.raise { verdict = "FAIL", field = "session", expected = "an open DTLS session", got = info.state,
                reason = info.why }
    end
    take_news()
  end
  function channel.poll(_, now_us)
    local more = true
    for _ = 1, P.receive_max do
      local bytes, _, from, ours = wire:receive()
      more = bytes ~= nil
      if not more then break end
      if not ours then
        P.raise { verdict = "FAIL", field = "source", got = "from " .. from,
                  expected = "datagrams from where the session is (RFC 7252 9.1.2)" }
      end
      session:receive(bytes)
    end
    local deadline_us = session:tick()
    take_news()
    return more and now_us or deadline_us
  end
  function channel.receive() return table.remove(arrived, 1) end
  function channel.close()
    session:close()
    take_news()
    wire:close()
  end
  return channel
end

local going = { handshaking = true, new = true }

--- Begins a handshake and goes on. Fields as of handshake.
function device:start_handshake(fields)
  fields = P.strict(fields, P.handshake_fields, "handshake")
  if not P.target.coaps then P.raise { verdict = "INCONCLUSIVE", reason = "the target has no coaps:// address" } end
  local wire = fields.wait and self.channel and self.channel.wire or host.open(P.target.coaps, self.label)
  local session, why = host.dtls(wire, config_of(self, fields))
  if not session then P.mistake("handshake: %s", why) end
  for _, rule in ipairs(self.dtls_rules or {}) do session:rule(rule) end
  local hs = setmetatable({ dev = self, session = session, start_us = host.now(),
                            timeout_us = P.us(fields.timeout or "HANDSHAKE_TIMEOUT") }, handshake)
  self.channel, self.session = new_channel(self, wire, session), session
  if fields.stop_after then session:stop_after(fields.stop_after) end
  P.comment()
  session:start()
  self:_poll(host.now())
  return hs
end
device.optional.dtls_rules = true

--- A DTLS handshake with these credentials, suites and faults; waits for its end. All fields are optional.
function device:handshake(fields)
  local hs = self:start_handshake(fields)
  hs:await()
  return hs
end

--- On the way that is open already: a new handshake from the same address and port.
function device:handshake_again(fields)
  local copy = { wait = true }
  for name, value in pairs(fields or {}) do copy[name] = value end
  return self:handshake(copy)
end

--- Waits until the handshake has ended, or its time is over. Gives the state: "established", "failed", "stopped" ...
function handshake:await()
  P.wait_until(function() return not going[self:state()] end, self.start_us + self.timeout_us)
  return self:state()
end

--- "handshaking", "stopped", "established", "closed" or "failed".
function handshake:state() return self.session:info().state end
--- What is known: state, why, suite, version, resumed, cookie, asked_certificate, extended_master_secret, alert ...
function handshake:info() return self.session:info() end
--- Goes on with a handshake that was stopped by stop_after.
function handshake:go_on()
  self.session:stop_after(0)
  self.start_us = host.now()
  return self
end

P.session_fields = P.set "suite version resumed cookie asked_certificate extended_master_secret within state"

local function got_of(info)
  local alert = info.alert and (", alert %s %s"):format(info.alert, info.alert_sent and "sent" or "received") or ""
  return info.state .. alert
end

--- A session is there: suite, version, resumed, cookie, asked_certificate, extended_master_secret, within.
function handshake:expect(fields)
  fields = P.strict(fields, P.session_fields, "handshake:expect")
  host.expectation()
  self:await()
  local info = self:info()
  if info.state ~= (fields.state or "established") then
    P.raise { verdict = "FAIL", field = "handshake", expected = fields.state or "a DTLS session", got = got_of(info),
              reason = info.why }
  end
  for _, name in ipairs { "suite", "version", "resumed", "cookie", "asked_certificate", "extended_master_secret" } do
    local result = fields[name] == nil and "pass" or P.match(fields[name], info[name])
    if result ~= "pass" then
      P.raise { verdict = result:upper(), field = name, expected = P.show(fields[name]), got = P.show(info[name]) }
    end
  end
  if fields.within and host.now() - self.start_us > P.latest_us(P.us(fields.within)) then
    P.raise { verdict = "FAIL", field = "within", expected = "within " .. P.show_us(P.us(fields.within)),
              got = P.show_us(host.now() - self.start_us) }
  end
  return info
end

--- No session: alert (a name, or a list of names), or_silence = true. Any fatal alert when no name is given.
function handshake:expect_failure(fields)
  fields = P.strict(fields, P.set "alert or_silence", "expect_failure")
  host.expectation()
  self:await()
  local info = self:info()
  if info.state == "established" then
    P.raise { verdict = "FAIL", field = "handshake", expected = "no DTLS session", got = "one with " .. info.suite }
  end
  local by_target = info.alert and not info.alert_sent
  if not by_target then
    if fields.or_silence or info.state == "failed" then return info end
    P.raise { verdict = "FAIL", field = "alert", expected = "a fatal alert", got = "silence" }
  end
  local names = type(fields.alert) == "table" and fields.alert or { fields.alert }
  for _, name in ipairs(names) do
    if name == info.alert then return info end
  end
  if #names > 0 then
    P.raise { verdict = "FAIL", field = "alert", expected = P.show(P.t.one_of(names)), got = info.alert }
  end
  return info
end

-- A channel with an established session, for the first message of a device.
function P.open_dtls(dev)
  local hs = dev:handshake {}
  if hs:state() ~= "established" then
    local info = hs:info()
    P.raise { verdict = "FAIL", field = "handshake", expected = "a DTLS session", got = got_of(info),
              reason = info.why }
  end
  return dev.channel
end

-- link:drop { flight =, message = } and the like.
function P.dtls_rule(dev, action, fields)
  local rule = { action = action, to = fields.to or "target", flight = fields.flight, skip = fields.skip,
                 count = fields.count, by_us = fields.by and P.us(fields.by) or nil }
  if type(fields.message) == "number" then rule.number = fields.message else rule.message = fields.message end
  if fields.flight and not fields.to then rule.to = fields.flight % 2 == 1 and "target" or "device" end
  if not fields.flight and not fields.message then
    rule.content, rule.to = 23, fields.to or "device" -- application data
  end
  dev.dtls_rules = dev.dtls_rules or {}
  table.insert(dev.dtls_rules, rule)
  if dev.session then dev.session:rule(rule) end
end

--- Sends a datagram as it is, beside the session: garbage, plain CoAP, records of one's own.
function device:send_datagram(bytes)
  local wire = self.channel and self.channel.wire
  if not wire then P.mistake("send_datagram: there is no DTLS session yet; begin with handshake or post") end
  P.log("sent", "device", ("a datagram of %d B beside the session"):format(#bytes),
        { peer = self.label, hex = P.hex(bytes) })
  wire:send(bytes)
end

--- The datagram that this device sent last, record by record as it stood on the wire.
function device:last_datagram() return self.channel.last end

--- The state of the session: "established", "closed", "failed"; and all that is known of it.
function device:session_state()
  P.wait_until(function() return true end, host.now())
  local info = self.session:info()
  return info.state, info
end

--- Renegotiation inside the session (RFC 5246 7.4.1.1 HelloRequest's answer); true when it was begun.
function device:renegotiate() return self.session:renegotiate() end
