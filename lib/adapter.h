/*
 * How the testers reach an endpoint's other sides: its registry, its command API, where its events
 * go. An adapter takes calls and gives events; it never blocks.
 *
 * Calls and replies are the JSON objects that conformance/broker.h documents, without their ids.
 */
#ifndef LIB_ADAPTER_H
#define LIB_ADAPTER_H

#include <poll.h>

#include <jansson.h>

#include "lib/cloudevent_glance.h"
#include "lib/http_client.h"
#include "lib/target.h"

struct adapter_call {
    json_t *request; /* borrowed until it is answered */
    /* Once; takes reply. */
    void (*answered)(struct adapter_call *call, json_t *reply);
};

/* What adapters are given. */
struct adapter_world {
    const struct target *target;
    struct http_client *http;
    const char *run_id; /* label of what is provisioned */
    int64_t timeout_us; /* of one call */
    /* An event has come. raw: as it was on the way, for people. */
    void (*event)(void *arg, const struct cloudevent *e, struct str raw);
    /* In place of event, where events are many and not judged; NULL: event. What is no event comes
     * with everything empty. */
    void (*glance)(void *arg, const struct cloudevent_glance *g);
    /* Events of watched applications may have been missed, as a broker was lost; may be NULL. */
    void (*cut)(void *arg);
    void *arg;
};

struct adapter;

/*
 * An adapter that watches must be told of an application before its events are looked for: by the
 * call {"op":"watch","application":NAME}, answered when no event of it can be missed any more, and
 * {"op":"unwatch",...} when no more are wanted.
 */
struct adapter_functions {
    const char *name;
    bool watches;
    void (*call)(struct adapter *a, struct adapter_call *call);
    /* Adds descriptors to poll; returns how many (at most ADAPTER_MAX_FDS). */
    size_t (*fds)(struct adapter *a, struct pollfd *fds);
    /* Does what is due. Returns when to be called again at the latest (INT64_MAX: never). */
    int64_t (*work)(struct adapter *a, int64_t now_us);
    void (*free)(struct adapter *a);
};

enum { ADAPTER_MAX_FDS = 4, ADAPTER_WHY_LEN = 900 };

/* At the start of each adapter. fds and work may be NULL. */
struct adapter {
    const struct adapter_functions *functions;
    const struct adapter_world *world;
};

/* world must outlive the adapter. NULL: why (ADAPTER_WHY_LEN) says. */
struct adapter *adapter_registry_drogue(const struct adapter_world *world);
struct adapter *adapter_registry_static(const struct adapter_world *world);
struct adapter *adapter_commands_http(const struct adapter_world *world);
struct adapter *adapter_commands_mqtt(const struct adapter_world *world, char *why) MUST_CHECK;
struct adapter *adapter_events_mqtt(const struct adapter_world *world, char *why) MUST_CHECK;
struct adapter *adapter_commands_kafka(const struct adapter_world *world, char *why) MUST_CHECK;
struct adapter *adapter_events_kafka(const struct adapter_world *world, char *why) MUST_CHECK;
struct adapter *adapter_events_file(const struct adapter_world *world);
struct adapter *adapter_events_http_sink(const struct adapter_world *world, char *why) MUST_CHECK;
/* section: `registry`, `commands` or `events`, whose exec argv is. */
struct adapter *adapter_exec(const struct adapter_world *world, const char *section,
                             const char *const *argv, char *why) MUST_CHECK;

/* Of the sink: the URL that events are to be sent to; lives as long as the adapter. */
const char *adapter_events_url(const struct adapter *a);

/* ---- for adapters: an event has come ---- */

/* In structured form; scratch: growing, the adapter's. */
void adapter_give_json(const struct adapter_world *world, struct str text,
                       enum cloudevent_mode mode, struct buf *scratch);
void adapter_give(const struct adapter_world *world, const struct cloudevent *e, struct str raw);

/* ---- replies ---- */

enum adapter_failure { ADAPTER_UNAVAILABLE, ADAPTER_REFUSED, ADAPTER_BROKEN };

/* {"ok":true} */
json_t *adapter_reply_ok(void);
/* {"ok":false,"kind":...,"error":...}; status 0: none. */
json_t *adapter_reply_failed(enum adapter_failure kind, long status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The text field of a request; NULL when it is absent or no text. */
const char *adapter_text(const json_t *request, const char *name);

#endif
