/*
 * What to change in a target file when the target does not even bear a known-good publish: more
 * likely than a target without any use is a description that is wrong.
 */
#ifndef CONFORMANCE_ADVICE_H
#define CONFORMANCE_ADVICE_H

#include <jansson.h>

#include "conformance/case.h"
#include "lib/buf.h"
#include "lib/target.h"

/* `t.lua:9: tls.ca: what was expected and came: what to do`, of the deciding finding of a sanity
 * check that failed with binding. */
void advice_on_sanity(const struct target *t, enum binding binding, const json_t *finding,
                      struct buf *out);
/* A publish was accepted and its event has not come. */
void advice_on_events(const struct target *t, struct buf *out);
/* A device's good publish is answered with code (`4.03 Forbidden`). */
void advice_on_refusal(const struct target *t, enum binding binding, const char *code,
                       struct buf *out);

#endif
