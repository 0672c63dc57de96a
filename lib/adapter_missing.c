/* What stands in for adapters whose library was not there when this program was built. */
#include <stdio.h>

#include "lib/adapter.h"

#define MISSING(name, section, part, package)                                                      \
    struct adapter *name(const struct adapter_world *world, char *why)                             \
    {                                                                                              \
        UNUSED(world);                                                                             \
        (void)snprintf(why, ADAPTER_WHY_LEN,                                                       \
                       section ": this program was built without " part ": install " package       \
                               " and build it again");                                             \
        return NULL;                                                                               \
    }

#if !SEATRIAL_MQTT
MISSING(adapter_commands_mqtt, "commands.mqtt", "MQTT", "libmosquitto-dev")
MISSING(adapter_events_mqtt, "events.mqtt", "MQTT", "libmosquitto-dev")
#endif
#if !SEATRIAL_KAFKA
MISSING(adapter_commands_kafka, "commands.kafka", "Kafka", "librdkafka-dev")
MISSING(adapter_events_kafka, "events.kafka", "Kafka", "librdkafka-dev")
#endif
