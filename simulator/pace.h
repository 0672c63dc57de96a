/*
 * The open-loop schedule: when each device means to send, whatever became of what it sent before.
 *
 * Stages give the load over time; its integral, in publishes of one device, is the load space. In
 * it every device has points one apart in the mean (arrival says how), and the n-th intended time
 * is where the integral reaches the n-th point. So ramps and spikes need no special case, and
 * counts match the integral. Pure: times are microseconds from the start of the run, chance comes
 * from (seed, device, n).
 */
#ifndef SIMULATOR_PACE_H
#define SIMULATOR_PACE_H

#include "simulator/profile.h"

struct trace_plan;

struct pace_stage {
    int64_t from_us;
    double load;  /* of the load space at its start */
    double level; /* publishes a second of one device at its start */
    double slope; /* change of level a second */
    double storm_part;
};

struct pace {
    enum profile_arrival arrival;
    double jitter_part;
    int64_t connect_us;
    double devices;
    size_t stage_count;
    struct pace_stage stage[PROFILE_STAGE_MAX];
    int64_t end_us;
    double end_load;
    const struct trace_plan *plan;
};

/*
 * rate_per_s: of all devices together at full load; NAN: from the profile's period, which must be
 * known then. compress divides that period.
 */
void pace_init(struct pace *p, const struct profile *profile, double rate_per_s, int64_t devices,
               double compress);

/* From now on devices mean to send, and to connect, when those of a recorded run did. Borrows plan.
 */
void pace_replay(struct pace *p, const struct trace_plan *plan);

/*
 * The intended time of a device's n-th publish (from 1). *load: where the one before is in the load
 * space, 0 before the first; moves on. INT64_MAX: behind the end.
 */
int64_t pace_next_us(const struct pace *p, uint64_t seed, uint32_t device, uint32_t n,
                     double *load);

/* When a device first connects: spread over the profile's time for it. */
int64_t pace_connect_us(const struct pace *p, uint64_t seed, uint32_t device);

int64_t pace_end_us(const struct pace *p);
/* The index of the stage; stage_count behind the end. */
size_t pace_stage_at(const struct pace *p, int64_t at_us);
int64_t pace_stage_from_us(const struct pace *p, size_t stage);
/* Intended publishes a second, and all until then, of all devices. */
double pace_rate_at(const struct pace *p, int64_t at_us);
double pace_count_at(const struct pace *p, int64_t at_us);

/* Is the device one of those that reconnect when the stage begins? */
bool pace_in_storm(const struct pace *p, uint64_t seed, uint32_t device, size_t stage);

#endif
