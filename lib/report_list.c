#include "lib/report_list.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/nearest.h"
#include "lib/opt_value.h"

enum { NAME_CAP = 32 };

static bool fail_unknown(struct str name, const char *names, char *why)
{
    struct nearest n = nearest_to(name);
    char known[16][NAME_CAP];
    size_t count = 0;

    for (const char *at = names; *at != '\0' && count < COUNT(known); count++) {
        size_t len = strcspn(at, "|");

        (void)snprintf(known[count], NAME_CAP, "%.*s", (int)len, at);
        nearest_offer(&n, known[count]);
        at += len + (at[len] == '|');
    }
    (void)snprintf(why, REPORT_LIST_WHY_LEN, "--report: unknown kind \"%.*s\"%s%s", (int)name.len,
                   name.ptr, n.found == NULL ? "; there are " : ", did you mean ",
                   n.found == NULL ? names : n.found);
    return false;
}

bool report_list_next(const char **list, const char *names, int *kind, struct str *path, char *why)
{
    size_t len = strcspn(*list, ",");
    const char *equals = memchr(*list, '=', len);
    struct str name = {*list, equals == NULL ? len : (size_t)(equals - *list)};

    *kind = opt_value_name(name, names);
    if (*kind < 0)
        return fail_unknown(name, names, why);
    if (equals == NULL || equals + 1 == *list + len) {
        (void)snprintf(why, REPORT_LIST_WHY_LEN, "--report: expected %.*s=FILE", (int)name.len,
                       name.ptr);
        return false;
    }
    *path = (struct str){equals + 1, len - name.len - 1};
    *list += len;
    *list += **list == ',';
    return true;
}

/* Is the folder there and ours to write to? What is found out only when a long run is over is lost.
 */
static bool can_hold(struct str path, char *why)
{
    char *name = xstrdup(path);
    const char *folder = dirname(name);
    bool ok = str_equal(path, STR("-")) || access(folder, W_OK) == 0;

    if (!ok)
        (void)snprintf(why, REPORT_LIST_WHY_LEN, "--report: %.*s: %s: %s", (int)path.len, path.ptr,
                       folder, strerror(errno));
    free(name);
    return ok;
}

bool report_list_check(const char *list, const char *names, char *why)
{
    struct str path = {NULL, 0};
    int kind;

    while (*list != '\0') {
        if (!report_list_next(&list, names, &kind, &path, why) || !can_hold(path, why))
            return false;
    }
    return true;
}

bool report_list_write(struct str path, const struct buf *text, char *why)
{
    char *name = xstrdup(path);
    FILE *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "we");
    bool ok = file != NULL && (text->len == 0 || fwrite(text->ptr, text->len, 1, file) == 1);

    if (file != NULL && file != stdout)
        ok = fclose(file) == 0 && ok;
    if (!ok)
        (void)snprintf(why, REPORT_LIST_WHY_LEN, "%s: %s", name, strerror(errno));
    free(name);
    return ok;
}
