/*
 * Several processes that make one run, each a slice of the devices: who is which, and what they
 * agree on. A run needs little of it: all start at one moment (barrier, then a broadcast of it),
 * the first one's end is everybody's (stop), and their results become one (reduce). All calls are
 * made by the thread that watches the workers, once a second at most; never by workers.
 *
 * engine_local is processes of one machine. An engine of several machines has functions of its own:
 * with MPI, MPI_Barrier, MPI_Bcast, MPI_Gatherv, and for stop an MPI_Ibcast that is tested.
 */
#ifndef SIMULATOR_ENGINE_H
#define SIMULATOR_ENGINE_H

#include "lib/base.h"

struct engine;

struct engine_functions {
    bool (*barrier)(struct engine *e);
    bool (*broadcast)(struct engine *e, void *data, size_t len);
    bool (*reduce)(struct engine *e, struct str mine, void (*join)(void *arg, struct str other),
                   void *arg);
    void (*stop)(struct engine *e);
    bool (*is_stopped)(struct engine *e);
    void (*free)(struct engine *e);
};

/* At the start of each engine. */
struct engine {
    const struct engine_functions *functions;
    int rank; /* 0 is the one that started the target, and reports */
    int size;
};

/* Waits until all are here. False, as in the next two: one of them has ended. */
static inline bool engine_barrier(struct engine *e)
{
    return e->functions->barrier(e);
}

/* Rank 0's bytes become everybody's. */
static inline bool engine_broadcast(struct engine *e, void *data, size_t len)
{
    return e->functions->broadcast(e, data, len);
}

/* At rank 0 join takes the bytes of all others, in order of rank; borrowed for the call. */
static inline bool engine_reduce(struct engine *e, struct str mine,
                                 void (*join)(void *arg, struct str other), void *arg)
{
    return e->functions->reduce(e, mine, join, arg);
}

/* Rank 0 tells the others to end early, once; elsewhere it does nothing. */
static inline void engine_stop(struct engine *e)
{
    e->functions->stop(e);
}

/* Has it, or has it ended? Does not wait. */
static inline bool engine_is_stopped(struct engine *e)
{
    return e->functions->is_stopped(e);
}

static inline void engine_free(struct engine **e)
{
    if (*e != NULL)
        (*e)->functions->free(*e);
    *e = NULL;
}

#endif
