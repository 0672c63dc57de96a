#include "reference/publish_rules.h"

#include "reference/publish_rules_read.h"

/* What follows a step. */
enum after { AFTER_NEXT, AFTER_ACCEPT, AFTER_DROP, AFTER_REJECT };

static enum after drop(const struct publish_step *step, struct event *e)
{
    UNUSED(step);
    UNUSED(e);
    return AFTER_DROP;
}

static enum after stop(const struct publish_step *step, struct event *e)
{
    UNUSED(step);
    UNUSED(e);
    return AFTER_ACCEPT;
}

static enum after reject(const struct publish_step *step, struct event *e)
{
    UNUSED(step);
    UNUSED(e);
    return AFTER_REJECT;
}

/* To remove is to set to nothing. */
static enum after set_attribute(const struct publish_step *step, struct event *e)
{
    memcpy((char *)e + step->offset, &step->value, sizeof step->value);
    return AFTER_NEXT;
}

static enum after set_extension(const struct publish_step *step, struct event *e)
{
    event_set_extension(e, step->name, step->value);
    return AFTER_NEXT;
}

static enum after remove_extension(const struct publish_step *step, struct event *e)
{
    event_remove_extension(e, step->name);
    return AFTER_NEXT;
}

/* The recursion is PUBLISH_RULES_MAX_DEPTH deep at most. */
static bool holds(const struct publish_condition *c, const struct event *e)
{
    switch (c->kind) {
    case PUBLISH_ALWAYS:
        return true;
    case PUBLISH_CHANNEL:
        return e->subject.len > 0 && str_equal(c->channel, e->subject);
    case PUBLISH_NOT:
        return !holds(c->parts, e);
    case PUBLISH_AND:
    case PUBLISH_OR:
        break;
    }
    const bool decides = c->kind == PUBLISH_OR;

    for (size_t i = 0; i < c->count; i++)
        if (holds(&c->parts[i], e) == decides)
            return decides;
    return c->count > 0 && !decides;
}

/* clang-format off */
static enum after (*const step_runs[])(const struct publish_step *step, struct event *e) = {
    [PUBLISH_STEP_DROP]             = drop,
    [PUBLISH_STEP_BREAK]            = stop,
    [PUBLISH_STEP_REJECT]           = reject,
    [PUBLISH_STEP_SET_ATTRIBUTE]    = set_attribute,
    [PUBLISH_STEP_SET_EXTENSION]    = set_extension,
    [PUBLISH_STEP_REMOVE_EXTENSION] = remove_extension,
};
/* clang-format on */

static enum after run_steps(const struct publish_rule *rule, struct event *e, struct str *reason)
{
    for (size_t i = 0; i < rule->count; i++) {
        const struct publish_step *step = &rule->steps[i];
        const enum after after = step_runs[step->kind](step, e);

        *reason = step->value;
        if (after != AFTER_NEXT)
            return after;
    }
    return AFTER_NEXT;
}

enum publish_verdict publish_rules_run(const struct publish_rules *rules, struct event *e,
                                       struct str *reason)
{
    static const enum publish_verdict verdicts[] = {
        [AFTER_NEXT] = PUBLISH_ACCEPT,
        [AFTER_ACCEPT] = PUBLISH_ACCEPT,
        [AFTER_DROP] = PUBLISH_DROP,
        [AFTER_REJECT] = PUBLISH_REJECT,
    };
    const struct str content_type = e->content_type;
    enum after after = AFTER_NEXT;

    if (rules->fault.len > 0)
        return PUBLISH_UNDECODABLE;
    for (size_t i = 0; i < rules->count && after == AFTER_NEXT; i++)
        if (holds(&rules->rules[i].when, e))
            after = run_steps(&rules->rules[i], e, reason);
    if (verdicts[after] == PUBLISH_ACCEPT && !str_equal(content_type, e->content_type))
        event_fit_data(e);
    return verdicts[after];
}

const struct publish_rules *publish_rules_compile(const json_t *section, struct arena *memory)
{
    if (section == NULL)
        return NULL;
    struct publish_rules *rules = arena_take(memory, 1, sizeof *rules);

    publish_rules_read(section, memory, rules);
    return rules->fault.len > 0 || rules->count > 0 ? rules : NULL;
}

struct str publish_rules_fault(const struct publish_rules *rules)
{
    return rules == NULL ? (struct str){"", 0} : rules->fault;
}

json_t *publish_rules_status(const json_t *section)
{
    struct arena memory = {0};
    const struct publish_rules *rules = publish_rules_compile(section, &memory);
    const struct str why = publish_rules_fault(rules);
    json_t *status = why.len > 0 ? json_pack("{s:{s:s,s:s%}}", "invalid", "error", "Undecodable",
                                             "message", why.ptr, why.len)
                                 : json_pack("{s:{s:I}}", "valid", "rules",
                                             (json_int_t)(rules == NULL ? 0 : rules->count));

    arena_fini(&memory);
    return status;
}
