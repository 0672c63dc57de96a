/*
 * What a request is answered, and how it is written: the response's options and payload.
 */
#ifndef REFERENCE_ANSWER_H
#define REFERENCE_ANSWER_H

#include "lib/base.h"
#include "reference/block.h"
#include "reference/outcome.h"
#include "reference/pdu.h"

/* Borrowed. What is NULL, empty or 0 is left out. */
struct answer {
    enum outcome outcome;
    struct str command; /* option 4210; only with OUTCOME_COMMAND, as payload */
    struct str payload;
    const struct block *block1;
    const struct block *block2;
    struct str etag;
    uint32_t size1;
    struct str reason; /* UTF-8, in place of the outcome's text; empty: that text */
};

/* What precedes the options of a response. */
struct answer_head {
    enum pdu_type type;
    uint16_t mid;
    struct str token;
};

/* Appends the whole response. retry_after_s: Max-Age of a 5.03 (RFC 7252 5.9.3.4). out says
 * overflow. */
void answer_write(struct buf *out, const struct answer_head *head, const struct answer *answer,
                  uint32_t retry_after_s);

/* Whether outcome and retry_after_s alone rebuild it, so that it need not be stored for copies of
 * the request. */
bool answer_is_plain(const struct answer *answer);

#endif
