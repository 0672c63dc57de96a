/*
 * Commands over MQTT 5: messages to `command/APPLICATION/DEVICE/COMMAND`; the payload is the
 * command's. QoS 1.
 */
#ifndef REFERENCE_COMMAND_MQTT_H
#define REFERENCE_COMMAND_MQTT_H

#include "reference/command_feed.h"

extern const struct command_feed_functions command_mqtt_functions;

/* Takes a topic apart; the names point into it. False: it has not exactly those four levels, or an
 * empty one. */
bool command_mqtt_topic(const char *topic, struct command *out) MUST_CHECK;

#endif
