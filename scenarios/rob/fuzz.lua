-- Datagrams by grammar with faults in them: what a mind does not think of. ROB-02. More of them: --fuzz COUNT.

case {
  id = "ROB-111", rev = 1, level = "MUST", refs = { "ROB-02", "MSG-05", "MSG-10", "EVT-01" }, impact = "malformed",
  timeout = "4 min", title = "publishes with faults at any place break nothing",
  kills = { { mutant = "command-option-repeat-crashes", field = "served" } },
  run = function(c)
    c:fuzz { grammar = t.coap_message {}, count = 100 }
  end,
}

case {
  id = "ROB-112", rev = 1, level = "MUST", refs = { "ROB-02", "TLS-10", "rfc6347/4.1.2.7" }, impact = "malformed",
  bindings = { "coaps-psk", "coaps-x509" }, timeout = "4 min",
  title = "records that anybody can make break no session",
  kills = { { mutant = "record-version-ends-session", field = "alive" } },
  run = function(c)
    c:fuzz { grammar = t.dtls_record {}, count = 100 }
  end,
}
