#include "reference/sink_attempt.h"

void sink_attempts_init(struct sink_attempts *a)
{
    *a = (struct sink_attempts){.last_ended = &a->ended};
}

void sink_attempts_give(struct sink_attempts *a, struct sink_attempt *attempt)
{
    attempt->arg = NULL;
    attempt->next = a->idle;
    a->idle = attempt;
}

struct sink_attempt *sink_attempts_take(struct sink_attempts *a)
{
    struct sink_attempt *attempt = a->idle;

    if (attempt != NULL)
        a->idle = attempt->next;
    return attempt;
}

void sink_attempts_end(struct sink_attempts *a, struct sink_attempt *attempt,
                       struct sink_answer answer)
{
    attempt->answer = answer;
    attempt->next = NULL;
    *a->last_ended = attempt;
    a->last_ended = &attempt->next;
}

void *sink_attempts_next(struct sink_attempts *a, struct sink_answer *out)
{
    struct sink_attempt *attempt = a->ended;

    if (attempt == NULL)
        return NULL;
    a->ended = attempt->next;
    if (a->ended == NULL)
        a->last_ended = &a->ended;
    void *arg = attempt->arg;

    *out = attempt->answer;
    sink_attempts_give(a, attempt);
    return arg;
}

const char *sink_letter_next(const char **at)
{
    const char *text = *at;

    *at += strlen(text) + 1;
    return text;
}
