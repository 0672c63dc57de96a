/*
 * The devices of a setup in the target: their certificates, their entries in its registry, before
 * or after it starts; and out again.
 */
#ifndef SIMULATOR_STOCK_H
#define SIMULATOR_STOCK_H

#include "simulator/credentials.h"
#include "simulator/provision.h"
#include "simulator/roster.h"
#include "simulator/setup.h"

struct stock {
    struct setup *setup;
    struct provision_options options;
    struct credentials *credentials; /* NULL: no class has certificates */
    struct roster *roster;
    char run_id[17];
    char *registry_file;
    bool made; /* something is in the target's registry */
};

enum { STOCK_WHY_LEN = 1024 };

/* Certificates, and the file that the target reads when it starts. run_id: 16 hexadecimal digits.
 * May take a while, and says so. False: why; stock_close is due in either case. */
bool stock_prepare(struct stock *s, struct setup *setup, const char *run_id, char *why) MUST_CHECK;
/* For a target without a registry to ask: names and secrets as OUT/devices.csv, and as
 * OUT/devices.json in the form of the reference endpoint's --registry, for their owner only. False:
 * why. */
bool stock_list(const struct stock *s, char *why) MUST_CHECK;
/* After the target has started: what its file did not bring. */
bool stock_fill(struct stock *s, char *why) MUST_CHECK;
/* Out of the registry again, unless it goes with the target. False: why. */
bool stock_clear(struct stock *s, char *why) MUST_CHECK;
void stock_close(struct stock *s);

/* What provision.h is to be told. Borrows both. */
struct provision_options stock_options(const struct setup *setup, const char *run_id);

#endif
