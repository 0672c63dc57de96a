/*
 * The compact form of publish rules, and how it is read from JSON.
 */
#ifndef REFERENCE_PUBLISH_RULES_READ_H
#define REFERENCE_PUBLISH_RULES_READ_H

#include <jansson.h>

#include "lib/arena.h"
#include "lib/base.h"

enum publish_condition_kind {
    PUBLISH_ALWAYS,
    PUBLISH_CHANNEL,
    PUBLISH_NOT, /* of its one part */
    PUBLISH_AND,
    PUBLISH_OR,
};

struct publish_condition {
    enum publish_condition_kind kind;
    struct str channel;
    const struct publish_condition *parts;
    size_t count;
};

enum publish_step_kind {
    PUBLISH_STEP_DROP,
    PUBLISH_STEP_BREAK,
    PUBLISH_STEP_REJECT,
    PUBLISH_STEP_SET_ATTRIBUTE, /* an empty value removes it */
    PUBLISH_STEP_SET_EXTENSION,
    PUBLISH_STEP_REMOVE_EXTENSION,
};

struct publish_step {
    enum publish_step_kind kind;
    struct str name;  /* of an extension */
    struct str value; /* or the reason of reject */
    size_t offset;    /* of an attribute, a struct str in struct event */
};

struct publish_rule {
    struct publish_condition when;
    const struct publish_step *steps;
    size_t count;
};

struct publish_rules {
    struct str fault; /* empty: they can run */
    const struct publish_rule *rules;
    size_t count;
};

/* section is spec.publish. out is zeroed; what it points to goes into memory. */
void publish_rules_read(const json_t *section, struct arena *memory, struct publish_rules *out);

#endif
