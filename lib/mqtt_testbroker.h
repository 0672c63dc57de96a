/*
 * For tests: a real mosquitto on a port of its own, to be ended, killed and started again.
 */
#ifndef LIB_MQTT_TESTBROKER_H
#define LIB_MQTT_TESTBROKER_H

#include <sys/types.h>

#include "lib/base.h"

struct testbroker {
    char dir[64]; /* its own, removed at the end */
    uint16_t port;
    pid_t pid; /* 0: it does not run */
    char url[64];
    char ca_file[96]; /* with TLS: of the authority that vouches for it */
};

/*
 * Makes folder and configuration: loopback only, any user; extra: further lines of mosquitto.conf.
 * With tls its certificate is for 127.0.0.1. False: this machine has no mosquitto.
 */
bool testbroker_init(struct testbroker *b, bool tls, const char *extra) MUST_CHECK;
/* Writes a file for mosquitto.conf to name: `user:password` lines, hashed, into DIR/passwords. */
void testbroker_password(const struct testbroker *b, const char *user, const char *password);
/* Starts it; returns when it takes connections. */
void testbroker_start(struct testbroker *b);
/* Sends the signal and waits for its end. */
void testbroker_stop(struct testbroker *b, int number);
void testbroker_fini(struct testbroker *b);

#endif
