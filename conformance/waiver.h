/*
 * Waivers: failures that are expected, as data. A file returns a list of rows:
 *
 *     { case = "OPT-003", binding = "coap", step = "number=99", expect = { field = "code", got =
 * "2.04" }, reason = "upstream library ignores it", issue = "https://...", owner = "jane", target =
 * "0.11", expires = "2026-12-31" },
 *
 * `case` may be a glob. A waived case still runs. Seen with the signature that the waiver names it
 * is WAIVED; not seen, seen otherwise, expired, or of an unknown case it is STALE-WAIVER. With
 * `chance = true` the failure does not show itself in every run, such as in a case that fuzzes: not
 * seen, the case has passed.
 */
#ifndef CONFORMANCE_WAIVER_H
#define CONFORMANCE_WAIVER_H

#include <jansson.h>

#include "conformance/catalogue.h"

struct waiver {
    const char *case_glob;
    const char *binding; /* NULL: any */
    const char *step;    /* of the finding; NULL: any */
    const char *field;   /* NULL: any */
    const char *got;     /* NULL: any */
    const char *reason;
    const char *issue;
    const char *owner;
    const char *target; /* glob over the target's version; NULL: any */
    const char *expires;
    bool chance;
    int64_t expires_us; /* wall time; the day itself is still good */
    int number;         /* row of the file */
    bool used;
};

struct waivers {
    struct waiver *rows;
    size_t count;
    const char *file;
    struct arena arena;
};

/* Borrows path. False: problems says all that is wrong. waivers_fini is due in either case. */
bool waivers_load(struct waivers *w, const char *path, struct problems *problems) MUST_CHECK;
void waivers_fini(struct waivers *w);

/*
 * Changes the verdict of a result: a failure (FAIL, and WARN) with the signature becomes WAIVED,
 * anything but that STALE-WAIVER; the field `waiver` of the result says which waiver and what was
 * seen. Results that say nothing about the target (SKIPPED, N/A, INCONCLUSIVE, ERROR) stay.
 * target_version: may be NULL.
 */
void waivers_apply(struct waivers *w, json_t *result, const char *target_version, int64_t now_us);

/* One result of verdict STALE-WAIVER for each waiver whose case the catalogue does not have,
 * appended to list. */
void waivers_add_unknown(const struct waivers *w, const struct catalogue *c, json_t *list);

#endif
