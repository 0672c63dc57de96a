/*
 * Random numbers without a state: the same (seed, device, what) gives the same number, whichever
 * worker asks, and in whatever order. SplitMix64 over the three.
 */
#ifndef SIMULATOR_RNG_H
#define SIMULATOR_RNG_H

#include "lib/base.h"

static inline uint64_t rng_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* what: a number of the caller's choice for each thing that is random about a device. */
static inline uint64_t rng_at(uint64_t seed, uint64_t device, uint64_t what)
{
    return rng_mix(rng_mix(seed ^ rng_mix(device)) ^ what);
}

/* What is random many times: the upper half of `what`, the number of times is the lower one. */
enum rng_use {
    RNG_CLASS = 1,
    RNG_PHASE,      /* where in its period a device begins */
    RNG_PACE,       /* its n-th send */
    RNG_CONNECT,    /* when it first connects */
    RNG_STORM,      /* does it take part in the storm of the n-th stage? */
    RNG_IMPAIR_OUT, /* its n-th datagram */
    RNG_IMPAIR_IN,
    RNG_HOOK,      /* of hooks, in the order in which a device asks */
    RNG_BOOTSTRAP, /* of the capacity search */
    RNG_MID,       /* the first message ID of a device */
    RNG_CT,        /* does its n-th publish wait for a command? */
    RNG_CT_LEN,
    RNG_PAYLOAD,  /* length of its n-th publish */
    RNG_INTERVAL, /* until the first repetition of a message */
    RNG_REBIND,
    RNG_RECONNECT,
    RNG_RESUME,
    RNG_ABANDON,
    RNG_GARBAGE,
};

static inline uint64_t rng_nth(uint64_t seed, uint64_t device, enum rng_use use, uint32_t n)
{
    return rng_at(seed, device, (uint64_t)use << 32 | n);
}

/* 0 <= x < 1. */
static inline double rng_part(uint64_t random)
{
    return (double)(random >> 11) * 0x1p-53;
}

#endif
