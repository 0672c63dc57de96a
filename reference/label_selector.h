/*
 * Label selectors, the filter of the registry's lists: `a,!b,c=d,c==d,e!=f,g in (h,i),g notin (j)`,
 * all of which must hold.
 */
#ifndef REFERENCE_LABEL_SELECTOR_H
#define REFERENCE_LABEL_SELECTOR_H

#include <jansson.h>

#include "lib/base.h"

struct label_selector;

/* NULL when text is no selector. Empty text selects everything. Keeps no pointer to text. */
struct label_selector *label_selector_parse(struct str text) MUST_CHECK;
void label_selector_free(struct label_selector **s);

/* labels: an object of strings, or NULL for none. Without the label, `!=` and `notin` hold. */
bool label_selector_matches(const struct label_selector *s, const json_t *labels);

#endif
