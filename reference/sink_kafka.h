/*
 * The sinks `kafka:` and `kafkas:`: CloudEvents as Kafka records in binary mode, as Drogue Cloud's
 * own endpoints write them: topic `events-APPLICATION`, key as `partitionkey`.
 *
 * At least once: acks=all, and the delivery report is waited for.
 */
#ifndef REFERENCE_SINK_KAFKA_H
#define REFERENCE_SINK_KAFKA_H

#include "reference/sink_kind.h"

extern const struct sink_functions sink_kafka_functions;

/*
 * Appends the topic of an application's events, without a NUL: `events-NAME` if that is shorter
 * than 63 characters and the name has only a-z, 0-9 and `-`, with a letter or digit at both ends;
 * otherwise `evt-MD5-NAME`, the MD5 of the name in hex, other characters of the name as `-`, cut to
 * 63 characters, without `-` at the end.
 */
void sink_kafka_topic(struct str application, struct buf *out);

#endif
