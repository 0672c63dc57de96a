/*
 * The mutants: X(id, name, what it does). MUTANT_TABLE(X) expands them in the order of their
 * listing.
 *
 * Each is one deviation at one decision point, taken from mistakes of real endpoints; the
 * conformance suite proves itself by telling every one of them from the endpoint without it.
 */
#ifndef REFERENCE_MUTANT_TABLE_H
#define REFERENCE_MUTANT_TABLE_H

/* How long sessions of session-ends-by-age outlive the time limit of their handshake: with its
 * default they end 60 s after their start. */
enum { MUTANT_AGE_S = 30 };

/* clang-format off */
#define MUTANT_TABLE(X) \
    X(PING_IGNORED, "ping-ignored", "an empty CON gets no answer") \
    X(PING_ACKNOWLEDGED, "ping-acknowledged", "an empty CON gets an empty ACK in place of a RST") \
    X(PING_ANSWERED, "ping-answered", "an empty CON is answered as a request") \
    X(MALFORMED_ACKNOWLEDGED, "malformed-acknowledged", "a CON with a format error gets an empty ACK") \
    X(MALFORMED_NON_ACKNOWLEDGED, "malformed-non-acknowledged", "a NON with a format error gets an empty ACK") \
    X(VERSION_UNCHECKED, "version-unchecked", "a message of another version is processed") \
    X(TOKEN_LENGTH_9_ACCEPTED, "token-length-9-accepted", "reserved token lengths are taken for 8") \
    X(MARKER_WITHOUT_PAYLOAD_ACCEPTED, "marker-without-payload-accepted", "a payload marker at the end is an empty payload") \
    X(OPTION_OVERRUN_ACCEPTED, "option-overrun-accepted", "a broken option ends the options, and the request is processed") \
    X(REQUEST_IN_ACK_PUBLISHED, "request-in-ack-published", "a request in an ACK or RST is processed") \
    X(RESPONSE_CODE_ANSWERED, "response-code-answered", "a response code or reserved class is answered as a request") \
    X(CON_COPY_PROCESSED_TWICE, "con-copy-processed-twice", "a repeated CON is a new request") \
    X(NON_COPY_PROCESSED_TWICE, "non-copy-processed-twice", "a repeated NON is a new request") \
    X(CON_COPY_IGNORED, "con-copy-ignored", "a repeated CON gets no answer") \
    X(CON_COPY_ANSWERED_OTHERWISE, "con-copy-answered-otherwise", "a repeated CON gets 5.00") \
    X(DEDUP_WITHOUT_PORT, "dedup-without-port", "the same message ID from another port is a copy") \
    X(DEDUP_ACROSS_SESSIONS, "dedup-across-sessions", "the same message ID in another DTLS session of the address is a copy") \
    X(DEDUP_FORGETS_EARLY, "dedup-forgets-early", "copies are recognised for one second") \
    X(ACK_WITH_OTHER_MID, "ack-with-other-mid", "an ACK carries another message ID than its CON") \
    X(TOKEN_CUT, "token-cut", "a response carries at most four bytes of the token") \
    X(TOKEN_DROPPED, "token-dropped", "a response carries no token") \
    X(NON_ANSWERED_BY_ACK, "non-answered-by-ack", "a NON is answered by an ACK") \
    X(NON_ANSWERED_TWICE, "non-answered-twice", "a NON gets two responses") \
    X(OWN_MID_CONSTANT, "own-mid-constant", "all messages of the endpoint's own have the same message ID") \
    X(SEPARATE_NEVER_REPEATED, "separate-never-repeated", "an unacknowledged separate response is not repeated") \
    X(SEPARATE_WITHOUT_BACKOFF, "separate-without-backoff", "a separate response is repeated at a fixed interval") \
    X(SEPARATE_REPEATED_EARLY, "separate-repeated-early", "a separate response is repeated before ACK_TIMEOUT") \
    X(SEPARATE_REPEATED_FOR_EVER, "separate-repeated-for-ever", "a separate response is repeated beyond MAX_RETRANSMIT") \
    X(SEPARATE_REPEATED_CHANGED, "separate-repeated-changed", "a repeated separate response has a new message ID") \
    X(SEPARATE_IGNORES_ACK, "separate-ignores-ack", "a separate response is repeated after its ACK") \
    X(SEPARATE_IGNORES_RESET, "separate-ignores-reset", "a separate response is repeated after a RST") \
    X(EMPTY_ACK_MISSING, "empty-ack-missing", "a slow answer is not announced by an empty ACK") \
    X(ACK_LATE, "ack-late", "an answer comes in the ACK, however late, and no empty ACK before it") \
    X(EMPTY_ACK_ALWAYS, "empty-ack-always", "a quick answer comes separately too") \
    X(EMPTY_ACK_ONCE, "empty-ack-once", "copies behind an empty ACK are not acknowledged") \
    X(COPY_AFTER_EMPTY_ACK_ANSWERED, "copy-after-empty-ack-answered", "a copy behind an empty ACK gets a 2.04 in an ACK") \
    X(RESPONSE_WITH_CRITICAL_OPTION, "response-with-critical-option", "responses carry an unknown critical option") \
    X(RESPONSE_WITH_LONE_MARKER, "response-with-lone-marker", "responses end with a payload marker") \
    X(CRITICAL_OPTION_IGNORED, "critical-option-ignored", "unknown critical options are ignored") \
    X(CRITICAL_OPTION_IGNORED_IN_NON, "critical-option-ignored-in-non", "unknown critical options are ignored in a NON") \
    X(ELECTIVE_OPTION_REFUSED, "elective-option-refused", "unknown elective options are refused") \
    X(OPTION_4209_UNKNOWN, "option-4209-unknown", "option 4209 is an unknown critical option") \
    X(OPTION_4210_REFUSED, "option-4210-refused", "option 4210 in a request is refused") \
    X(OPTION_LENGTH_UNCHECKED, "option-length-unchecked", "options of unlawful lengths are taken as they are") \
    X(OPTION_REPEATED_ACCEPTED, "option-repeated-accepted", "of an option given twice the last counts") \
    X(AUTHORIZATION_TWICE_ACCEPTED, "authorization-twice-accepted", "of option 4209 given twice the first counts") \
    X(PROXY_URI_IGNORED, "proxy-uri-ignored", "Proxy-Uri and Proxy-Scheme are ignored") \
    X(IF_MATCH_IGNORED, "if-match-ignored", "If-Match is ignored") \
    X(URI_HOST_REFUSED, "uri-host-refused", "Uri-Host is an unknown critical option") \
    X(ANY_METHOD_PUBLISHES, "any-method-publishes", "every request code publishes") \
    X(GET_PUBLISHES, "get-publishes", "GET publishes") \
    X(METHOD_NOT_FOUND, "method-not-found", "another method than POST is answered 4.04") \
    X(PATH_VERSION_UNCHECKED, "path-version-unchecked", "any first segment publishes") \
    X(EMPTY_CHANNEL_PUBLISHED, "empty-channel-published", "an empty channel publishes with an empty subject") \
    X(SUB_PATH_REFUSED, "sub-path-refused", "a path of more than two segments is refused") \
    X(SUB_PATH_WITHOUT_QUERY_SILENT, "sub-path-without-query-silent", "a path of more than two segments without a query gets no answer") \
    X(SUB_PATH_IN_SUBJECT, "sub-path-in-subject", "the subject is the last segment of the path") \
    X(CHANNEL_DECODED, "channel-decoded", "percent signs in the channel are decoded") \
    X(QUERY_FIRST_OPTION_ONLY, "query-first-option-only", "only the first Uri-Query option is read") \
    X(QUERY_NOT_SPLIT, "query-not-split", "a Uri-Query option is one parameter") \
    X(QUERY_NOT_DECODED, "query-not-decoded", "percent signs in parameters stay") \
    X(UNKNOWN_PARAMETER_REFUSED, "unknown-parameter-refused", "unknown parameters are refused") \
    X(BAD_CT_IGNORED, "bad-ct-ignored", "a ct that is no number counts as none") \
    X(NEGATIVE_CT_ACCEPTED, "negative-ct-accepted", "the sign of ct is skipped") \
    X(BAD_CT_RESETS_PARAMETERS, "bad-ct-resets-parameters", "a ct that is no number takes all other parameters away") \
    X(PARAMETER_TWICE_ACCEPTED, "parameter-twice-accepted", "of a parameter given twice the last counts") \
    X(CHANGED_WITH_PAYLOAD, "changed-with-payload", "2.04 carries a payload") \
    X(CREATED_FOR_CHANGED, "created-for-changed", "a publish is answered 2.01") \
    X(REFUSAL_WITHOUT_REASON, "refusal-without-reason", "refusals carry no text") \
    X(REFUSAL_ECHOES_PAYLOAD, "refusal-echoes-payload", "refusals carry the request's payload") \
    X(REFUSAL_WITH_CONTENT_FORMAT, "refusal-with-content-format", "refusals say that their text is JSON") \
    X(JSON_UNCHECKED, "json-unchecked", "declared JSON need not be JSON") \
    X(SINK_DOWN_CHANGED, "sink-down-changed", "a publish that the sink did not take is answered 2.04") \
    X(PASSWORD_UNCHECKED, "password-unchecked", "any password will do") \
    X(AUTHENTICATION_FAILED_5_00, "authentication-failed-5-00", "failed authentication is an internal error") \
    X(DISABLED_DEVICE_ACCEPTED, "disabled-device-accepted", "a disabled device publishes") \
    X(DISABLED_APPLICATION_ACCEPTED, "disabled-application-accepted", "devices of a disabled application publish") \
    X(PASSWORD_CUT_AT_LAST_COLON, "password-cut-at-last-colon", "user and password are split at the last colon") \
    X(USER_CUT_AT_LAST_AT, "user-cut-at-last-at", "device and application are split at the last @") \
    X(DEVICE_NOT_DECODED, "device-not-decoded", "the device part of a user is not percent-decoded") \
    X(UNPADDED_BASE64_REFUSED, "unpadded-base64-refused", "base64 needs its padding") \
    X(AS_IGNORED, "as-ignored", "as= has no effect") \
    X(AS_UNCHECKED, "as-unchecked", "as= works for every device of the application") \
    X(AS_SWAPS_SENDER, "as-swaps-sender", "with as= the sender is the device published for") \
    X(MIXED_CREDENTIALS_UNCHECKED, "mixed-credentials-unchecked", "beside a DTLS identity option 4209 and names are not looked at") \
    X(REVOCATION_IGNORED_IN_SESSION, "revocation-ignored-in-session", "a DTLS session keeps what it proved at its start") \
    X(PSK_VALIDITY_IGNORED, "psk-validity-ignored", "a pre-shared key outside its validity is taken") \
    X(PSK_OLDEST_WINS, "psk-oldest-wins", "of two valid pre-shared keys the oldest is taken") \
    X(CERTIFICATE_EXPIRY_IGNORED, "certificate-expiry-ignored", "the validity of client certificates is not checked") \
    X(CERTIFICATE_EKU_IGNORED, "certificate-eku-ignored", "a certificate for servers is taken from a client") \
    X(ANCHOR_SENT_ALONG_REFUSED, "anchor-sent-along-refused", "only a chain of one certificate is taken") \
    X(CT_IGNORED, "ct-ignored", "no request waits for a command") \
    X(CT_HALVED, "ct-halved", "waits end after half of ct") \
    X(CT_LATE, "ct-late", "waits end five seconds after ct") \
    X(COMMAND_WAITS_FULL_CT, "command-waits-full-ct", "a command is delivered when ct is over") \
    X(OPTION_4210_MISSING, "option-4210-missing", "a command comes without its name") \
    X(OPTION_4210_TWICE, "option-4210-twice", "a command comes with its name twice") \
    X(COMMAND_PAYLOAD_CUT, "command-payload-cut", "a command's payload loses its last byte") \
    X(COMMAND_NAME_CHANGED, "command-name-changed", "the first byte of a command's name is changed") \
    X(COMMAND_CODE_CHANGED, "command-code-changed", "a command comes in a 2.04") \
    X(COMMAND_TO_ANY_DEVICE, "command-to-any-device", "a command goes to whoever waits in the application") \
    X(COMMAND_TO_ANY_APPLICATION, "command-to-any-application", "a command goes to the device of that name in any application") \
    X(COMMAND_BEFORE_CONFIRMATION_LOST, "command-before-confirmation-lost", "a command that comes before the sink's confirmation is lost") \
    X(EVENT_LOST, "event-lost", "a publish is answered 2.04 and gives no event") \
    X(EVENT_TWICE, "event-twice", "a publish gives two events") \
    X(EVENT_ON_REFUSAL, "event-on-refusal", "declared JSON that is not is refused and published") \
    X(EVENT_SUBJECT_FIXED, "event-subject-fixed", "the subject is always `data`") \
    X(EVENT_ID_CONSTANT, "event-id-constant", "all events have the same id") \
    X(EVENT_TYPE_WRONG, "event-type-wrong", "the type is not io.drogue.event.v1") \
    X(EVENT_TIME_WRONG, "event-time-wrong", "the time is a day early") \
    X(EVENT_DEVICE_UID_MISSING, "event-device-uid-missing", "deviceuid and senderuid are missing") \
    X(EVENT_SENDER_MISSING, "event-sender-missing", "sender is missing") \
    X(EVENT_APPLICATION_MISSING, "event-application-missing", "application is missing") \
    X(EVENT_INSTANCE_MISSING, "event-instance-missing", "instance is missing") \
    X(EVENT_PARTITION_KEY_MISSING, "event-partition-key-missing", "partitionkey is missing") \
    X(DATA_SCHEMA_LOST, "data-schema-lost", "data_schema has no effect") \
    X(DATA_SCHEMA_UNCHECKED, "data-schema-unchecked", "a data_schema that is no URI becomes dataschema") \
    X(CONTENT_FORMAT_IGNORED, "content-format-ignored", "the type of a payload is guessed whatever its Content-Format") \
    X(JSON_AS_BINARY, "json-as-binary", "a JSON payload is base64 under its JSON type") \
    X(TEXT_AS_JSON, "text-as-json", "a text that happens to be JSON becomes a JSON value") \
    X(EMPTY_PAYLOAD_UNPUBLISHED, "empty-payload-unpublished", "an empty payload is answered 2.04 and gives no event") \
    X(PAYLOAD_CUT, "payload-cut", "a payload is cut to 1 023 bytes") \
    X(EACH_BLOCK_AN_EVENT, "each-block-an-event", "each block of an upload is published") \
    X(BLOCK_CONTINUE_CHANGED, "block-continue-changed", "a block that is not the last is answered 2.04") \
    X(MISSING_BLOCK_ACCEPTED, "missing-block-accepted", "blocks are joined although one is missing") \
    X(REQUEST_TAG_IGNORED, "request-tag-ignored", "uploads of different Request-Tags are mixed") \
    X(BLOCKS_OF_ANYBODY_JOIN, "blocks-of-anybody-join", "blocks of different senders are joined") \
    X(BLOCK_SIZE_7_ACCEPTED, "block-size-7-accepted", "the reserved block size counts as 1024") \
    X(TOO_LARGE_ACCEPTED, "too-large-accepted", "the limit of payloads is not kept") \
    X(BLOCK2_PUBLISHES, "block2-publishes", "a request for a later block of an answer publishes") \
    X(BLOCK2_WITHOUT_MORE, "block2-without-more", "the first block of a command says that it is the last") \
    X(CCM_MISSING, "ccm-missing", "no CCM suite is offered") \
    X(CLIENT_HELLO_ENDS_SESSION, "client-hello-ends-session", "a ClientHello on a live path ends the association") \
    X(SESSION_ENDS_BY_AGE, "session-ends-by-age", "a DTLS session ends 60 s after its start, without a word, in the middle of a wait too") \
    X(ANONYMOUS_SESSION_REFUSED, "anonymous-session-refused", "a DTLS client without certificate and key gets no session") \
    X(ANSWERED_BEFORE_COMMIT, "answered-before-commit", "2.04 is sent before the event is written") \
    X(SHORT_RECORD_ENDS_SESSION, "short-record-ends-session", "a record too short for its cipher ends the association") \
    X(PSK_SESSION_REFUSED, "psk-session-refused", "a session of a pre-shared key proves nobody") \
    X(CERTIFICATE_SESSION_REFUSED, "certificate-session-refused", "a session of a certificate proves nobody") \
    X(HASHED_PASSWORD_REFUSED, "hashed-password-refused", "passwords kept as hashes are never right") \
    X(APPLICATION_PARAMETER_IGNORED, "application-parameter-ignored", "application= has no effect on option 4209") \
    X(PARAMETER_CUT_AT_HASH, "parameter-cut-at-hash", "parameters end at #") \
    X(CT_ZERO_WAITS, "ct-zero-waits", "without ct a publish waits four seconds for a command") \
    X(NON_ACKNOWLEDGED_TOO, "non-acknowledged-too", "a NON gets an empty ACK before its response") \
    X(COMMAND_UNWAITED_REFUSED, "command-unwaited-refused", "the command API answers 406 when no device waits") \
    X(RULES_IGNORED, "rules-ignored", "publish rules have no effect") \
    X(EVENT_HEADER_RAW, "event-header-raw", "attributes are not percent-encoded in HTTP headers") \
    X(WRITTEN_LATE, "written-late", "2.04 is sent at once, and the file sink writes events 3 s later") \
    X(NO_FSYNC, "no-fsync", "events are written and not flushed to the disk") \
    X(STALL_ONCE, "stall-once", "three seconds after the first event the file sink stands still for one second, once") \
    X(COMMAND_IN_OPTION_4211, "command-in-option-4211", "a command's name comes in option 4211") \
    X(LEAK_SLOW, "leak-slow", "each event leaves 64 bytes behind that nobody frees") \
    X(HANDSHAKE_SLOW, "handshake-slow", "a handshake's computing takes a fifth longer") \
    X(PAYLOAD_READ_PAST_END, "payload-read-past-end", "the byte behind a copy of the payload is read") \
    X(COMMAND_OPTION_REPEAT_CRASHES, "command-option-repeat-crashes", "a request with option 4210 twice ends the program") \
    X(RECORD_VERSION_ENDS_SESSION, "record-version-ends-session", "a record of another version inside a datagram ends the association") \
    X(MESSAGE_READ_PAST_END, "message-read-past-end", "the byte behind a message that ends with an option is read")
/* clang-format on */

#endif
