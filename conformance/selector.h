/*
 * Which cases are meant: `CMD-002`, `CMD-*`, `CMD-02` (a requirement), `@commands` (a family),
 * `level:MUST`, `rfc7252/5.4` (a section), `impact:safe`, `feature:block1`, a path to a file of
 * one's own
 * (`./x.lua`), and `!` in front of any of them.
 *
 * A case is selected when any positive selector takes it (or there is none) and no negative one
 * does.
 */
#ifndef CONFORMANCE_SELECTOR_H
#define CONFORMANCE_SELECTOR_H

#include "conformance/catalogue.h"

/* A path to a case file, rather than a name? */
bool selector_is_file(const char *text);

/* selected has one flag a case of the catalogue. False: problems has the ids, families and files
 * that do not exist, with a suggestion. A glob or a section that takes no case is no mistake. */
bool selector_apply(const struct catalogue *c, const struct texts *selectors, bool *selected,
                    struct problems *problems) MUST_CHECK;

#endif
