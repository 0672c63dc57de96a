/*
 * The swarm's own figures over HTTP for Prometheus, while a command runs: GET /metrics. Threads of
 * the library serve a page that the caller puts there once a second; nothing else is shared, least
 * of all with workers.
 */
#ifndef SIMULATOR_METRICS_LISTENER_H
#define SIMULATOR_METRICS_LISTENER_H

#include "lib/buf.h"

struct metrics_listener;

enum { METRICS_LISTENER_WHY_LEN = 320, METRICS_LISTENER_URL_LEN = 96 };

/* where: `HOST:PORT`, or `PORT` of 127.0.0.1; port 0: a free one. NULL: why says. */
struct metrics_listener *metrics_listener_new(const char *where, char *why) MUST_CHECK;
void metrics_listener_free(struct metrics_listener **l);
/* Where it is, with the port that it got. */
const char *metrics_listener_url(const struct metrics_listener *l);

/* From now on this is the page, besides what is told of the process itself. Copies. */
void metrics_listener_show(struct metrics_listener *l, struct str page);

#endif
