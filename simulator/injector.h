/*
 * Which device is sent a command, and when: open loop at the profile's rate, to waits that the
 * application has seen in events. Pure: time is given, chance comes from the seed.
 *
 * A wait is chosen when a command is due that is old enough and has time enough left, so that what
 * becomes of the command can be decided (reconcile.h). Each wait is used once. Where there is none
 * the command is left out: a device that does not wait cannot be sent one.
 */
#ifndef SIMULATOR_INJECTOR_H
#define SIMULATOR_INJECTOR_H

#include "simulator/reconcile.h"

struct injector;

/* ending_us: as in reconcile_options. */
struct injector *injector_new(uint64_t seed, double rate_per_s, int64_t ending_us);
void injector_free(struct injector **i);

/* Commands are due from now on; until injector_calm. */
void injector_begin(struct injector *i, int64_t now_us);
void injector_calm(struct injector *i);

/* The event of a publish that waits until ends_us was seen at seen_us. */
void injector_wait(struct injector *i, uint32_t device, uint32_t sequence, int64_t seen_us,
                   int64_t ends_us);

/* The next command to be sent at now_us; false: none is due, or there is nobody for it. */
bool injector_next(struct injector *i, int64_t now_us, struct reconcile_command *out) MUST_CHECK;
/* When the next one is due; INT64_MAX: never. */
int64_t injector_deadline_us(const struct injector *i);

#endif
