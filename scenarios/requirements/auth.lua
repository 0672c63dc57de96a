-- The requirements of family AUTH: authentication. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "AUTH-01", level = "MUST",
    text = "option 4209 `Basic base64(device@application:password)` authenticates, on `coap://` and inside " ..
      "DTLS",
    source = "DOC",
    upstream = "yes",
  },
  {
    id = "AUTH-02", level = "MUST",
    text = "base64 with and without padding is accepted",
    source = "DRG (clients)",
    upstream = "yes",
  },
  {
    id = "AUTH-03", level = "MUST",
    text = "the password may contain `:` and be empty; the user part splits at its first `@`; `%40` in the " ..
      "device part is decoded",
    source = "7617 2, DRG",
    upstream = "yes",
  },
  {
    id = "AUTH-04", level = "MUST",
    text = "the table of credential forms: `dev@app` alone; `application=` + user; `application=`+`device=` " ..
      "+ user; `device=` + `user@app`; device alias; unique username",
    source = "DRG",
    upstream = "swaps `x@y` given with `application=`",
  },
  {
    id = "AUTH-05", level = "MUST",
    text = "hashed passwords (bcrypt, sha512-crypt) in the registry verify",
    source = "DRG",
    upstream = "yes",
  },
  {
    id = "AUTH-06", level = "MUST",
    text = "DTLS-PSK with identity `device@application` authenticates; no option 4209 is needed",
    source = "DOC, DRG (identity)",
    upstream = "yes",
  },
  {
    id = "AUTH-07", level = "MUST",
    text = "a PSK is usable only inside its validity; while two are valid both are usable, or the newest is",
    source = "DRG (its RFC 0021)",
    upstream = "oldest wins",
  },
  {
    id = "AUTH-08", level = "MUST",
    text = "X.509 client certificate signed by a trust anchor: the issuer selects the application, the " ..
      "subject the device (name or alias)",
    source = "DOC, DRG",
    upstream = "yes",
  },
  {
    id = "AUTH-09", level = "MUST",
    text = "the same leaf sent together with its anchor's certificate is accepted",
    source = "5246 7.4.2",
    upstream = "refused",
  },
  {
    id = "AUTH-10", level = "MUST",
    text = "refused with 4.01 or 4.03 and a reason, nothing published: wrong password, unknown device, " ..
      "unknown application, no credentials, disabled application, disabled device, deleted device; bad " ..
      "base64, wrong scheme, empty option: 4.00 and 4.02 pass too",
    source = "DOC (reason), DRG",
    upstream = "disabled device passes",
  },
  {
    id = "AUTH-11", level = "MUST",
    text = "expired, not yet valid, wrong-CA, self-signed (no anchor) client certificates, and an EKU " ..
      "without client authentication: no publish; alert or silence at the handshake, or 4.01/4.03",
    source = "5246 7.4.6, 5280 4.2.1.12, 6.1.3",
    upstream = "at the request",
  },
  {
    id = "AUTH-12", level = "MUST",
    text = "a wrong PSK or an unknown identity never yields a session (any fatal alert, or silence), and " ..
      "leaves every other device served",
    source = "4279 2, 6347 4.1.2.7",
    upstream = "blocks all new peers",
  },
  {
    id = "AUTH-13", level = "MUST",
    text = "credentials of application A never publish as, or receive commands of, application B",
    source = "practice",
    upstream = "-",
  },
  {
    id = "AUTH-14", level = "MUST",
    text = "mixing (certificate or PSK plus 4209, `application=` or `device=`): refused, or both checked and " ..
      "equal; never the weaker one alone",
    source = "DRG",
    upstream = "4.03",
  },
  {
    id = "AUTH-15", level = "MUST",
    text = "`as=X` publishes for X when X's `gatewaySelector.matchNames` lists the authenticated device; " ..
      "else 4.03 (4.01, 4.04 pass), nothing published",
    source = "DOC, DRG",
    upstream = "ignored",
  },
  {
    id = "AUTH-16", level = "SHOULD",
    text = "failed and unknown identities get the same code and text (no oracle); equal time is INFO",
    source = "practice",
    upstream = "-",
  },
  {
    id = "AUTH-17", level = "SHOULD",
    text = "revoking (password changed, device disabled or deleted, PSK removed) takes effect for the next " ..
      "request, or after the delay the target states, also in a live DTLS session",
    source = "practice",
    upstream = "PSK sessions keep their snapshot",
  },
  {
    id = "AUTH-18", level = "SHOULD",
    text = "4209 given twice: 4.02",
    source = "7252 5.4.5",
    upstream = "first wins",
  },
  {
    id = "AUTH-19", level = "MUST",
    text = "PSK identities up to 128 bytes and keys up to 64 bytes work (longer: SHOULD)",
    source = "4279 5.3",
    upstream = "yes",
  },
  {
    id = "AUTH-20", level = "MUST",
    text = "a DTLS client that sends no certificate when asked gets a session in which 4209 authenticates",
    source = "DOC (example), 5246 7.4.6",
    upstream = "yes",
  },
  {
    id = "AUTH-21", level = "SHOULD",
    text = "a chain with intermediates up to an anchor is accepted; the anchor selects the application",
    source = "7252 9.1.3.3, 5280 6.1",
    upstream = "refused",
  },
  {
    id = "AUTH-22", level = "INFO",
    text = "`basic` in lower case (7617 2), URL-safe base64, CA:TRUE leaf (lawful, 5280 4.2.1.9), version 1 " ..
      "leaf, key usage without digitalSignature",
    source = "–",
    upstream = "mostly refused",
  },
}
