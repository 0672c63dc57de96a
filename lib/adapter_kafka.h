/*
 * What the testers' Kafka adapters share: settings out of a target file, and what to change there
 * when it fails.
 */
#ifndef LIB_ADAPTER_KAFKA_H
#define LIB_ADAPTER_KAFKA_H

#include "lib/adapter.h"
#include "lib/kafka.h"

/* False: why (ADAPTER_WHY_LEN) says what is wrong with the URL; section is "events.kafka". */
bool adapter_kafka_options(const struct adapter_world *world, const struct target_broker *b,
                           const char *section, struct kafka_options *out, char *why) MUST_CHECK;

/* The failure of a call; detail is what librdkafka says. */
json_t *adapter_kafka_failed(const struct adapter_world *world, const struct target_broker *b,
                             const char *section, const char *detail);

#endif
