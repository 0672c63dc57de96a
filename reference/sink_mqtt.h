/*
 * The sinks `mqtt:` and `mqtts:`: CloudEvents over MQTT 5 to the topic `app/APPLICATION`, as Drogue
 * Cloud's MQTT integration gives them to applications.
 *
 * At least once: QoS 1, and a PUBACK is asked whether anybody was there. "No matching subscribers"
 * (MQTT 5 3.4.2.1) is a failure, tried again like any other: the broker has taken the event and
 * dropped it. So a consumer that is away for a moment loses nothing, as long as it is the only one.
 */
#ifndef REFERENCE_SINK_MQTT_H
#define REFERENCE_SINK_MQTT_H

#include "reference/sink_kind.h"

extern const struct sink_functions sink_mqtt_functions;

#endif
