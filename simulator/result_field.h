/*
 * The members of a result by name, so that what writes them, reads them and describes them walks
 * the same tables: of the run, of a stage, of an objective, of a second.
 */
#ifndef SIMULATOR_RESULT_FIELD_H
#define SIMULATOR_RESULT_FIELD_H

#include "lib/buf.h"
#include "simulator/result.h"

enum result_field_kind {
    RESULT_FIELD_TEXT,     /* const char *, never NULL */
    RESULT_FIELD_UNSIGNED, /* uint64_t */
    RESULT_FIELD_INTEGER,  /* int64_t */
    RESULT_FIELD_REAL,     /* double; NAN: not known */
    RESULT_FIELD_FLAG,     /* bool */
    RESULT_FIELD_VERDICT,  /* enum result_verdict */
    RESULT_FIELD_SEED,     /* uint64_t that JavaScript's numbers cannot hold: as a text */
};

struct result_field {
    const char *name;
    enum result_field_kind kind;
    size_t offset;
};

struct result_fields {
    const struct result_field *rows;
    size_t count;
};

/* The run's own; tally, seconds, stages, slo and invalid stand apart. */
extern const struct result_fields result_run_fields;
extern const struct result_fields result_stage_fields;
extern const struct result_fields result_slo_fields;
/* Columns of a second: counters and gauges are among them. */
extern const struct result_fields result_second_fields;

/* NULL: no field has this name. */
const struct result_field *result_field_find(const struct result_fields *fields, struct str name);

/* As JSON; not known is null. */
void result_field_write(const struct result_field *field, const void *base, struct buf *out);
/* From the text of a JSON value; texts go into arena. False: it is of another kind. */
bool result_field_read(const struct result_field *field, void *base, struct str value,
                       struct arena *arena) MUST_CHECK;

#endif
