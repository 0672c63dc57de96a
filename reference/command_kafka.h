/*
 * Commands from Kafka: the topic `iot-commands`, which is that of all applications of a Drogue
 * Cloud, in binary mode: `ce_application`, `ce_device`, `ce_subject` (the command's name),
 * `ce_sender`; the value is the command's payload.
 *
 * No consumer group: every endpoint gets every command. Drogue writes one record for the device
 * itself and one for each gateway that may speak for it (`ce_sender`); here a wait with `as` is one
 * for the device, so only the first is taken, and nobody gets a command twice.
 */
#ifndef REFERENCE_COMMAND_KAFKA_H
#define REFERENCE_COMMAND_KAFKA_H

#include "reference/command_feed.h"

extern const struct command_feed_functions command_kafka_functions;

struct kafka_record;

/* What a record says; the names point into it. False: it is no command, or is a gateway's copy. */
bool command_kafka_read(const struct kafka_record *r, struct command *out) MUST_CHECK;

#endif
