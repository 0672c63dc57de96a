/*
 * Who waits for a command: the waits of one worker, found by application and device.
 *
 * A wait is embedded in what waits. A device may have any number; all are found (broadcast, as
 * Drogue). The table grows with its waits; adding, removing and finding cost the same however many
 * there are.
 */
#ifndef REFERENCE_WAIT_H
#define REFERENCE_WAIT_H

#include "lib/base.h"

/* Names a device of an application: 128 bits of a keyed hash, so that no names are copied. */
struct wait_key {
    uint64_t word[2];
};

/* Zeroed memory is an idle wait. */
struct wait {
    struct wait *next;
    struct wait **link; /* what points to this one; NULL when idle */
    struct wait_key key;
};

struct wait_table;

/* max: waits at most; memory is touched as it is used. */
struct wait_table *wait_table_new(size_t max);
void wait_table_free(struct wait_table **t);

struct wait_key wait_key(const struct wait_table *t, struct str application, struct str device);

void wait_add(struct wait_table *t, struct wait *w, const struct wait_key *key);
/* Nothing happens when w is idle. */
void wait_remove(struct wait_table *t, struct wait *w);

/*
 * The first wait of this device, and the one after w; NULL at the end. w may be removed once its
 * next was asked for.
 */
struct wait *wait_first(const struct wait_table *t, const struct wait_key *key);
struct wait *wait_next(const struct wait *w);

size_t wait_count(const struct wait_table *t);

#endif
