-- Applications and devices of the case: provisioned through the broker, changed and removed by scripts.
local host, P = ...

local case = P.case_class
local application = P.class "application"
application.optional = P.set "ca"
local applications = {}

P.application_fields = P.set "suffix enabled spec trust_anchors"
P.device_fields = P.set [[auth transport application name suffix password psk certificate username aliases enabled
  gateways registered spec]]

local auth_of_binding = { coap = "basic", ["coaps-psk"] = "psk", ["coaps-x509"] = "x509" }

local function document(self)
  return { application = self.name, enabled = self.fields.enabled, spec = self.fields.spec,
           trust_anchors = self.anchors and #self.anchors > 0 and self.anchors or nil }
end

--- An application of its own: suffix, enabled, spec (merged into its document), trust_anchors (PEM texts).
function case:application(fields)
  fields = P.strict(fields, P.application_fields, "application")
  self.application_count = self.application_count + 1
  local app = setmetatable({ fields = fields, anchors = fields.trust_anchors or {},
                             name = ("st%s%d%s"):format(self.unique, self.application_count, fields.suffix or "") },
                           application)
  local reply = P.call("create_application", document(app))
  app.name = reply.application or app.name
  app.application = app.name
  applications[app.name] = app
  return app
end

-- An application from itself, a device in it, or its name.
function P.application_of(value)
  if type(value) == "string" and applications[value] then return applications[value] end
  if getmetatable(value) == P.device_class then return value.app end
  if getmetatable(value) == application then return value end
  P.mistake("application: %s is no application or device of this case", P.show(value))
end

local function change(fields, changes, known, what)
  changes = P.strict(changes, known, what)
  for name, value in pairs(changes) do fields[name] = value end
end

--- Changes fields of the application.
function application:update(fields)
  change(self.fields, fields, P.application_fields, "application:update")
  if fields.trust_anchors then self.anchors = fields.trust_anchors end
  P.call("update_application", document(self))
end

--- Removes it and its devices.
function application:delete()
  P.call("delete_application", { application = self.name })
end

local function time_text(time)
  if type(time) == "number" then return host.rfc3339(time) end
  return time
end

local function psk_credentials(list)
  local credentials = {}
  for i, psk in ipairs(list) do
    credentials[i] = { psk = host.base64(psk.key), not_before = time_text(psk.not_before),
                       not_after = time_text(psk.not_after) }
  end
  return credentials
end

local function device_document(dev)
  local fields = dev.fields
  local credentials = {}
  if dev.psk_list then credentials = psk_credentials(dev.psk_list) end
  if dev.password then
    credentials[#credentials + 1] = { password = dev.password, hash = dev.hash, username = dev.username,
                                      unique = dev.username and true or nil }
  end
  local gateways
  for _, gateway in ipairs(fields.gateways or {}) do
    gateways = gateways or {}
    gateways[#gateways + 1] = type(gateway) == "table" and gateway.name or gateway
  end
  local aliases = {}
  for _, alias in ipairs(fields.aliases or {}) do aliases[#aliases + 1] = alias end
  if dev.certificate_subject then aliases[#aliases + 1] = dev.certificate_subject end
  return { application = dev.application, device = dev.name, enabled = fields.enabled, spec = fields.spec,
           aliases = P.list(aliases), gateways = gateways, credentials = P.list(credentials) }
end
P.device_class.optional.hash, P.device_class.optional.certificate_subject = true, true

local function set_credentials(dev, fields)
  local password = fields.password
  if type(password) == "table" then
    P.strict(password, P.set "plain hash", "password")
    dev.password, dev.hash = password.plain, password.hash
  elseif password ~= nil then
    dev.password, dev.hash = password, nil
  elseif dev.auth == "basic" and not dev.password then
    dev.password = P.hex(host.random(8))
  end
  if type(fields.psk) == "table" then
    for _, psk in ipairs(fields.psk) do P.strict(psk, P.set "key not_before not_after", "psk") end
    dev.psk_list = fields.psk
  elseif fields.psk or (dev.auth == "psk" and not dev.psk_list) then
    dev.psk_list = { { key = fields.psk or host.random(16) } }
  end
  dev.key = dev.psk_list and dev.psk_list[1] and dev.psk_list[1].key
  dev.username = fields.username
end

-- Value of option 4209: the user part splits at its first @, so that one in the name is encoded.
local function authorization_of(dev)
  local user = dev.name:gsub("[%%@]", { ["%"] = "%25", ["@"] = "%40" })
  return "Basic " .. host.base64(("%s@%s:%s"):format(user, dev.application, dev.password))
end

local function take_reply(dev, reply)
  dev.application, dev.name = reply.application or dev.application, reply.device or dev.name
  dev.password = reply.password or dev.password
  dev.username = reply.username or dev.username
  if reply.psk then dev.key = host.unbase64(reply.psk) end
  dev.identity = reply.psk_identity or ("%s@%s"):format(dev.name, dev.application)
  if reply.cert then dev.certificate = { files = { cert = reply.cert, key = reply.key } } end
  if dev.password then dev.authorization = authorization_of(dev) end
end

local auths = P.set "basic psk x509 none"

--- A device of its own, provisioned. All fields are optional: auth, transport, application, name (another device's,
--- for one of another application), suffix, password, psk, certificate, username, aliases, enabled, gateways,
--- registered, spec.
function case:device(fields)
  fields = P.strict(fields, P.device_fields, "device")
  local auth = fields.auth or auth_of_binding[self.binding]
  if not auths[auth] then
    P.mistake("device: auth is \"basic\", \"psk\", \"x509\" or \"none\", not %s", P.show(auth))
  end
  local secure = auth == "psk" or auth == "x509" or self.binding ~= "coap"
  local transport = fields.transport or (secure and "coaps" or "coap")
  if transport ~= "coap" and transport ~= "coaps" then
    P.mistake("device: transport is \"coap\" or \"coaps\", not %s", P.show(transport))
  end
  local app = fields.application and P.application_of(fields.application)
  app = app or self.default_application or self:application {}
  self.default_application = self.default_application or app
  self.device_count = self.device_count + 1
  local dev = P.new_device { fields = fields, auth = auth, transport = transport, app = app, application = app.name,
                             name = fields.name or
                               ("d%d%s%s"):format(self.device_count, self.unique, fields.suffix or "") }
  set_credentials(dev, fields)
  if auth == "x509" then P.forge_certificate(dev, fields.certificate) end
  if fields.registered == false then
    take_reply(dev, {})
  else
    take_reply(dev, (P.call("create_device", device_document(dev))))
  end
  return dev
end

--- Changes fields of the device in the registry: password, psk, enabled, aliases, gateways, spec ...
function P.device_class:update(fields)
  change(self.fields, fields, P.device_fields, "device:update")
  set_credentials(self, fields)
  P.call("update_device", device_document(self))
  if self.password then self.authorization = authorization_of(self) end
end

--- Removes the device from the registry.
function P.device_class:delete()
  P.call("delete_device", { application = self.application, device = self.name })
end

P.command_fields = P.set "payload status content_type"

--- Sends a command through the target's command API: payload, content_type, status (what the API shall answer; any
--- 2xx by default). Gives { status =, body = }.
function case:command(dev, name, fields) -- luacheck: ignore self
  if getmetatable(dev) ~= P.device_class or type(name) ~= "string" then
    P.mistake("command: a device and a name are expected: c:command(dev, \"set\", { payload = \"on\" })")
  end
  fields = P.strict(fields, P.command_fields, "command")
  if type(fields.payload or "") ~= "string" then
    P.mistake("command: payload: a text is expected, not %s", P.show(fields.payload))
  end
  P.log("command", "operator", ("command %s to %s, payload %s"):format(P.show(name), dev.name,
                                                                                P.show(fields.payload or "")))
  local reply, status = P.call("command", { application = dev.application, device = dev.name, name = name,
                                            content_type = fields.content_type,
                                            payload_base64 = host.base64(fields.payload or "") })
  local good = P.match(fields.status, status) == "pass"
  if fields.status == nil then good = status == nil or status // 100 == 2 end
  if fields.status ~= nil or not good then
    host.expectation()
    if not good then
      P.raise { verdict = "FAIL", field = "command.status", expected = P.show(fields.status or "2xx"),
                got = tostring(status) }
    end
  end
  return { status = status, body = reply.body_base64 and host.unbase64(reply.body_base64) or "" }
end

--- Kills the target (SIGKILL) and starts it again; goes on when it is ready. DTLS sessions are gone then, sockets of
--- plain CoAP stay. For cases with impact = "restart".
function case:restart() -- luacheck: ignore self
  if not P.about.may_restart then P.mistake("restart: the case must say impact = \"restart\"") end
  P.log("step", "suite", "the target is killed (SIGKILL) and started again")
  P.call("restart", {})
  for _, dev in ipairs(P.devices) do
    if dev.transport == "coaps" then dev:close() end
  end
  P.log("step", "suite", "the target is ready again")
end

--- The target's event sink answers with this HTTP status from now on; 0: as usual. For cases that run alone.
function case:sink(status) -- luacheck: ignore self
  if not P.about.exclusive then P.mistake("sink: the case must say exclusive = true: it is everybody's") end
  P.log("step", "suite", ("the event sink answers %s"):format(status == 0 and "as usual" or tostring(status)))
  P.call("sink", { answer = status })
end
