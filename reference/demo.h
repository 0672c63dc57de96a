/*
 * Something to play with at the first start: an application, a device with every kind of
 * credential, a certificate authority and a server certificate, all in the data folder, and what to
 * type next.
 */
#ifndef REFERENCE_DEMO_H
#define REFERENCE_DEMO_H

#include <stdio.h>

#include "lib/base.h"
#include "reference/registry.h"

#define DEMO_APP "example-app"
#define DEMO_DEVICE "device1"

/* The data folder (0700), before the registry in it is opened. why (REGISTRY_WHY_LEN) names it. */
bool demo_make_folder(const char *data_dir, char *why) MUST_CHECK;

/*
 * Makes what is not there yet, and leaves alone what is: demo-ca.crt and .key, server.crt and .key,
 * device1.crt, .key and .psk; in the registry `example-app` with the authority as trust anchor and
 * `device1` with password, key and certificate. now_us: Unix time. Certificates that have expired,
 * or are of another authority, are made anew.
 */
bool demo_prepare(const char *data_dir, struct registry *r, int64_t now_us, char *why) MUST_CHECK;

/* Ports that are served; 0: not. */
struct demo_ports {
    unsigned coap;
    unsigned coaps;
    unsigned http;
};

/* The paths, and commands to copy. */
void demo_say(const char *data_dir, const struct demo_ports *ports, FILE *say);

#endif
