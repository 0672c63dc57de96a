/*
 * Reports: each a function from the document of a run (conformance/stream.h) to a text.
 */
#ifndef CONFORMANCE_REPORT_H
#define CONFORMANCE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "lib/base.h"
#include "lib/buf.h"
#include "lib/report_list.h"

void report_junit(const json_t *document, struct buf *out);
void report_tap(const json_t *document, struct buf *out);
void report_json(const json_t *document, struct buf *out);
void report_md(const json_t *document, struct buf *out);
void report_html(const json_t *document, struct buf *out);
void report_badge(const json_t *document, struct buf *out);

enum { REPORT_WHY_LEN = REPORT_LIST_WHY_LEN };

/* `junit=F,tap=-`: is it well-formed? */
bool report_check(const char *spec, char *why) MUST_CHECK;
/* Writes each of them. False: why names the file. */
bool report_write(const char *spec, const json_t *document, char *why) MUST_CHECK;

/* As it happens, for people: one line a result, all that is known of a failure. */
void report_console_result(FILE *out, const json_t *result, const char *target);
/* Counts, what failed, how to repeat it. */
void report_console_end(FILE *out, const json_t *document);

/* What parts of a report share: `expected 4.02, got 2.04` of a finding. */
void report_add_finding(struct buf *out, const json_t *finding);
/* `seatrial run -t reference CMD-002 --seed 7f3a` */
void report_add_again(struct buf *out, const json_t *document, const json_t *result);

#endif
