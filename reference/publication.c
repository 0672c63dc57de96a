#include "reference/publication.h"

#include <stdlib.h>

#include "lib/log.h"
#include "reference/mutant.h"
#include "reference/publish_rules.h"

static struct str absolute_uri_or_nothing(struct metrics *metrics, struct str schema)
{
    static struct log_limit limit;
    char quoted[128];

    if (schema.len == 0 || event_is_absolute_uri(schema))
        return schema;
    if (mutant_is(MUTANT_DATA_SCHEMA_UNCHECKED))
        return schema;
    metrics_add(metrics, METRIC_SCHEMA_LEFT_OUT, 1);
    log_limited(&limit, LOG_INFO, "event", "data-schema-left-out", "data_schema=%s",
                log_quote(schema, quoted, sizeof quoted));
    return (struct str){NULL, 0};
}

/* For what watches memory: no reader of events sees it. */
static void mutate_memory(struct str payload)
{
    static const void *volatile last;

    if (mutant_is(MUTANT_LEAK_SLOW))
        last = memset(xmalloc(64), 1, 64);
    UNUSED(last);
    if (payload.len > 0 && mutant_is(MUTANT_PAYLOAD_READ_PAST_END)) {
        char *copy = memcpy(xmalloc(payload.len), payload.ptr, payload.len);

        (void)*(const volatile char *)(copy + payload.len);
        free(copy);
    }
}

static void mutate_payload(struct event *out)
{
    if (mutant_is(MUTANT_CONTENT_FORMAT_IGNORED))
        out->content_format = EVENT_NO_FORMAT;
    if (mutant_is(MUTANT_PAYLOAD_CUT) && out->payload.len > 1023)
        out->payload.len = 1023;
    if (mutant_is(MUTANT_TEXT_AS_JSON) && out->content_format == 0)
        out->content_format = EVENT_NO_FORMAT;
}

/* What mutants make of an event. */
static void mutate_event(struct event *out)
{
    const struct str none = {NULL, 0};

    mutate_memory(out->payload);
    mutate_payload(out);
    if (mutant_is(MUTANT_EVENT_ID_CONSTANT))
        memcpy(out->id, "00000000-0000-4000-8000-000000000000", EVENT_ID_LEN);
    if (mutant_is(MUTANT_EVENT_TIME_WRONG))
        out->time_us -= 86400 * US_PER_S;
    if (mutant_is(MUTANT_EVENT_SUBJECT_FIXED))
        out->subject = STR("data");
    if (mutant_is(MUTANT_EVENT_DEVICE_UID_MISSING))
        out->device_uid = out->sender_uid = none;
    if (mutant_is(MUTANT_EVENT_SENDER_MISSING))
        out->sender = none;
    if (mutant_is(MUTANT_EVENT_APPLICATION_MISSING))
        out->application = none;
    if (mutant_is(MUTANT_EVENT_INSTANCE_MISSING))
        out->instance = none;
    if (mutant_is(MUTANT_DATA_SCHEMA_LOST))
        out->data_schema = none;
}

static enum outcome make_event(const struct publication_maker *maker, const struct request *r,
                               const struct auth_grant *grant, int64_t wall_us, struct event *out)
{
    *out = (struct event){
        .application = grant->app->name,
        .application_uid = grant->app->uid,
        .device = grant->device->name,
        .device_uid = grant->device->uid,
        .sender = grant->sender->name,
        .sender_uid = grant->sender->uid,
        .instance = maker->instance,
        .subject = r->channel,
        .data_schema =
            absolute_uri_or_nothing(maker->metrics, r->params[REQUEST_DATA_SCHEMA].value),
        .time_us = wall_us,
        .content_format = r->content_format,
        .payload = r->payload,
    };
    event_new_id(maker->ids, out->id);
    mutate_event(out);
    enum event_err err = event_classify(out);

    if (err != EVENT_OK && mutant_is(MUTANT_JSON_UNCHECKED)) {
        out->content_format = EVENT_NO_FORMAT;
        err = event_classify(out);
    }
    if (out->data == EVENT_DATA_JSON && mutant_is(MUTANT_JSON_AS_BINARY))
        out->data = EVENT_DATA_BINARY;
    return err == EVENT_OK ? OUTCOME_NONE : OUTCOME_NOT_JSON;
}

/* Runs the application's rules on the event: a drop is no refusal. */
static enum outcome run_rules(const struct publication_maker *maker,
                              const struct publish_rules *rules, struct publication *out)
{
    static const struct {
        enum outcome outcome;
        enum metric metric;
    } ends[] = {
        [PUBLISH_DROP] = {OUTCOME_NONE,              METRIC_RULE_DROPPED     },
        [PUBLISH_REJECT] = {OUTCOME_RULE_REJECTED,     METRIC_RULE_REJECTED    },
        [PUBLISH_UNDECODABLE] = {OUTCOME_RULES_UNDECODABLE, METRIC_RULES_UNDECODABLE},
    };
    struct str reason = {NULL, 0};
    const enum publish_verdict verdict = publish_rules_run(rules, &out->event, &reason);

    if (verdict == PUBLISH_ACCEPT)
        return OUTCOME_NONE;
    metrics_add(maker->metrics, ends[verdict].metric, 1);
    out->dropped = verdict == PUBLISH_DROP;
    if (verdict == PUBLISH_REJECT)
        out->reason = reason;
    return ends[verdict].outcome;
}

enum outcome publication_make(const struct publication_maker *maker, const struct request *r,
                              const struct auth_grant *grant, int64_t wall_us,
                              struct publication *out)
{
    enum outcome refusal = make_event(maker, r, grant, wall_us, &out->event);

    out->event.extensions = out->extensions;
    out->dropped = false;
    out->reason = (struct str){NULL, 0};
    if (refusal != OUTCOME_NONE || grant->app->rules == NULL || mutant_is(MUTANT_RULES_IGNORED))
        return refusal;
    return run_rules(maker, grant->app->rules, out);
}
