/*
 * What hooks see and may return, a row each: X(hook, name, text) and, of what on_publish returns,
 * X(name, text). scenarios/API.md is made of these rows (tools/api-doc).
 */
#ifndef SIMULATOR_HOOKS_TABLE_H
#define SIMULATOR_HOOKS_TABLE_H

/* clang-format off */
#define HOOK_DEVICE_FIELDS(X) \
    X("number", "its number, from 0") \
    X("name", "its name at the target") \
    X("class", "the class it is of") \
    X("random", "device:random() from 0 to 1; device:random(n) from 1 to n; device:random(a, b): whole numbers from the device's own chance")

#define HOOK_ARGUMENT_FIELDS(X) \
    X(PUBLISH, "sequence", "of the device's publishes, from 1") \
    X(PUBLISH, "at", "seconds since the run began") \
    X(PUBLISH, "ct", "seconds it will wait for a command; 0: none") \
    X(PUBLISH, "length", "bytes of its payload, the marker included") \
    X(RESPONSE, "sequence", "of the publish that is answered") \
    X(RESPONSE, "at", "seconds since the run began") \
    X(RESPONSE, "code", "as \"2.04\"") \
    X(RESPONSE, "latency", "seconds since the publish was meant to be sent") \
    X(COMMAND, "sequence", "of the publish that waited") \
    X(COMMAND, "at", "seconds since the run began") \
    X(COMMAND, "payload", "all of it, or the first block") \
    X(TIMEOUT, "sequence", "of the publish without an answer") \
    X(TIMEOUT, "at", "seconds since the run began")

#define HOOK_RETURN_FIELDS(X) \
    X("ct", "seconds to wait for a command; 0: none") \
    X("length", "bytes of the payload, the marker included") \
    X("payload", "text behind the marker; its class has content = \"octets\"") \
    X("delay", "seconds that the next publish comes later than this one at least")
/* clang-format on */

#endif
