/*
 * Reports of a run: each a function from a result to a text.
 */
#ifndef SIMULATOR_REPORT_H
#define SIMULATOR_REPORT_H

#include "lib/buf.h"
#include "lib/report_list.h"
#include "simulator/result.h"

/* All of it (schema/result.json); report_read.h reads it back. */
void report_json(const struct result *r, struct buf *out);
/* A row a second, the columns of result_field.h. */
void report_csv(const struct result *r, struct buf *out);
/* HdrHistogram log: a line a second and a histogram, whose name is the tag, so that readers may ask
 * for any part of the run and lines add up to the whole; of a result that was read from JSON a line
 * for the whole. */
void report_hdr(const struct result *r, struct buf *out);
/* Objectives, and what must never happen, as test cases. */
void report_junit(const struct result *r, struct buf *out);
/* A page for people in one file, which needs nothing else. */
void report_html(const struct result *r, struct buf *out);

enum { REPORT_WHY_LEN = REPORT_LIST_WHY_LEN };

/* `json=F,html=-`: is it well-formed? Empty is. */
bool report_check(const char *spec, char *why) MUST_CHECK;
/* Writes each of them, `-` to standard output. False: why names the file. */
bool report_write(const char *spec, const struct result *r, char *why) MUST_CHECK;
/* All of them into a folder that exists, as result.json, seconds.csv, result.hdr, junit.xml and
 * report.html. False: why names the file. */
bool report_write_all(const char *folder, const struct result *r, char *why) MUST_CHECK;

#endif
