/*
 * What the testers' MQTT adapters share: the connection that a target file describes, and what to
 * change there when it fails.
 */
#ifndef LIB_ADAPTER_MQTT_H
#define LIB_ADAPTER_MQTT_H

#include "lib/adapter.h"
#include "lib/mqtt.h"

/* callbacks: options with nothing but those and arg. NULL: why (ADAPTER_WHY_LEN) says; section is
 * "events.mqtt". */
struct mqtt *adapter_mqtt_new(const struct adapter_world *world, const struct target_broker *b,
                              const char *section, const struct mqtt_options *callbacks,
                              char *why) MUST_CHECK;

/* The failure of a call that needs the connection. */
json_t *adapter_mqtt_failed(const struct mqtt *m, const struct adapter_world *world,
                            const struct target_broker *b, const char *section);

#endif
