/*
 * The commands that put load on a target: run, capacity (search.h), and provision, cleanup.
 */
#ifndef SIMULATOR_RUN_H
#define SIMULATOR_RUN_H

#include "lib/buf.h"
#include "simulator/metrics_listener.h"
#include "simulator/options.h"
#include "simulator/progress.h"
#include "simulator/result.h"
#include "simulator/setup.h"
#include "simulator/slo.h"
#include "simulator/stock.h"
#include "simulator/trial.h"

enum swarm_exit run_command(const struct options *o);
/* Sends what a recorded run has sent, when it did. */
enum swarm_exit replay_command(const struct options *o);
enum swarm_exit provision_command(const struct options *o);
enum swarm_exit cleanup_command(const struct options *o);

/* ---- for commands that make several trials ---- */

/* All that trials need, ready. Zeroed: nothing is open. */
struct run_set {
    struct setup setup;
    struct stock stock;
    struct slo slo;
    struct notice_ring *rings;       /* one a worker */
    struct application *application; /* opened, for the next trial; NULL: it makes its own */
    struct engine *engine;           /* of a run by several processes; NULL: it is alone */
    struct server_watch *server;
    struct metrics_listener *metrics; /* NULL: nobody may look */
    struct progress *progress;        /* NULL: nothing is said each second */
    bool is_refused;                  /* the reason why nothing runs has been said */
    struct buf ca_pem; /* of the target file's tls.ca; empty: any certificate will do */
    uint64_t run;      /* its number */
    char run_id[17];
};

/* From the options to a running target with devices. Prints what is wrong; SWARM_HELD: all is
 * there. plan: a recorded run to be sent again, or NULL. run_close is due in either case. */
enum swarm_exit run_open(struct run_set *s, const struct options *o,
                         const struct trace_plan *plan) MUST_CHECK;
void run_close(struct run_set *s);
/* A trial of the whole setup; to be changed before trial_run. */
void run_trial_of(const struct run_set *s, struct trial *t);
/* The trial with application and events; r is initialised. False: why (RUN_WHY_LEN). */
enum { RUN_WHY_LEN = 1024 };
bool run_try(struct run_set *s, struct trial *t, struct result *r, char *why) MUST_CHECK;

#endif
