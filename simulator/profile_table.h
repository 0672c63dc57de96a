/*
 * The fields of a profile, a row each: X(name, type, member, least, most, choices, text). Types and
 * bounds are those of lib/target_lua.h. scenarios/API.md is made of these rows (tools/api-doc).
 */
#ifndef SIMULATOR_PROFILE_TABLE_H
#define SIMULATOR_PROFILE_TABLE_H

#define PROFILE_DAY 86400.0

/* clang-format off */
#define PROFILE_FIELDS(X) \
    X("summary", RAW, summary, 0, 0, NULL, "a sentence on what it is for; needed") \
    X("classes", OWN, classes, 0, 0, NULL, "who the devices are, by name; needed") \
    X("devices", COUNT, devices, 1, 4294967295.0, NULL, "how many, unless --devices says; 1000") \
    X("arrival", CHOICE, arrival, 0, 0, "constant|poisson|jitter|burst", "how the sends of a device are spread: one period apart at a phase of its own, at random, period with jitter, all devices at once; constant") \
    X("jitter", NUMBER, jitter_part, 0, 1, NULL, "of arrival jitter: part of the period, either way; 0.1") \
    X("period", SECONDS, period_s, 0.001, 100 * PROFILE_DAY, NULL, "between two publishes of a device at full load, unless --rate says") \
    X("stages", OWN, stages, 0, 0, NULL, "list: load over time; one minute at full load") \
    X("window", COUNT, window, 0, 4294967295.0, NULL, "closed loop with so many publishes in flight; 0: open loop; 0") \
    X("connect", TIME, connect_us, 0, PROFILE_DAY, NULL, "time over which the first handshakes are spread; 10 s") \
    X("commands", OWN, commands_per_s, 0, 0, NULL, "commands that the application sends to waiting devices") \
    X("impairment", OWN, out, 0, 0, NULL, "what happens to datagrams: { out = towards the target, back = from it }") \
    X("slo", RAW, slo, 0, 0, NULL, "what must hold, unless --slo says") \
    X("on_start", OWN, has_hooks, 0, 0, NULL, "function(device): once, before it does anything") \
    X("on_publish", OWN, has_hooks, 0, 0, NULL, "function(device, publish): before each publish; may return changes") \
    X("on_response", OWN, has_hooks, 0, 0, NULL, "function(device, response): a publish was answered") \
    X("on_command", OWN, has_hooks, 0, 0, NULL, "function(device, command): a command came") \
    X("on_timeout", OWN, has_hooks, 0, 0, NULL, "function(device): a publish had no answer")

#define PROFILE_CLASS_FIELDS(X) \
    X("weight", NUMBER, weight, 0, 1e9, NULL, "how many devices are of it, beside the weights of the others; 1") \
    X("credential", CHOICE, credential, 0, 0, "basic|basic-dtls|psk|x509|wrong-password|wrong-psk|expired-x509|garbage|stall", "what devices prove themselves with; from wrong-password on they are hostile; basic") \
    X("non", FLAG, non, 0, 0, NULL, "publishes are NON instead of CON") \
    X("channel", RAW, channel, 0, 0, NULL, "one path segment; state") \
    X("ct", RANGE, ct_s, 0, 65535, NULL, "seconds that a publish waits for a command") \
    X("ct_part", NUMBER, ct_part, 0, 1, NULL, "part of the publishes that wait; 1 with ct") \
    X("payload", RANGE, payload_len, 97, 1 << 20, NULL, "bytes; the marker takes the first 97; 128") \
    X("content", CHOICE, content_format, 0, 0, "json|octets", "Content-Format; json") \
    X("gateway", FLAG, through_gateway, 0, 0, NULL, "publishes with as= through a gateway of its own") \
    X("block", COUNT, block_len, 0, 1024, NULL, "payloads that are longer go in blocks of so many bytes (16 32 64 … 1024); 0: never; 0") \
    X("download", COUNT, download_len, 0, 1 << 20, NULL, "payload of commands to it, bytes; beyond a datagram they come in blocks; 0: as commands say") \
    X("resume", NUMBER, resume_part, 0, 1, NULL, "part of later handshakes that resume a session; 0") \
    X("rebind", NUMBER, rebind_part, 0, 1, NULL, "part of publishes before which the source address changes, as behind a NAT; few endpoints find a DTLS session again then; 0") \
    X("abandon", NUMBER, abandon_part, 0, 1, NULL, "part of handshakes that are left half-way first; 0") \
    X("reconnect", NUMBER, reconnect_part, 0, 1, NULL, "part of publishes before which the session is made anew; 0") \
    X("slow", TIME, slow_us, 0, 3600, NULL, "think time before each flight of a handshake; 0") \
    X("think", SECONDS, think_s, 0, PROFILE_DAY, NULL, "pause after a finished publish, on top of the schedule; 0")

/* One of the first five says what a stage is, and how long it takes. */
#define PROFILE_STAGE_FIELDS(X) \
    X("ramp", TIME, duration_us[STAGE_RAMP], 0.001, 100 * PROFILE_DAY, NULL, "from one load to another, linearly") \
    X("hold", TIME, duration_us[STAGE_HOLD], 0.001, 100 * PROFILE_DAY, NULL, "one load") \
    X("spike", TIME, duration_us[STAGE_SPIKE], 0.001, 100 * PROFILE_DAY, NULL, "a short load; what follows goes on as before it") \
    X("soak", TIME, duration_us[STAGE_SOAK], 0.001, 100 * PROFILE_DAY, NULL, "one load for long") \
    X("storm", TIME, duration_us[STAGE_STORM], 0.001, 100 * PROFILE_DAY, NULL, "devices reconnect at its start, all at once") \
    X("name", RAW, name, 0, 0, NULL, "for reports; what it is and its number") \
    X("from", NUMBER, from, 0, 1000, NULL, "of a ramp: load at its start, 1 is full; as the stage before, 0 at first") \
    X("to", NUMBER, to, 0, 1000, NULL, "of a ramp: load at its end; 1") \
    X("at", NUMBER, at, 0, 1000, NULL, "of the others: their load; as before, 1 at first, 3 for a spike") \
    X("part", NUMBER, storm_part, 0, 1, NULL, "of a storm: how many of the devices reconnect; 1")

#define PROFILE_IMPAIRMENT_FIELDS(X) \
    X("loss", NUMBER, loss, 0, 1, NULL, "part of datagrams that are lost") \
    X("burst_loss", NUMBER, burst_loss, 0, 1, NULL, "chance, each datagram, that a burst of losses begins") \
    X("burst_len", NUMBER, burst_len, 1, 1e6, NULL, "datagrams lost in a burst, mean; 5") \
    X("duplicate", NUMBER, duplicate, 0, 1, NULL, "part that comes twice") \
    X("reorder", NUMBER, reorder, 0, 1, NULL, "part that is held back until others have overtaken it") \
    X("corrupt", NUMBER, corrupt, 0, 1, NULL, "part with one bit changed") \
    X("delay", OWN, delay_min_us, 0, 0, NULL, "a time, or {least, most}")

#define PROFILE_COMMAND_FIELDS(X) \
    X("rate", NUMBER, commands_per_s, 0, 1e6, NULL, "commands a second; needed") \
    X("payload", RANGE, command_len, 97, 1 << 20, NULL, "bytes; the marker takes the first 97; 128")
/* clang-format on */

#endif
