#include "conformance/scenario_testfolder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void testfolder_make(struct testfolder *f)
{
    (void)snprintf(f->path, sizeof f->path, "/tmp/seatrial-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
}

void testfolder_write(const struct testfolder *f, const char *name, const char *text)
{
    const char *slash = strchr(name, '/');
    char path[256];
    FILE *file;

    if (slash != NULL) {
        (void)snprintf(path, sizeof path, "%s/%.*s", f->path, (int)(slash - name), name);
        (void)mkdir(path, 0700);
    }
    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

char *testfolder_read(const struct testfolder *f, const char *name)
{
    char path[256];
    size_t len = 0;
    char *text;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    text = calloc(1, 1 << 20);
    assert_non_null(text);
    len = fread(text, 1, (1 << 20) - 1, file);
    text[len] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

void testfolder_remove(struct testfolder *f)
{
    assert_int_equal(nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}
