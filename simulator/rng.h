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

/* 0 <= x < 1. */
static inline double rng_part(uint64_t random)
{
    return (double)(random >> 11) * 0x1p-53;
}

#endif
