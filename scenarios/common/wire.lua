-- Datagrams by hand, for cases that need other bytes than a request has.

local wire = {}

-- The options of a good publish of dev to channel, for dev:send.
function wire.publish_options(dev, channel)
  return { [11] = { "v1", channel }, [4209] = dev.auth == "basic" and dev.authorization or nil }
end

-- The bytes of a good CON POST with a token of n bytes: head (4 bytes), token, the rest with payload "x".
function wire.publish(c, dev, n)
  local post = dev:post("/v1/state", { token = c:token(n or 2), payload = "x" })
  post:expect { code = "2.04" }
  c:await_event { device = dev.name, data = "x" }
  local bytes = post.sent.bytes
  return bytes:sub(1, 4), bytes:sub(5, 4 + (n or 2)), bytes:sub(5 + (n or 2))
end

-- A head: version 1, this type (0 CON, 1 NON, 2 ACK, 3 RST), token length and code byte, a fresh message id.
function wire.head(c, kind, token_length, code)
  local mid = c:mid()
  return { 0x40 | kind << 4 | token_length, code, mid >> 8, mid & 0xff }, mid
end

-- A CON with a format error is refused by RST; silence warns. RFC 7252 4.2.
function wire.expect_rejected(c, dev, mid)
  local answer = dev:expect_one_of { { type = "RST", code = "0.00", mid = mid }, t.silence {} }
  if not answer then
    c:warn("a CON that cannot be processed should be refused by RST", { field = "type", expected = "RST" })
  end
end

-- Gives the target time to send what it still may.
function wire.settle(c, dev)
  dev:ping():expect {}
  c:wait("SETTLE")
  dev:ping():expect {}
end

-- What came for a request, of one type.
function wire.copies(post, kind)
  local list = {}
  for _, message in ipairs(post:copies()) do
    if message.type == kind then list[#list + 1] = message end
  end
  return list
end

return wire
