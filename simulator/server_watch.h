/*
 * What a run costs: the endpoint's process, where it runs on this machine or tells by its /metrics,
 * and the swarm's own.
 */
#ifndef SIMULATOR_SERVER_WATCH_H
#define SIMULATOR_SERVER_WATCH_H

#include <sys/types.h>

#include "simulator/result.h"

struct server_watch;

struct server_watch_options {
    pid_t pid;               /* of the endpoint; 0: not known */
    const char *metrics_url; /* its /metrics, for what pid does not tell; NULL: none. Borrowed */
};

struct server_watch *server_watch_new(const struct server_watch_options *options, int64_t now_us);
void server_watch_free(struct server_watch **w);
/* The endpoint was started again. 0: it is gone. */
void server_watch_restart(struct server_watch *w, pid_t pid);

/* Sets server, own_cpu_cores and steal_part of a second; what is not known is NAN. Since the last
 * call. Does not block on the network: what /metrics says is at most two seconds old. */
void server_watch_take(struct server_watch *w, int64_t now_us, struct result_second *out);

/* Of this process so far: processor time in seconds, and memory in bytes. */
double server_watch_own_cpu_s(void);
int64_t server_watch_own_memory(void);

#endif
