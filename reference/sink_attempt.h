/*
 * Attempts of a carrier that sends over one connection: a bounded number, each idle, on its way, or
 * ended and not told yet.
 */
#ifndef REFERENCE_SINK_ATTEMPT_H
#define REFERENCE_SINK_ATTEMPT_H

#include "reference/sink_carrier.h"

/* The first member of what a carrier keeps of an attempt. */
struct sink_attempt {
    struct sink_attempt *next;
    void *arg; /* the flow's; NULL: nobody waits for it any more */
    struct sink_answer answer;
};

struct sink_attempts {
    struct sink_attempt *idle;
    struct sink_attempt *ended, **last_ended;
};

void sink_attempts_init(struct sink_attempts *a);
/* Gives an attempt to those that are idle. */
void sink_attempts_give(struct sink_attempts *a, struct sink_attempt *attempt);
/* An idle one, which stays with the caller until it is ended or given back; NULL: there is none. */
struct sink_attempt *sink_attempts_take(struct sink_attempts *a) MUST_CHECK;
/* It has ended so; sink_attempts_next tells it. */
void sink_attempts_end(struct sink_attempts *a, struct sink_attempt *attempt,
                       struct sink_answer answer);
/* The arg of the next one that has ended, which is idle from here on; NULL: none has. */
void *sink_attempts_next(struct sink_attempts *a, struct sink_answer *out);

/* The text at *at, which moves behind its NUL: how a letter's texts are read. */
const char *sink_letter_next(const char **at);

#endif
