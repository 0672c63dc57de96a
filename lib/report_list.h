/*
 * The reports that a command line asks for: `junit=F,json=-`, each a kind and where it goes.
 */
#ifndef LIB_REPORT_LIST_H
#define LIB_REPORT_LIST_H

#include "lib/base.h"
#include "lib/buf.h"

enum { REPORT_LIST_WHY_LEN = 512 };

/*
 * Takes the next of *list, which is not empty: the index of its kind in names (joined by `|`) and
 * its path, borrowed. False: why says what is wrong.
 */
bool report_list_next(const char **list, const char *names, int *kind, struct str *path,
                      char *why) MUST_CHECK;

/* Is all of the list, which may be empty, well-formed? */
bool report_list_check(const char *list, const char *names, char *why) MUST_CHECK;

/* Writes text to path, or to standard output when it is `-`. False: why names the file. */
bool report_list_write(struct str path, const struct buf *text, char *why) MUST_CHECK;

#endif
