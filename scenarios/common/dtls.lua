-- DTLS records by hand, and handshakes that are refused. RFC 6347 4.1, 4.2.

local dtls = {}

local function uint(n, bytes)
  local text = ""
  for _ = 1, bytes do text, n = string.char(n & 0xff) .. text, n >> 8 end
  return text
end

-- A record of DTLS 1.2: content type, epoch, sequence number, what is in it.
function dtls.record(content, epoch, sequence, fragment)
  return string.char(content) .. "\xfe\xfd" .. uint(epoch, 2) .. uint(sequence, 6) .. uint(#fragment, 2) .. fragment
end

-- A ClientHello with this cookie, offering TLS_PSK_WITH_AES_128_CCM_8 and TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8.
function dtls.client_hello(random, cookie)
  local extensions = "\0\x0a\0\4\0\2\0\x17" .. "\0\x0b\0\2\1\0" .. "\0\x17\0\0" -- P-256, points, RFC 7627
  local body = "\xfe\xfd" .. random .. "\0" .. uint(#cookie, 1) .. cookie .. "\0\4\xc0\xa8\xc0\xae" .. "\1\0" ..
    uint(#extensions, 2) .. extensions
  local message = "\1" .. uint(#body, 3) .. "\0\0" .. uint(0, 3) .. uint(#body, 3) .. body
  return dtls.record(22, 0, 0, message)
end

-- Neither a session nor, in one, a publish. fields: of the handshake.
function dtls.expect_refused(dev, fields)
  local handshake = dev:handshake(fields or { timeout = "4 s" })
  if handshake:await() == "established" then
    dev:post("/v1/state"):expect { code = t.one_of { "4.01", "4.03" }, reason = true }
  else
    handshake:expect_failure { or_silence = true }
  end
end

return dtls
