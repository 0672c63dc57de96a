/*
 * Publish rules: `spec.publish.rules` of an application, compiled once, then run on every event.
 *
 *     [{"when": W, "then": [S, ...]}, ...]        when: always, then: nothing, if it is left out
 *     W: "always" | {"isChannel": "x"} | {"not": W} | {"and": [W...]} | {"or": [W...]}
 *     S: "drop" | "break" | {"reject": "reason"} | {"setAttribute": {"name", "value"}} |
 *        {"removeAttribute": "name"} | {"setExtension": {"name", "value"}} |
 *        {"removeExtension": "name"}
 *
 * Rules run in their order, each on the event as those before it have left it: isChannel looks at
 * the present subject. An empty `and` and an empty `or` are false, as in Drogue Cloud. Attributes
 * are datacontenttype, dataschema, subject and type; type cannot be removed. After a change of
 * datacontenttype the data is fitted to it (event_fit_data).
 *
 * A set that cannot be decoded in full has no effect in part: every event is refused. That is so
 * for an unknown word or member, a wrong type, a value that CloudEvents forbids, more than the
 * limits below, and for Drogue Cloud's validate and enrich, which call other services.
 */
#ifndef REFERENCE_PUBLISH_RULES_H
#define REFERENCE_PUBLISH_RULES_H

#include <jansson.h>

#include "lib/arena.h"
#include "lib/base.h"
#include "reference/event.h"

enum {
    PUBLISH_RULES_MAX_DEPTH = 16,   /* of conditions in each other, the innermost counts too */
    PUBLISH_RULES_MAX_WORDS = 1024, /* rules, conditions and steps together */
    PUBLISH_RULES_MAX_TEXT = 1024,  /* bytes of a string; a reason fits one datagram */
};

/* Immutable. Lives in the memory that it was compiled into. */
struct publish_rules;

enum publish_verdict {
    PUBLISH_ACCEPT, /* the event, as the rules have left it */
    PUBLISH_DROP,
    PUBLISH_REJECT,
    PUBLISH_UNDECODABLE,
};

/* section is spec.publish, borrowed, or NULL. NULL when there are no rules. */
const struct publish_rules *publish_rules_compile(const json_t *section, struct arena *memory);

/* What is wrong, as `spec.publish.rules[0].when: expected ...`; empty for rules that can run, and
 * for NULL. */
struct str publish_rules_fault(const struct publish_rules *rules);

/*
 * The report on that section for status.publish, a new reference: `{"valid":{"rules":2}}` or
 * `{"invalid":{"error":"Undecodable","message":"spec.publish.rules[0]..."}}`.
 */
json_t *publish_rules_status(const json_t *section);

/*
 * Runs the rules (not NULL) on the event, which is classified and whose extensions have room.
 * What they set is borrowed from them. *reason is the text of PUBLISH_REJECT and may be empty.
 */
enum publish_verdict publish_rules_run(const struct publish_rules *rules, struct event *e,
                                       struct str *reason) MUST_CHECK;

#endif
