/*
 * The options of seatrial-endpoint. X(field of struct config, name, kind, default, unit, least,
 * most, help, flags), HEADING(title, sentence), ACTION(field of struct command_line, name, help,
 * flags). No include guard: included once for each use.
 *
 * --help, the man page, the file's reader and the bounds all come from here.
 */
HEADING("Where", "Naming any address turns the defaults of all three off.")
X(coap, "coap", ADDRESS, "127.0.0.1:5683 [::1]:5683", "ADDR", NULL, NULL,
  "Serve plain CoAP on this UDP address.", 0)
X(coaps, "coaps", ADDRESS, "127.0.0.1:5684 [::1]:5684", "ADDR", NULL, NULL,
  "Serve CoAP over DTLS on this UDP address, with pre-shared keys and certificates.", 0)
X(http, "http", ADDRESS, "127.0.0.1:8080", "ADDR", NULL, NULL,
  "Serve the HTTP API (registry, commands, metrics, health) on this TCP address. Beyond loopback "
  "every call needs the bearer token.",
  0)
X(data_dir, "data", TEXT, "./seatrial-data", "DIR", NULL, NULL,
  "Everything the endpoint keeps: registry, events, demo credentials. Made when missing, for its "
  "owner only.",
  0)
X(registry_file, "registry", TEXT, NULL, "FILE", NULL, NULL,
  "Merge the applications and devices of this JSON file into the registry at start.", 0)
X(sink, "sink", TEXT, NULL, "URL", NULL, NULL,
  "Where events go: file:PATH (one CloudEvent a line, durable before the device is answered), "
  "http://HOST[:PORT]/PATH or https://... (one POST an event, answered 2xx before the device is), "
  "mqtt://HOST[:PORT] or mqtts://... (topic app/APPLICATION, acknowledged before the device is), "
  "kafka://HOST[:PORT],... or kafkas://... (topic events-APPLICATION, written by all replicas "
  "before the device is answered), "
  "or null: (encoded and dropped). Without it file:DATA/events.ndjson.",
  0)
X(commands, "commands", TEXT, NULL, "URL", NULL, NULL,
  "Take commands from this broker too: mqtt://HOST[:PORT] or mqtts://... (topic "
  "command/APPLICATION/DEVICE/COMMAND), kafka://HOST[:PORT],... or kafkas://... (topic "
  "iot-commands).",
  0)
X(demo, "demo", FLAG, NULL, NULL, NULL, NULL,
  "Make example-app, device1 and its credentials when missing. On when neither an address nor a "
  "file is named; --no-demo turns it off.",
  0)

HEADING("Identity", NULL)
X(server_cert, "cert", TEXT, NULL, "FILE", NULL, NULL,
  "PEM certificate chain of the DTLS server. Without it DATA/server.crt, which --demo makes.",
  OPT_LIVE)
X(server_key, "key", TEXT, NULL, "FILE", NULL, NULL, "PEM private key of --cert.", OPT_LIVE)
X(api_token_file, "api-token", TEXT, NULL, "FILE", NULL, NULL,
  "Bearer token of the HTTP API, made when missing. Without it DATA/api-token.", OPT_LIVE)
X(instance, "instance", TEXT, "drogue", "NAME", NULL, NULL,
  "Value of the CloudEvent extension `instance`.", 0)

HEADING("Process", NULL)
X(config_file, "config", TEXT, NULL, "FILE", NULL, NULL,
  "Read options from this file, one `name = value` a line; the command line wins.", OPT_ARGS_ONLY)
X(check_only, "check-config", FLAG, NULL, NULL, NULL, NULL,
  "Check options and files, say what is wrong, and end.", OPT_ARGS_ONLY)
X(mutant, "mutant", TEXT, NULL, "NAME", NULL, NULL,
  "Deviate in one named way, for the conformance suite to prove itself on; `list` names them all. "
  "drogue-0.11 is a bundle of those that the original endpoint of Drogue Cloud has.",
  OPT_ARGS_ONLY)
X(workers, "workers", INTEGER, "0", "N", "0", "64",
  "Threads that serve devices; 0 is one for each processor.", 0)
X(ready_fd, "ready-fd", INTEGER, NULL, "N", "0", "65535",
  "Write a line to this descriptor and close it when devices can connect.", OPT_ARGS_ONLY)
X(drain_us, "drain", DURATION, "5s", "TIME", "0", "10min",
  "Longest time from SIGTERM to the end: waiting devices are answered and events written.", 0)
X(log_level, "log-level", NAME, "info", "error|warn|info|debug", NULL, NULL,
  "The least important lines to log.", OPT_LIVE)
X(log_format, "log-format", NAME, "logfmt", "logfmt|json", NULL, NULL, "How a line is written.",
  OPT_LIVE)

HEADING("Messages", "Timers and limits of the message layer, RFC 7252 4.8.")
X(ack_timeout_us, "ack-timeout", DURATION, "2s", "TIME", "1ms", "1h",
  "ACK_TIMEOUT: a separate response is first repeated after this time or more.", 0)
X(ack_random_factor, "ack-random-factor", DECIMAL, "1.5", "N", "1", "10",
  "ACK_RANDOM_FACTOR: up to this much longer, by chance.", 0)
X(max_retransmit, "max-retransmit", INTEGER, "4", "N", "0", "20",
  "MAX_RETRANSMIT: how often a separate response is repeated.", 0)
X(exchange_lifetime_us, "exchange-lifetime", DURATION, "247s", "TIME", "1ms", "1d",
  "EXCHANGE_LIFETIME: a confirmable message repeated within it is a duplicate.", 0)
X(non_lifetime_us, "non-lifetime", DURATION, "145s", "TIME", "1ms", "1d",
  "NON_LIFETIME: the same for non-confirmable messages.", 0)
X(empty_ack_delay_us, "empty-ack-delay", DURATION, "1500ms", "TIME", "0", "1h",
  "Acknowledge a request that has no answer after this time; quicker answers stay piggy-backed. "
  "Must be below --ack-timeout.",
  0)
X(dedup_entries, "dedup-entries", INTEGER, "4194304", "N", "1024", "1073741824",
  "Messages remembered to recognise duplicates, 64 bytes each; beyond it the oldest is forgotten.",
  0)
X(dedup_bytes, "dedup-bytes", SIZE, "64MiB", "SIZE", "64KiB", "64GiB",
  "Memory for remembered answers that are more than an empty 2.04.", 0)
X(peer_rate_per_s, "peer-rate", INTEGER, "10000", "N", "0", "1000000",
  "Datagrams a second from one address and port, and as many at once; more are dropped. RFC 7252 "
  "4.4 lets a "
  "device send 265 messages a second. 0 is no limit.",
  0)
X(max_exchanges, "max-exchanges", INTEGER, "262144", "N", "16", "67108864",
  "Requests in work or waiting for a command; beyond it 5.03.", 0)

HEADING("Publishing", NULL)
X(max_ct_us, "max-ct", DURATION, "10min", "TIME", "0", "1d",
  "Longest wait for a command; a longer ct is shortened to it.", OPT_LIVE)
X(retry_after_us, "retry-after", DURATION, "5s", "TIME", "1s", "1h",
  "Max-Age of a 5.03: when the device shall try again.", OPT_LIVE)
X(max_payload_bytes, "max-payload", SIZE, "1MiB", "SIZE", "1KiB", "4MiB",
  "Largest payload of a publish, in one datagram or in blocks; beyond it 4.13.", 0)
X(max_transfers, "max-transfers", INTEGER, "4096", "N", "1", "1048576",
  "Uploads in blocks at once, and as many downloads; beyond it 5.03.", 0)
X(max_transfer_bytes, "max-transfer-bytes", SIZE, "64MiB", "SIZE", "64KiB", NULL,
  "Memory for uploads in blocks, and as much for downloads.", 0)
X(allow_put, "allow-put", FLAG, NULL, NULL, NULL, NULL,
  "Let PUT publish like POST, which gives up that PUT is idempotent.", 0)
X(sink_rotate_bytes, "sink-rotate", SIZE, "1GiB", "SIZE", NULL, NULL,
  "Begin a new event file beyond this size; 0 is never.", 0)
X(sink_max_bytes, "sink-max-bytes", SIZE, "64MiB", "SIZE", "1MiB", "64GiB",
  "Events not yet on the disk, or not yet taken by the receiver, for each worker; beyond it 5.03.",
  0)
X(sink_mode, "sink-mode", NAME, "binary", "binary|structured", NULL, NULL,
  "How an HTTP or MQTT sink sends CloudEvents: attributes in headers or user properties and the "
  "payload as body, or all of it as one JSON document.",
  0)
X(sink_connections, "sink-connections", INTEGER, "32", "N", "1", "1024",
  "Requests of an HTTP sink at once, each on a kept connection; messages of an MQTT or "
  "Kafka sink without an acknowledgement. Events of one device go one after the other.",
  0)
X(sink_timeout_us, "sink-timeout", DURATION, "20s", "TIME", "100ms", "2min",
  "How long an HTTP, MQTT or Kafka sink tries to get an event taken, with pauses that double, "
  "before the "
  "device gets 5.03; one attempt takes at most half of it.",
  0)
X(sink_ca, "sink-ca", TEXT, NULL, "FILE", NULL, NULL,
  "PEM certificates of the authorities that an https, mqtts or kafkas sink is verified by, instead "
  "of the "
  "system's.",
  0)
X(sink_user, "sink-user", TEXT, NULL, "NAME", NULL, NULL, "User name for an MQTT or Kafka sink.", 0)
X(sink_token, "sink-token", TEXT, NULL, "FILE", NULL, NULL,
  "Bearer token for an HTTP sink, password or API key for an MQTT or Kafka sink; the file must be "
  "its "
  "owner's only.",
  0)

X(commands_ca, "commands-ca", TEXT, NULL, "FILE", NULL, NULL,
  "PEM certificates of the authorities that the broker of --commands is verified by, instead of "
  "the system's.",
  0)
X(commands_user, "commands-user", TEXT, NULL, "NAME", NULL, NULL,
  "User name for the broker of --commands.", 0)
X(commands_token, "commands-token", TEXT, NULL, "FILE", NULL, NULL,
  "Password or API key for the broker of --commands; the file must be its owner's only.", 0)

HEADING("DTLS", NULL)
X(dtls_mtu, "dtls-mtu", INTEGER, "1200", "BYTES", "256", "16384",
  "Largest UDP payload of a handshake datagram.", 0)
X(dtls_idle_us, "dtls-idle", DURATION, "5min", "TIME", "1s", "7d",
  "Close a session after so much silence.", 0)
X(dtls_handshake_timeout_us, "dtls-handshake-timeout", DURATION, "30s", "TIME", "100ms", "10min",
  "Give a handshake up after this time.", 0)
X(dtls_retransmit_us, "dtls-retransmit", DURATION, "1s", "TIME", "10ms", "1min",
  "First timer of a handshake flight; it doubles.", 0)
X(dtls_max_handshakes, "dtls-max-handshakes", INTEGER, "4096", "N", "1", "1048576",
  "Handshakes at once; beyond it one that stands still gives way, or the new one is not "
  "answered.",
  0)
X(dtls_max_sessions, "dtls-max-sessions", INTEGER, "262144", "N", "1", "16777216",
  "Sessions at once; beyond it new handshakes are not answered.", 0)

HEADING("Bare endpoint", "One that asks Drogue Cloud's device authentication service.")
X(auth_url, "auth-url", TEXT, NULL, "URL", NULL, NULL,
  "Have no registry, and ask this service who a device is: it takes POST at URL/api/v1/auth, "
  "URL/api/v1/keys and URL/api/v1/authorize_as. A service that is down or slow is 5.03.",
  0)
X(auth_ca, "auth-ca", TEXT, NULL, "FILE", NULL, NULL,
  "PEM certificates of the authorities that an https service is verified by, instead of the "
  "system's.",
  0)
X(auth_token, "auth-token", TEXT, NULL, "FILE", NULL, NULL,
  "Bearer token for the service; the file must be its owner's only.", 0)
X(auth_timeout_us, "auth-timeout", DURATION, "5s", "TIME", "100ms", "2min",
  "How long a question to the service may take, waiting for a connection included; then 5.03.", 0)
X(auth_cache_us, "auth-cache-time", DURATION, "5s", "TIME", "1s", "1h",
  "How long an answer counts: so long may a device publish whose credentials were revoked.", 0)
X(auth_cache_entries, "auth-cache", INTEGER, "16384", "N", "64", "16777216",
  "Answers remembered, for each worker.", 0)
X(auth_connections, "auth-connections", INTEGER, "32", "N", "1", "1024",
  "Questions to the service at once, each on a kept connection.", 0)
X(auth_queue, "auth-queue", INTEGER, "4096", "N", "1", "1048576",
  "Questions waiting for these connections; beyond it 5.03.", 0)

HEADING("Backend", "For an endpoint process that has no registry of its own.")
X(backend_only, "backend-only", FLAG, NULL, NULL, NULL, NULL,
  "Serve no devices, only HTTP: the registry API, and the device authentication service of Drogue "
  "Cloud (POST /api/v1/auth, /api/v1/keys, /api/v1/authorize_as) for this registry.",
  0)
X(drogue_quirks, "drogue-quirks", FLAG, NULL, NULL, NULL, NULL,
  "With --backend-only: let authentication deviate where Drogue Cloud 0.11 does. A disabled device "
  "passes, the oldest of several pre-shared keys is the one, and a certificate must be signed by "
  "the trust anchor itself and come alone.",
  0)

HEADING("Passwords", NULL)
X(hash_threads, "hash-threads", INTEGER, "1", "N", "1", "64",
  "Threads that verify password hashes (bcrypt, sha512-crypt).", 0)
X(hash_queue, "hash-queue", INTEGER, "1024", "N", "1", "1048576",
  "Requests waiting for these threads; beyond it 5.03.", 0)
X(hash_cache_entries, "hash-cache", INTEGER, "65536", "N", "0", "16777216",
  "Verdicts remembered, for each worker.", 0)
X(hash_cache_us, "hash-cache-time", DURATION, "5min", "TIME", "0", "1d",
  "How long a verdict is remembered.", 0)

HEADING("HTTP API", NULL)
X(api_max_body_bytes, "api-max-body", SIZE, "64KiB", "SIZE", "1KiB", "16MiB",
  "Largest body of a call; beyond it 413.", 0)
X(api_max_header_bytes, "api-max-header", SIZE, "16KiB", "SIZE", "4KiB", "1MiB",
  "Largest request line and header fields of a call; beyond it 431.", 0)
X(api_timeout_us, "api-timeout", DURATION, "10s", "TIME", "1s", "1h",
  "Close a connection after so much silence. A call must have arrived in six times that.", 0)
X(api_max_connections, "api-max-connections", INTEGER, "64", "N", "1", "65536",
  "Connections at once, for each address; beyond it 503.", 0)

HEADING("Help", NULL)
ACTION(help, "help", "Print this text; also -h.", 0)
ACTION(version, "version", "Print the version.", 0)
ACTION(man, "man", "Print the man page as roff.", OPT_HIDDEN)
ACTION(completion_bash, "completion-bash", "Print the completion of bash.", OPT_HIDDEN)
ACTION(completion_zsh, "completion-zsh", "Print the completion of zsh.", OPT_HIDDEN)
