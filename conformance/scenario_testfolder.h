/*
 * A folder of files for a test, removed at its end.
 */
#ifndef CONFORMANCE_SCENARIO_TESTFOLDER_H
#define CONFORMANCE_SCENARIO_TESTFOLDER_H

struct testfolder {
    char path[64];
};

void testfolder_make(struct testfolder *f);
/* name: `file` or `folder/file`; the folder is made. */
void testfolder_write(const struct testfolder *f, const char *name, const char *text);
/* The whole file, to be freed; NULL when there is none. */
char *testfolder_read(const struct testfolder *f, const char *name);
/* With all that is in it. */
void testfolder_remove(struct testfolder *f);

#endif
