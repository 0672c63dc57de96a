#include "simulator/report_testmarkup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { DEPTH = 64, NAME = 32 };

static size_t name_len(const char *at)
{
    return strcspn(at, " \t\r\n/>");
}

static int is_void(const char *name, size_t len)
{
    static const char *const voids[] = {"meta", "!DOCTYPE", "?xml", "br"};

    for (size_t i = 0; i < sizeof voids / sizeof voids[0]; i++) {
        if (strlen(voids[i]) == len && memcmp(voids[i], name, len) == 0)
            return 1;
    }
    return 0;
}

void testmarkup_is_closed(const char *text)
{
    char open[DEPTH][NAME];
    size_t depth = 0;

    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        int closes = at[1] == '/';
        const char *name = at + 1 + closes;
        size_t len = name_len(name);

        assert_non_null(end);
        assert_null(memchr(at + 1, '<', (size_t)(end - at - 1))); /* a quote not escaped */
        assert_true(len > 0 && len < NAME);
        if (closes) {
            if (depth == 0 || strncmp(open[depth - 1], name, len) != 0)
                fail_msg("</%.*s> closes %s", (int)len, name,
                         depth == 0 ? "nothing" : open[depth - 1]);
            depth--;
        } else if (!is_void(name, len) && end[-1] != '/') {
            assert_true(depth < DEPTH);
            memcpy(open[depth], name, len);
            open[depth++][len] = '\0';
        }
        at = end;
    }
    if (depth > 0)
        fail_msg("<%s> is not closed", open[depth - 1]);
}

void testmarkup_is_alone(const char *text)
{
    static const char *const outside[] = {
        "http:",   "https:", "src=",    "href=", "url(",  "@import",
        "<script", "<link",  "<iframe", "<img",  "onload"};

    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        if (strstr(text, outside[i]) != NULL)
            fail_msg("the page has %s", outside[i]);
    }
}
