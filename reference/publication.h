/*
 * The event of a publish: its attributes from request and sender, its data by the payload's type,
 * and then what the application's rules make of it.
 */
#ifndef REFERENCE_PUBLICATION_H
#define REFERENCE_PUBLICATION_H

#include "lib/base.h"
#include "reference/auth.h"
#include "reference/event.h"
#include "reference/metrics.h"
#include "reference/outcome.h"
#include "reference/request.h"

/* What all events of a worker have in common. Borrowed. */
struct publication_maker {
    struct event_ids *ids;
    struct str instance;
    struct metrics *metrics;
};

/* Its strings are those of the request, the registry's entries and the rules. Not to be copied:
 * event points into it. */
struct publication {
    struct event event;
    struct event_extension extensions[EVENT_MAX_EXTENSIONS];
    bool dropped;      /* by a rule: accepted, and not for the sink */
    struct str reason; /* of a rule's refusal */
};

/* OUTCOME_NONE: *out is accepted. Otherwise the refusal. wall_us: Unix time. */
enum outcome publication_make(const struct publication_maker *maker, const struct request *r,
                              const struct auth_grant *grant, int64_t wall_us,
                              struct publication *out) MUST_CHECK;

#endif
