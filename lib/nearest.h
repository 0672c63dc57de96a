/*
 * Which of the known names a mistyped one was meant to be: `did you mean ack-timeout?`
 *
 *     struct nearest n = nearest_to(name);
 *     for (...) nearest_offer(&n, known[i]);
 *     if (n.found != NULL) ...
 */
#ifndef LIB_NEAREST_H
#define LIB_NEAREST_H

#include "lib/base.h"

struct nearest {
    struct str name;   /* borrowed */
    size_t least;      /* distance that a better candidate must stay below */
    const char *found; /* borrowed; NULL: none is near */
};

struct nearest nearest_to(struct str name);
void nearest_offer(struct nearest *n, const char *candidate);

#endif
