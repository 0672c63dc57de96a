-- Client certificates. AUTH-08, AUTH-09, AUTH-11, AUTH-13, AUTH-21, AUTH-22. RFC 5280.

local dtls = require "common.dtls"

case {
  id = "AUTH-401", rev = 1, level = "MUST", refs = { "AUTH-08", "rfc7252/9.1.3.3" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "a certificate signed by the application's trust anchor authenticates its device",
  kills = { { mutant = "certificate-session-refused", field = "code" } },
  run = function(c)
    local dev = c:device()
    dev:handshake {}:expect { asked_certificate = true }
    dev:post("/v1/state", { payload = "x" }):expect { code = "2.04" }
    c:await_event { device = dev.name, application = dev.application, data = "x" }
  end,
}

case {
  id = "AUTH-402", rev = 1, level = "MUST", refs = { "AUTH-08", "AUTH-13" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "the issuer selects the application: the same subject in two applications is two devices",
  run = function(c)
    local subject = "O=Seatrial, CN=same"
    local one = c:device { certificate = { subject = subject } }
    local two = c:device { certificate = { subject = subject }, application = c:application {} }
    one:post("/v1/state", { payload = "one" }):expect { code = "2.04" }
    two:post("/v1/state", { payload = "two" }):expect { code = "2.04" }
    c:await_event { application = one.application, device = one.name, data = "one" }
    c:await_event { application = two.application, device = two.name, data = "two" }
  end,
}

case {
  id = "AUTH-403", rev = 1, level = "MUST", refs = { "AUTH-09", "rfc5246/7.4.2" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "a leaf that is sent together with its anchor's certificate is accepted",
  kills = { { mutant = "anchor-sent-along-refused", field = "code" } },
  run = function(c)
    local dev = c:device { certificate = { with_anchor = true } }
    local handshake = dev:handshake {}
    c:expect("code", handshake:await() == "established" and dev:post("/v1/state").response.code, "2.04")
    c:await_event { device = dev.name }
  end,
}

local defects = {
  { id = "AUTH-404", what = "that has expired", certificate = { from = -7200, to = -3600 },
    kills = { { mutant = "certificate-expiry-ignored", field = "code" } } },
  { id = "AUTH-405", what = "that is not valid yet", certificate = { from = 3600, to = 7200 } },
  { id = "AUTH-406", what = "of another authority", certificate = { issuer = "other" } },
  { id = "AUTH-407", what = "of an authority with the right name and another key",
    certificate = { issuer = "impostor" } },
  { id = "AUTH-408", what = "that signs itself", certificate = { issuer = "self" } },
  { id = "AUTH-409", what = "for servers only", certificate = { extended_usage = "serverAuth" },
    kills = { { mutant = "certificate-eku-ignored", field = "code" } } },
  { id = "AUTH-410", what = "with a bad signature", certificate = { bad_signature = true } },
}

for _, row in ipairs(defects) do
  case {
    id = row.id, rev = 1, level = "MUST", refs = { "AUTH-11", "rfc5246/7.4.6", "rfc5280/6.1.3", "rfc5280/4.2.1.12" },
    maps = { "TD_COAP_DTLS_06" }, needs = { "auth.x509" }, bindings = { "coaps-x509" }, kills = row.kills,
    title = ("a client certificate %s never publishes"):format(row.what),
    run = function(c)
      dtls.expect_refused(c:device { certificate = row.certificate })
      c:expect_no_events { by = c:device() }
    end,
  }
end

case {
  id = "AUTH-412", rev = 1, level = "MUST", refs = { "AUTH-13", "AUTH-11" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "a certificate of one application's authority does not open a device of another",
  run = function(c)
    local foreign = c:application {}
    local dev = c:device { certificate = { issuer = foreign } }
    dtls.expect_refused(dev)
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-413", rev = 1, level = "MUST", refs = { "AUTH-08", "AUTH-10" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "a good certificate whose subject no device has is refused",
  run = function(c)
    local dev = c:device()
    dtls.expect_refused(dev, { certificate = { subject = "O=Seatrial, CN=nobody" }, timeout = "4 s" })
    c:expect_no_events { by = c:device() }
  end,
}

case {
  id = "AUTH-414", rev = 1, level = "MUST", refs = { "AUTH-10", "AUTH-08" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "certificates of a disabled device and of a disabled application are refused",
  run = function(c)
    dtls.expect_refused(c:device { enabled = false })
    dtls.expect_refused(c:device { application = c:application { enabled = false } })
    c:expect_no_events { by = c:device { application = c:application {} } }
  end,
}

case {
  id = "AUTH-415", rev = 1, level = "SHOULD", refs = { "AUTH-21", "rfc7252/9.1.3.3", "rfc5280/6.1" },
  needs = { "auth.x509" }, bindings = { "coaps-x509" },
  title = "a chain with intermediates up to an anchor is accepted, and the anchor selects the application",
  run = function(c)
    for _, n in t.each { 1, 2 } do
      local dev = c:device { certificate = { intermediates = n } }
      dev:handshake {}:expect {}
      dev:post("/v1/state"):expect { code = "2.04" }
      c:await_event { device = dev.name, application = dev.application }
    end
  end,
}

case {
  id = "AUTH-416", rev = 1, level = "MUST", refs = { "AUTH-08", "TLS-01", "rfc7925/4.4" }, needs = { "auth.x509" },
  bindings = { "coaps-x509" },
  title = "clients with keys on P-256 are served; on P-384 and of RSA is observed",
  run = function(c)
    c:device { certificate = { key_kind = "P-256" } }:post("/v1/state"):expect { code = "2.04" }
    for _, kind in t.each { "P-384", "RSA-2048" } do
      local dev = c:device { certificate = { key_kind = kind } }
      c:observe(kind .. ": handshake " .. dev:handshake { timeout = "4 s" }:await())
    end
  end,
}

local variants = {
  { id = "AUTH-417", what = "a leaf that may sign others", certificate = { is_ca = true } },
  { id = "AUTH-418", what = "a leaf of X.509 version 1", certificate = { version_1 = true } },
  { id = "AUTH-419", what = "a leaf without digitalSignature", certificate = { key_usage = "keyEncipherment" } },
}

for _, row in ipairs(variants) do
  case {
    id = row.id, rev = 1, level = "INFO", refs = { "AUTH-22", "rfc5280/4.2.1.9" }, needs = { "auth.x509" },
    bindings = { "coaps-x509" },
    title = "whether " .. row.what .. " is accepted",
    run = function(c)
      local dev = c:device { certificate = row.certificate }
      local handshake = dev:handshake { timeout = "4 s" }
      local state = handshake:await()
      c:observe(row.what .. ": handshake " .. state)
      if state == "established" then
        c:observe(row.what .. ": " .. dev:post("/v1/state"):expect { class = t.any }.code)
      end
    end,
  }
end
