/*
 * Ends HTTP connections whose request does not arrive whole in time: a client that sends one byte
 * now and then is never idle, and would hold its place among the connections for ever.
 *
 * Only the receiving of a request is timed, not its work and not the sending of the answer.
 */
#ifndef REFERENCE_API_WATCH_H
#define REFERENCE_API_WATCH_H

#include "lib/base.h"

struct api_watch;
struct api_watched;

/* Starts a thread. limit_us: the longest time for a whole request, idle time before it included. */
struct api_watch *api_watch_new(int64_t limit_us);
/* When nobody is watched any more. */
void api_watch_free(struct api_watch **watch);

/* Any thread. fd is borrowed until api_watch_leave; its time starts. */
struct api_watched *api_watch_enter(struct api_watch *watch, int fd);
void api_watch_leave(struct api_watch *watch, struct api_watched **watched);

/* The request has arrived: no limit from now on. */
void api_watch_rest(struct api_watch *watch, struct api_watched *watched);
/* The answer is out: the time of the next request starts. */
void api_watch_again(struct api_watch *watch, struct api_watched *watched);

#endif
