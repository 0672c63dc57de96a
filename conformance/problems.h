/*
 * What is wrong with files that people write: all of it, one `file:line: message` a line.
 */
#ifndef CONFORMANCE_PROBLEMS_H
#define CONFORMANCE_PROBLEMS_H

#include "lib/base.h"
#include "lib/buf.h"

struct problems {
    struct buf text; /* lines */
    size_t count;
};

void problems_init(struct problems *p);
void problems_fini(struct problems *p);
/* line 0: the place is the whole file; file NULL: no place. The message has no newline. */
void problems_add(struct problems *p, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
