-- The requirements of family TLS: DTLS. One row a requirement; ids are permanent.
--
-- level: MUST, SHOULD, INFO. source: where it is stated (DOC the documentation of the CoAP endpoint, DRG the rest of
-- Drogue Cloud's documentation, CE CloudEvents 1.0.2, a number an RFC and its section, practice our own demand).
-- upstream: what the original endpoint 0.11 does; "yes" it holds, "-" nothing is known.

return {
  {
    id = "TLS-01", level = "MUST",
    text = "DTLS 1.2; a client with only TLS_PSK_WITH_AES_128_CCM_8, or only " ..
      "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 and secp256r1, connects (mode claimed; a stated cipher policy " ..
      "without them warns); GCM suites SHOULD",
    source = "7252 9.1, 9.1.3.1, 9.1.3.3, 7925 4.2, 4.4, DRG",
    upstream = "no CCM",
  },
  {
    id = "TLS-02", level = "SHOULD",
    text = "stateless cookie exchange (HelloVerifyRequest) before state is kept; a bad cookie gets a new " ..
      "one; resumption may skip it",
    source = "6347 4.2.1",
    upstream = "none",
  },
  {
    id = "TLS-03", level = "MUST",
    text = "the handshake survives loss, duplication, reordering and fragmentation of any flight (each " ..
      "message dropped once); a server timer of its own SHOULD",
    source = "6347 4.2.2–4.2.4, 7925 11",
    upstream = "client must repair",
  },
  {
    id = "TLS-04", level = "SHOULD",
    text = "replayed and corrupted records are discarded silently; the session lives on (replay detection is " ..
      "optional; a corrupted one never publishes: MUST)",
    source = "6347 3.3, 4.1.2.6, 4.1.2.7",
    upstream = "yes",
  },
  {
    id = "TLS-05", level = "MUST",
    text = "many handshakes proceed at once; one that stalls or lies keeps no other from finishing",
    source = "practice",
    upstream = "one at a time",
  },
  {
    id = "TLS-06", level = "MUST",
    text = "a ClientHello on a live 5-tuple does not end the old association before a cookie or a Finished " ..
      "proves the client",
    source = "6347 4.2.8",
    upstream = "-",
  },
  {
    id = "TLS-07", level = "SHOULD",
    text = "resumption works and keeps the identity, or is declined by a full handshake; never a session " ..
      "with another identity",
    source = "5246 7.4.1.3, 7925 7",
    upstream = "alert 80",
  },
  {
    id = "TLS-08", level = "SHOULD",
    text = "sessions end by inactivity, with close_notify, not by age in the middle of a wait",
    source = "7252 9.1.1, 5246 7.2.1",
    upstream = "60 s hard",
  },
  {
    id = "TLS-09", level = "SHOULD",
    text = "Connection ID negotiated or ignored; other unknown extensions and suites ignored",
    source = "9146 3, 5246 7.4.1.2",
    upstream = "ignored",
  },
  {
    id = "TLS-10", level = "MUST",
    text = "plain CoAP, garbage, and records of an unknown epoch on the DTLS port harm nobody",
    source = "6347 4.1.2.7, practice",
    upstream = "wedges",
  },
  {
    id = "TLS-11", level = "SHOULD",
    text = "DTLS 1.0 and compression are not negotiated; renegotiation is refused; extended master secret is " ..
      "offered",
    source = "8996, 7925 8, 16, 17",
    upstream = "-",
  },
  {
    id = "TLS-12", level = "SHOULD",
    text = "the ClientHello of TLS-06, once proven, leads to a new association, and the old one is dropped",
    source = "6347 4.2.8",
    upstream = "blocked",
  },
}
