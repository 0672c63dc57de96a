/*
 * CloudEvents in messages of brokers: the MQTT and Kafka protocol bindings 1.0.2, both modes.
 *
 * Unlike HTTP neither encodes values: what stands there is the value.
 */
#ifndef LIB_CLOUDEVENT_MESSAGE_H
#define LIB_CLOUDEVENT_MESSAGE_H

#include "lib/cloudevent.h"

/*
 * A message of MQTT 5: content_type is the PUBLISH property (empty: there is none), pairs are the
 * user properties. In MQTT 3.1.1 there is only cloudevent_read_json. As cloudevent_read_json:
 * false says that nothing can be read.
 */
bool cloudevent_read_mqtt(struct cloudevent *e, struct str content_type,
                          const struct cloudevent_header *pairs, size_t count,
                          struct str payload) MUST_CHECK;

/* A Kafka record; names of headers count by the letter. */
bool cloudevent_read_kafka(struct cloudevent *e, const struct cloudevent_header *headers,
                           size_t count, struct str value) MUST_CHECK;

#endif
