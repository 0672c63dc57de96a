---@meta
-- For editors: what scenarios may call. Made by tools/api-doc.
-- luacheck: ignore

---@class case_fields
---@field id string
---@field rev integer
---@field level "MUST"|"SHOULD"|"MAY"|"INFO"
---@field title string
---@field refs string|string[]
---@field run fun(c: case)
---@field maps? string[]
---@field needs? string|string[]
---@field probes? string|string[]
---@field kills? table[]
---@field bindings? string|string[]
---@field impact? "safe"|"malformed"|"flood"|"restart"
---@field exclusive? boolean
---@field timing? boolean
---@field timeout? string

---Makes a case.
---@param fields case_fields
function case(fields) end

---@class case
---@field id string
---@field level string
---@field binding string
---@field target table
local case_class = {}

---Names what follows: for the report, for waivers and for `kills`.
function case_class:step(text) end

---Lets protocol time pass. Never proves silence: that is what fences are for.
function case_class:wait(time) end

---Seconds since the case began.
function case_class:now() end

---Runs functions side by side and waits for all.
function case_class:parallel(functions) end

---From the case's seed: a message id, a token of n bytes, n bytes, a number from 1 to n.
function case_class:mid() end

---From the case's seed: a message id, a token of n bytes, n bytes, a number from 1 to n.
function case_class:token(n) end

---From the case's seed: a message id, a token of n bytes, n bytes, a number from 1 to n.
function case_class:bytes(n) end

---From the case's seed: a message id, a token of n bytes, n bytes, a number from 1 to n.
function case_class:random(n) end

---Does the target claim this feature?
function case_class:claims(feature) end

---A parameter of the target (RFC 7252 4.8 and its own): seconds or a number, or nil.
function case_class:parameter(name) end

---Ends the case: its precondition is not met.
function case_class:inconclusive(why) end

---Ends the case: the feature is not claimed, and a probe has shown that it is refused.
function case_class:not_applicable(why) end

---Ends the case as failed: field, expected, got for the report.
---@param fields? table
function case_class:fail(why, fields) end

---Notes that a SHOULD is broken, and goes on.
---@param fields? table
function case_class:warn(why, fields) end

---Judges a value of the script's own: fails with this field unless it fits.
function case_class:expect(field, value, expected) end

---For INFO rows: what the target does, kept with PASS.
function case_class:observe(text) end

---An application of its own: suffix, enabled, spec (merged into its document), trust_anchors (PEM texts).
---@param fields? table
---@return application
function case_class:application(fields) end

---A device of its own, provisioned. All fields are optional: auth, transport, application, name (another device's, for one of another application), suffix, password, psk, certificate, username, aliases, enabled, gateways, registered, spec.
---@param fields? table
---@return device
function case_class:device(fields) end

---Sends a command through the target's command API: payload, content_type, status (what the API shall answer; any 2xx by default). Gives { status =, body = }.
---@param fields? table
function case_class:command(dev, name, fields) end

---Kills the target (SIGKILL) and starts it again; goes on when it is ready. DTLS sessions are gone then, sockets of plain CoAP stay. For cases with impact = "restart".
function case_class:restart() end

---The target's event sink answers with this HTTP status from now on; 0: as usual. For cases that run alone.
function case_class:sink(status) end

---Waits for the next event that fits: attributes by name, data, within. Gives the event.
---@param fields? table
function case_class:await_event(fields) end

---No event has come beside those that were awaited: a marker that is published now arrives first. by: the device that publishes it.
---@param fields? table
function case_class:expect_no_more_events(fields) end

---The same, for cases that await none.
case_class.expect_no_events = nil

---Events that have come and were not awaited yet: a list. Waits for nothing.
function case_class:events() end

---Datagrams of a grammar (t.coap_message {}, t.dtls_record {}) from the case's seed: count (200; `--fuzz` says otherwise), in batches (25). After each another session and the device itself must be served; no 5.xx (warns), no event of what was refused. What breaks is made small (`--shrink`) and written as a scenario, regression.lua in the evidence. messages: these bytes instead; beside = true: beside the session.
---@param fields? table
function case_class:fuzz(fields) end

---@class device
---@field name string
---@field application string
---@field password string
---@field identity string
---@field key string
---@field authorization string
---@field certificate table
---@field link link
local device_class = {}

---A message ID that the device has not used and will not use by itself.
function device_class:next_mid() end

---Sends a request with this code ("0.02", "POST") and goes on. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:start(code, path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:request(code, path, opts) end

---Sends a POST and goes on.
---@param opts? table
---@return exchange
function device_class:start_post(path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:post(path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:get(path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:put(path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:delete_(path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:fetch(path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:patch(path, opts) end

---Sends a request and waits for its response, or its time limit. Gives the exchange.
---@param opts? table
---@return exchange
function device_class:ipatch(path, opts) end

---Sends a well-formed message with no exchange: type, code, mid, token, options, payload. Gives what was sent.
---@param fields? table
function device_class:send(fields) end

---Sends any bytes: numbers, texts, lists of them. Gives what was sent.
function device_class:send_raw(parts) end

---Acknowledges a CON by hand.
function device_class:ack(record) end

---Refuses a message by hand.
function device_class:reset(record) end

---An empty CON (RFC 7252 4.3); expect {} passes on RST.
---@return exchange
function device_class:ping() end

---The next message that belongs to no request of this device.
---@param fields? table
function device_class:receive(fields) end

---One of several lists of fields fits the next message, or t.silence { fence = dev:ping() }. Gives the message or nil, and the number of the alternative.
function device_class:expect_one_of(alternatives) end

---Nothing came (for no request) although the fence was answered.
---@param fields? table
function device_class:expect_silence(fields) end

---The same name and credentials on another socket (and in another session).
---@return device
function device_class:twin() end

---Closes the socket (and the session, with close_notify). The next request opens a new one.
function device_class:close() end

---Changes fields of the device in the registry: password, psk, enabled, aliases, gateways, spec ...
---@param fields? table
function device_class:update(fields) end

---Removes the device from the registry.
function device_class:delete() end

---A known-good publish by this device is answered 2.04, and its event arrives (it is not kept).
function device_class:expect_alive() end

---A certificate for this device: subject, issuer ("self", "other", "impostor", an application), from, to, is_ca ... For handshake { certificate = }.
---@param fields? table
function device_class:forge(fields) end

---Begins a handshake and goes on. Fields as of handshake.
---@param fields? table
---@return handshake
function device_class:start_handshake(fields) end

---A DTLS handshake with these credentials, suites and faults; waits for its end. All fields are optional.
---@param fields? table
---@return handshake
function device_class:handshake(fields) end

---On the way that is open already: a new handshake from the same address and port.
---@param fields? table
---@return handshake
function device_class:handshake_again(fields) end

---Sends a datagram as it is, beside the session: garbage, plain CoAP, records of one's own.
function device_class:send_datagram(bytes) end

---The datagram that this device sent last, record by record as it stood on the wire.
function device_class:last_datagram() end

---The state of the session: "established", "closed", "failed"; and all that is known of it.
function device_class:session_state() end

---Renegotiation inside the session (RFC 5246 7.4.1.1 HelloRequest's answer); true when it was begun.
function device_class:renegotiate() end

---@class application
---@field name string
---@field application string
local application_class = {}

---Changes fields of the application.
---@param fields? table
function application_class:update(fields) end

---Removes it and its devices.
function application_class:delete() end

---@class exchange
---@field mid integer
---@field token string
---@field sent table
local exchange_class = {}

---The same datagram once more.
function exchange_class:resend() end

---Waits for the response when it is not there yet, and judges it. Gives the message.
---@param fields? table
function exchange_class:expect(fields) end

---One of several lists of fields (or t.silence) fits. Gives the message, and the number of the alternative.
function exchange_class:expect_one_of(alternatives) end

---An empty ACK, within a time. With optional = true a piggy-backed answer passes: nil.
---@param fields? table
function exchange_class:expect_ack(fields) end

---Nothing comes for it although the fence is answered.
---@param fields? table
function exchange_class:expect_silence(fields) end

---Everything that came for it, in order, copies too.
function exchange_class:copies() end

---@class handshake
local handshake_class = {}

---Waits until the handshake has ended, or its time is over. Gives the state: "established", "failed", "stopped" ...
function handshake_class:await() end

---"handshaking", "stopped", "established", "closed" or "failed".
function handshake_class:state() end

---What is known: state, why, suite, version, resumed, cookie, asked_certificate, extended_master_secret, alert ...
function handshake_class:info() end

---Goes on with a handshake that was stopped by stop_after.
function handshake_class:go_on() end

---A session is there: suite, version, resumed, cookie, asked_certificate, extended_master_secret, within.
---@param fields? table
function handshake_class:expect(fields) end

---No session: alert (a name, or a list of names), or_silence = true. Any fatal alert when no name is given.
---@param fields? table
function handshake_class:expect_failure(fields) end

---@class link
local link_class = {}

---Loses datagrams: to "device" or "target", count of them, after skip others.
---@param fields? table
function link_class:drop(fields) end

---Sends datagrams twice.
---@param fields? table
function link_class:duplicate(fields) end

---Keeps datagrams back for a time: by = "1 s".
---@param fields? table
function link_class:delay(fields) end

---Lets the next datagram (or 50 ms) pass before this one.
---@param fields? table
function link_class:reorder(fields) end

---DTLS only: changes a byte of records.
---@param fields? table
function link_class:corrupt(fields) end

---Forgets all rules.
function link_class:clear() end

---@class t
t = {}

---Anything, but there.
t.any = nil

---Not there.
t.none = nil

---No bytes.
t.empty = nil

---The request's own value (mid, token).
t.same = nil

---UTF-8 text that is not empty.
t.text = nil

---A UUID of 36 characters (RFC 9562 4).
t.uuid = nil

---A date with time and zone (RFC 3339 5.6).
t.rfc3339 = nil

---An RFC 3339 time in UTC that is at most five minutes from now.
t.now = nil

---A URI-reference (RFC 3986 4.1): its characters, percent-encoding whole.
t.uri = nil

---An absolute URI (RFC 3986 4.3).
t.absolute_uri = nil

---Any of a list of values or matchers; the best verdict counts.
function t.one_of(list) end

---x should be; anything else is WARN.
function t.should(x) end

---x is tolerated with WARN.
function t.warn(x) end

---Not x.
function t.not_(x) end

---The same JSON value: numbers exactly, order of names does not matter.
function t.json(wanted) end

---A number of t.json with every digit: t.number "123456789012345678901234567890".
function t.number(text) end

---The JSON null of t.json.
t.null = nil

---These bytes.
function t.bytes(bytes) end

---A text that begins so.
function t.prefix(text) end

---A text in which this one stands.
function t.contains(text) end

---A text that a Lua pattern fits.
function t.match(pattern) end

---A uint option's value (RFC 7252 3.2): a number or a matcher of one.
function t.uint(n) end

---A number from a to b.
function t.range(a, b) end

---As many bytes: a number, or { least, most }.
function t.length(n) end

---For `between`: the n-th interval of a retransmission (RFC 7252 4.2), first 1.
function t.window(name, n) end

---Each value of a list, as a step of its own: for i, value in t.each { 9, 12 } do.
function t.each(list) end

---For expect_one_of: nothing comes although the fence is answered.
---@param fields? table
function t.silence(fields) end

---n bytes from the case's seed.
function t.filler(n) end

---The bytes with one bit of the last one changed.
function t.flip_bit(bytes) end

---Bytes from hex digits; blanks are left out.
function t.hex(digits) end

---Base64 (RFC 4648 4) of bytes.
function t.base64(bytes) end

---The value of a Block option (RFC 7959 2.2).
function t.block(num, more, szx) end

---The bytes of an option: how far its number is from the one before, its value.
function t.option(delta, value) end

---For c:fuzz: publishes with up to `faults` faults each (4). only: names of faults; options: numbers that are tried.
---@param fields? table
function t.coap_message(fields) end

---For c:fuzz: datagrams of up to `records` DTLS records (3), sent beside the session; `faults` a record at most (2).
---@param fields? table
function t.dtls_record(fields) end
