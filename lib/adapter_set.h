/*
 * The adapters of a target, as its file names them, driven from one loop of the caller's: one
 * program may serve several parts, and is then started once.
 */
#ifndef LIB_ADAPTER_SET_H
#define LIB_ADAPTER_SET_H

#include "lib/adapter.h"

enum { ADAPTER_REGISTRY = 1, ADAPTER_COMMANDS = 2, ADAPTER_EVENTS = 4, ADAPTER_ALL = 7 };
enum { ADAPTER_SET_MAX = 3, ADAPTER_SET_MAX_FDS = ADAPTER_SET_MAX * ADAPTER_MAX_FDS };

struct adapter_set {
    struct adapter_world world; /* http is made by adapter_set_open */
    struct adapter *registry;   /* NULL: the target file names none, or it is not wanted */
    struct adapter *commands;
    struct adapter *events;
};

/* world is set but for http. which: ADAPTER_REGISTRY | ... False: why (ADAPTER_WHY_LEN) says;
 * adapter_set_close is due in either case. s must not move while it is open. */
bool adapter_set_open(struct adapter_set *s, unsigned which, char *why) MUST_CHECK;
void adapter_set_close(struct adapter_set *s);

/* Where the target shall send events: {events_url}; "" when there is nothing to send to. */
void adapter_set_events_url(const struct adapter_set *s, char *out, size_t cap);

/* Each adapter once. Returns how many. */
size_t adapter_set_list(const struct adapter_set *s, struct adapter *out[ADAPTER_SET_MAX]);
/* Adds descriptors to poll (http's are http_client_wait's). Returns how many. */
size_t adapter_set_fds(const struct adapter_set *s, struct pollfd *fds);
/* Does what is due, and calls back. Returns when to be called again at the latest (INT64_MAX:
 * never). */
int64_t adapter_set_work(struct adapter_set *s, int64_t now_us);
/* Works, then waits for something to do until end_us at the latest. For loops that have nothing
 * else to wait for. */
void adapter_set_turn(struct adapter_set *s, int64_t end_us);

#endif
