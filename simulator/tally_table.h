/*
 * What a run counts: X(id, name, text). The names are those of SLOs, reports and CSV columns.
 * Requests are publishes; "expected" and "hostile" speak of devices that the profile wants refused.
 */
#ifndef SIMULATOR_TALLY_TABLE_H
#define SIMULATOR_TALLY_TABLE_H

/* clang-format off */
#define TALLY_COUNTERS(X) \
    X(PUBLISH_INTENDED, "publish.intended", "publishes whose intended time has come") \
    X(PUBLISH_SENT, "publish.sent", "publishes sent, copies not counted") \
    X(PUBLISH_ACKNOWLEDGED, "publish.acknowledged", "publishes answered 2.04 or 2.05") \
    X(PUBLISH_REFUSED, "publish.refused", "publishes answered 4.xx though the device is good") \
    X(PUBLISH_FAILED, "publish.failed", "publishes answered 5.xx") \
    X(PUBLISH_TIMEOUT, "publish.timeout", "publishes without an answer until the device gave up") \
    X(PUBLISH_RESET, "publish.reset", "publishes answered by a Reset") \
    X(HOSTILE_REFUSED, "hostile.refused", "publishes and handshakes of hostile devices that were refused or met silence") \
    X(HOSTILE_ACCEPTED, "hostile.accepted", "publishes of hostile devices that were acknowledged") \
    X(DATAGRAM_SENT, "datagram.sent", "datagrams sent") \
    X(DATAGRAM_RECEIVED, "datagram.received", "datagrams received") \
    X(DATAGRAM_MALFORMED, "datagram.malformed", "datagrams of the target that are no CoAP message or record") \
    X(DATAGRAM_UNEXPECTED, "datagram.unexpected", "well-formed messages that answer nothing") \
    X(RETRANSMISSION, "retransmission", "requests sent again") \
    X(ANSWER_DUPLICATE, "answer.duplicate", "answers that had come before") \
    X(ANSWER_SEPARATE, "answer.separate", "answers that came separately") \
    X(HANDSHAKE_STARTED, "handshake.started", "DTLS handshakes begun") \
    X(HANDSHAKE_COMPLETED, "handshake.completed", "DTLS handshakes finished") \
    X(HANDSHAKE_RESUMED, "handshake.resumed", "of these, resumed sessions") \
    X(HANDSHAKE_FAILED, "handshake.failed", "DTLS handshakes of good devices that ended by an alert") \
    X(HANDSHAKE_TIMEOUT, "handshake.timeout", "DTLS handshakes of good devices without an answer") \
    X(HANDSHAKE_ABANDONED, "handshake.abandoned", "DTLS handshakes left half-way on purpose") \
    X(SESSION_CLOSED, "session.closed", "DTLS sessions that the target ended") \
    X(SESSION_REBOUND, "session.rebound", "sessions continued from another address") \
    X(RECORD_DISCARDED, "record.discarded", "records of the target that do not authenticate, or came before") \
    X(WAIT_STARTED, "wait.started", "publishes with a command timeout") \
    X(WAIT_EXPIRED, "wait.expired", "waits that ended without a command") \
    X(WAIT_COMMAND, "wait.command", "waits that a command ended") \
    X(BLOCK_SENT, "block.sent", "blocks of uploads sent") \
    X(BLOCK_RECEIVED, "block.received", "blocks of downloads received") \
    X(EVENT_DELIVERED, "event.delivered", "acknowledged publishes with exactly one event") \
    X(EVENT_LOST, "event.lost", "acknowledged publishes without an event") \
    X(EVENT_DUPLICATED, "event.duplicated", "publishes with more than one event") \
    X(EVENT_MISATTRIBUTED, "event.misattributed", "events that name another device than the one that published") \
    X(EVENT_DISORDERED, "event.disordered", "events behind a later one of their device") \
    X(EVENT_REFUSED, "event.refused", "events of publishes that were refused") \
    X(EVENT_UNDECIDED, "event.undecided", "publishes with a 5.xx or without an answer: an event is lawful") \
    X(EVENT_STRAY, "event.stray", "events that are none of this run's") \
    X(EVENT_UNCHECKED, "event.unchecked", "acknowledged publishes whose events could not be checked") \
    X(COMMAND_SENT, "command.sent", "commands that the API took") \
    X(COMMAND_FAILED, "command.failed", "commands that the API refused or did not answer") \
    X(COMMAND_DELIVERED, "command.delivered", "commands that reached the wait they were meant for") \
    X(COMMAND_LATE, "command.late", "commands delivered to a later wait of their device") \
    X(COMMAND_LOST, "command.lost", "commands sent inside a wait that never came") \
    X(COMMAND_MISDELIVERED, "command.misdelivered", "commands that reached another device") \
    X(COMMAND_DUPLICATED, "command.duplicated", "commands delivered twice") \
    X(COMMAND_UNDECIDED, "command.undecided", "commands sent too near to either end of a wait") \
    X(OWN_RECEIVE_DROPPED, "own.receive_dropped", "datagrams that this machine dropped before the swarm could read them") \
    X(OWN_SEND_FAILED, "own.send_failed", "datagrams that this machine could not send") \
    X(OWN_MID_HELD, "own.mid_held", "publishes held back until a message ID was free again (RFC 7252 4.4)") \
    X(OWN_HANDSHAKE_HELD, "own.handshake_held", "handshakes held back by the cap of those in flight") \
    X(IMPAIR_LOST, "impair.lost", "datagrams lost on purpose") \
    X(IMPAIR_DUPLICATED, "impair.duplicated", "datagrams doubled on purpose") \
    X(IMPAIR_DELAYED, "impair.delayed", "datagrams delayed or overtaken on purpose") \
    X(IMPAIR_CORRUPTED, "impair.corrupted", "datagrams changed on purpose")

#define TALLY_HISTS(X) \
    X(PUBLISH, "publish", "from the intended time of a publish to its answer; without the wait of a ct") \
    X(PUBLISH_UNCORRECTED, "publish_uncorrected", "from its actual sending to its answer") \
    X(HANDSHAKE, "handshake", "from its intended time to a finished DTLS handshake") \
    X(COMMAND, "command", "from sending a command to its arrival at the device") \
    X(CT_ERROR, "ct_error", "how far from ct the 2.04 of a wait came, either way") \
    X(EVENT, "event", "from the sending of a publish to the arrival of its event") \
    X(SCHEDULE_LAG, "schedule_lag", "from the intended time of a send to the actual one, where the device was free")

#define TALLY_GAUGES(X) \
    X(CONNECTED, "connected", "devices that could publish at once: plain ones, and those with a session") \
    X(IN_FLIGHT, "in_flight", "publishes without an answer") \
    X(WAITING, "waiting", "publishes that wait for a command") \
    X(HANDSHAKING, "handshaking", "DTLS handshakes in flight")
/* clang-format on */

#endif
