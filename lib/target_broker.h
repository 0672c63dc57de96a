/*
 * What a target file says of message brokers and of programs around the target.
 */
#ifndef LIB_TARGET_BROKER_H
#define LIB_TARGET_BROKER_H

#include "lib/base.h"

struct target;
struct target_reader;

/* A message broker. */
struct target_broker {
    const char *url; /* mqtt:// mqtts:// kafka:// kafkas:// HOST:PORT; Kafka: several, by commas */
    const char *user;
    const char *password; /* or API key */
    const char *ca;       /* PEM file; NULL: the system's */
    int mode;             /* MQTT 5: what the suite asks for */
    int version;          /* MQTT */
};

enum { TARGET_MQTT_STRUCTURED, TARGET_MQTT_BINARY };
enum { TARGET_MQTT_5, TARGET_MQTT_311 };

/* A program that the suite starts before the target and ends after it, such as a broker. */
struct target_helper {
    const char *const *exec; /* not expanded */
};

/* `mqtt` and `kafka` of events or commands: the table on top of the stack. */
void target_read_mqtt(struct target_reader *r, struct target_broker *b);
void target_read_kafka(struct target_reader *r, struct target_broker *b);

/* `helpers`: a list of programs. */
enum { TARGET_MAX_HELPERS = 8 };
void target_read_helpers(struct target_reader *r, struct target *t);

#endif
