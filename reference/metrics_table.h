/*
 * The metrics: X(id, name, labels, type, help). Rows of one name stand together; the first one's
 * help counts. No include guard: included once for each use of the table.
 */
X(DATAGRAMS_IN, "seatrial_datagrams_received_total", "transport=\"coap\"", "counter",
  "UDP datagrams received")
X(DATAGRAMS_IN_DTLS, "seatrial_datagrams_received_total", "transport=\"coaps\"", "counter",
  "UDP datagrams received")
X(DATAGRAMS_OUT, "seatrial_datagrams_sent_total", "", "counter", "UDP datagrams sent")
X(DATAGRAMS_LOST, "seatrial_datagrams_dropped_total", "", "counter",
  "Datagrams that the kernel dropped because a receive queue was full")
X(REQUESTS, "seatrial_requests_total", "", "counter", "CoAP requests that were new (no duplicate)")
X(DUPLICATES, "seatrial_duplicates_total", "", "counter", "Messages recognised as duplicates")
X(PEER_LIMITED, "seatrial_datagrams_over_peer_rate_total", "", "counter",
  "Datagrams dropped because their peer sent more than --peer-rate")
X(MALFORMED, "seatrial_malformed_total", "", "counter",
  "Datagrams that are no well-formed CoAP message")
X(DEDUP_EVICTED, "seatrial_dedup_evicted_total", "", "counter",
  "Duplicate-detection entries dropped before their time because the ring was full")
X(RETRANSMISSIONS, "seatrial_retransmissions_total", "", "counter", "Separate responses sent again")
X(RESPONSES_2, "seatrial_responses_total", "class=\"2\"", "counter", "CoAP responses by class")
X(RESPONSES_4, "seatrial_responses_total", "class=\"4\"", "counter", "CoAP responses by class")
X(RESPONSES_5, "seatrial_responses_total", "class=\"5\"", "counter", "CoAP responses by class")
X(PUBLISHED, "seatrial_events_total", "outcome=\"confirmed\"", "counter",
  "Events handed to the sink, by outcome")
X(PUBLISH_FAILED, "seatrial_events_total", "outcome=\"failed\"", "counter",
  "Events handed to the sink, by outcome")
X(RULE_REJECTED, "seatrial_publish_rules_total", "outcome=\"rejected\"", "counter",
  "Publishes that publish rules ended without an event, by outcome")
X(RULE_DROPPED, "seatrial_publish_rules_total", "outcome=\"dropped\"", "counter",
  "Publishes that publish rules ended without an event, by outcome")
X(RULES_UNDECODABLE, "seatrial_publish_rules_total", "outcome=\"undecodable\"", "counter",
  "Publishes that publish rules ended without an event, by outcome")
X(SCHEMA_LEFT_OUT, "seatrial_data_schema_left_out_total", "", "counter",
  "Publishes whose data_schema was no absolute URI")
X(OVERLOAD, "seatrial_overload_total", "", "counter",
  "Requests refused with 5.03 because a limit was reached")
X(AUTH_OK, "seatrial_authentications_total", "outcome=\"pass\"", "counter",
  "Authentications by outcome")
X(AUTH_REFUSED, "seatrial_authentications_total", "outcome=\"refused\"", "counter",
  "Authentications by outcome")
X(AUTH_SERVICE_ANSWERED, "seatrial_auth_service_total", "outcome=\"answered\"", "counter",
  "Questions to the service of --auth-url by outcome")
X(AUTH_SERVICE_FAILED, "seatrial_auth_service_total", "outcome=\"failed\"", "counter",
  "Questions to the service of --auth-url by outcome")
X(HASHES, "seatrial_password_hashes_total", "", "counter", "Password hashes computed")
X(WAITS, "seatrial_waits", "", "gauge", "Requests that wait for a command")
X(COMMANDS, "seatrial_commands_total", "", "counter", "Commands received by the API")
X(COMMANDS_TAKEN, "seatrial_commands_taken_total", "", "counter", "Waits that a command ended")
X(SESSIONS, "seatrial_dtls_sessions", "", "gauge", "Established DTLS sessions")
X(HANDSHAKES_OPEN, "seatrial_dtls_handshakes_open", "", "gauge", "DTLS handshakes in progress")
X(HANDSHAKES_OK, "seatrial_dtls_handshakes_total", "outcome=\"done\"", "counter",
  "DTLS handshakes by outcome")
X(HANDSHAKES_FAILED, "seatrial_dtls_handshakes_total", "outcome=\"failed\"", "counter",
  "DTLS handshakes by outcome")
X(HANDSHAKES_CAPPED, "seatrial_dtls_handshakes_total", "outcome=\"capped\"", "counter",
  "DTLS handshakes by outcome")
X(DTLS_DROPPED, "seatrial_dtls_datagrams_dropped_total", "", "counter",
  "Datagrams on the DTLS port that belong to no association, or are no DTLS at all")
X(SINK_BATCHES, "seatrial_sink_batches_total", "", "counter", "Groups of events committed together")
X(SINK_FAILURES, "seatrial_sink_failures_total", "", "counter",
  "Failed writes or flushes of the sink")
X(SINK_EVENTS, "seatrial_sink_events_open", "", "gauge",
  "Events that an HTTP, MQTT or Kafka sink sends, tries again or keeps waiting")
X(SINK_TAKEN, "seatrial_sink_attempts_total", "outcome=\"taken\"", "counter",
  "Attempts to hand an event to an HTTP receiver or a broker, by outcome")
X(SINK_REFUSED, "seatrial_sink_attempts_total", "outcome=\"refused\"", "counter",
  "Attempts to hand an event to an HTTP receiver or a broker, by outcome")
X(SINK_BROKEN, "seatrial_sink_attempts_total", "outcome=\"broken\"", "counter",
  "Attempts to hand an event to an HTTP receiver or a broker, by outcome")
X(SINK_FAILED, "seatrial_sink_attempts_total", "outcome=\"failed\"", "counter",
  "Attempts to hand an event to an HTTP receiver or a broker, by outcome")
X(API_REQUESTS, "seatrial_api_requests_total", "", "counter", "HTTP API requests")
X(API_REFUSED, "seatrial_api_refused_total", "", "counter",
  "HTTP API requests refused by token, Host, Origin or size")
