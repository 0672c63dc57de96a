/*
 * The result stream: OUT/results.jsonl, one JSON object a line, written as things happen, so that a
 * crash loses nothing. The first line has type `run`, then one `result` for each run of a case, the
 * last `end`. All reports derive from the document that the same objects make:
 *
 *     { "schema": "seatrial-report/1", "run": {...}, "results": [...], "end": {...} }
 */
#ifndef CONFORMANCE_STREAM_H
#define CONFORMANCE_STREAM_H

#include <jansson.h>
#include <stdio.h>

#include "conformance/verdict.h"

struct stream {
    FILE *file;
    json_t *document;
    struct tally tally;
};

/* Takes run. False: why (512 bytes) says why the file cannot be written. */
bool stream_open(struct stream *s, const char *path, json_t *run, char *why) MUST_CHECK;
/* Takes result. One that has `retried` is kept but not counted; the last attempt counts. */
void stream_take(struct stream *s, json_t *result);
/* Writes the last line and closes the file; the document is complete. False: not all could be
 * written. */
bool stream_close(struct stream *s) MUST_CHECK;
void stream_fini(struct stream *s);

/* The verdict of a result. */
enum verdict stream_verdict(const json_t *result);
/* The finding that a result is known by: the first of its worst; NULL: none. Borrowed. */
const json_t *stream_signature(const json_t *result);
/* Was the result replaced by a later attempt? */
bool stream_is_retried(const json_t *result);

#endif
