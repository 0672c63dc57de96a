/*
 * A connection to an MQTT broker in the caller's loop, begun again whenever it is lost:
 * libmosquitto without its threads.
 *
 * Sessions are clean: what was on its way when a connection was lost is not answered, and
 * subscriptions are gone; `down` says so. Retained messages, which are old, are not given. One
 * thread. Nothing blocks, but a broker's name is looked up in the caller's thread.
 */
#ifndef LIB_MQTT_H
#define LIB_MQTT_H

#include <poll.h>

#include "lib/base.h"

struct mqtt;

struct mqtt_pair {
    const char *name;
    const char *value;
};

struct mqtt_message {
    const char *topic;
    const char *content_type; /* NULL: none; as the pairs, MQTT 5 only */
    const struct mqtt_pair *pairs;
    size_t pair_count;
    struct str payload;
};

struct mqtt_options {
    const char *url;      /* mqtt_url_check */
    const char *user;     /* NULL: none */
    const char *password; /* NULL: none */
    const char *ca_file;  /* PEM, for mqtts; NULL: the system's authorities */
    bool version_311;     /* MQTT 3.1.1 instead of 5 */
    /* All are called by mqtt_work only; NULL is allowed. */
    void (*up)(void *arg);
    void (*down)(void *arg);
    /* PUBACK, SUBACK: reason is that of MQTT 5 3.4.2.1, 3.9.3; 128 and above are refusals. */
    void (*published)(void *arg, int id, int reason);
    void (*subscribed)(void *arg, int id, int reason);
    void (*message)(void *arg, const struct mqtt_message *m);
    void *arg;
};

enum mqtt_state {
    MQTT_CONNECTING, /* for the first time, or again: no failure is known */
    MQTT_UP,
    MQTT_DOWN,    /* will be tried again */
    MQTT_REFUSED, /* likewise, but it will not help before user, password or certificates change */
};

enum { MQTT_WHY_LEN = 256 };

/* `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]`. False: why (MQTT_WHY_LEN) says what is wrong. */
bool mqtt_url_check(const char *url, char *why) MUST_CHECK;

/* Borrows the texts of options. The URL was checked. */
struct mqtt *mqtt_new(const struct mqtt_options *options);
/* Tells the broker, if there is one. NULL is none. */
void mqtt_free(struct mqtt **m);

enum mqtt_state mqtt_state(const struct mqtt *m);
/* Why it is not up; lives until the next call of mqtt_work. */
const char *mqtt_why(const struct mqtt *m);

/* At least once (QoS 1). Copies the message. 0 and *id, or what published would say instead: 128
 * and above. Only when it is up. */
int mqtt_publish(struct mqtt *m, const struct mqtt_message *message, int *id) MUST_CHECK;
/* The same; pair, a user property, may be NULL. With QoS 0 all that the broker has sent is read
 * before a lost connection ends; with 1 a PUBACK that cannot be sent any more cuts it short. */
int mqtt_subscribe(struct mqtt *m, const char *topic, int qos, const struct mqtt_pair *pair,
                   int *id) MUST_CHECK;
void mqtt_unsubscribe(struct mqtt *m, const char *topic);

/* Gives this connection up and begins another. */
void mqtt_restart(struct mqtt *m);

/* Adds the descriptor to poll, if there is one; returns how many (0 or 1). */
size_t mqtt_fds(struct mqtt *m, struct pollfd *fds);
/* Does what is possible. Returns when to be called again at the latest. */
int64_t mqtt_work(struct mqtt *m, int64_t now_us);
/* For a loop with nothing else in it: until there is work, wake_fd is readable, or timeout_ms is
 * over. */
void mqtt_wait(struct mqtt *m, int wake_fd, int64_t now_us, int timeout_ms);

#endif
