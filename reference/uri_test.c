#include "reference/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const absolute[] = {
    "http://example.com/schema",
    "https://example.com:8443/a/b.json?x=1&y=/?#frag/?",
    "urn:x:y",
    "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
    "tag:example.com,2026:a",
    "mailto:a@b",
    "file:///etc/x",
    "x:",
    "x+y-z.1:a",
    "http://u:p@h:1/",
    "http://[::1]:80/",
    "http://[2001:db8::7]/c=GB?one",
    "http://[v1.a:b]/",
    "http://h:/",
    "http://a%20b/%C3%A4",
    "x:/a//b",
    "x:a:b:c",
    "HTTP://EXAMPLE.COM",
};

static const char *const other[] = {
    "",
    "application/octet-stream", /* the value in Drogue's own example */
    "schema",
    "/a/b",
    "//host/path",
    "?x:y",
    "#x:y",
    ":a",
    "1x:a",
    "+x:a",
    "x_y:a",
    "x%41:a",
    "a/b:c",
    "x:a b",
    "x:a\tb",
    "x:\x7F",
    "x:\xC3\xA4",
    "x:%",
    "x:%4",
    "x:%4g",
    "x:%g4",
    "x:a\"b",
    "x:<a>",
    "x:a\\b",
    "C:\\file",
    "x:a^b",
    "x:{a}",
    "x:a|b",
    "x:a`b",
    "x:a#b#c",
    "x:a[b",
    "x:?a[b",
    "http://h:8x/",
    "http://a@b@c/",
    "http://[::1",
    "http://[]/",
    "http://[::1]x/",
    "http://[::g]/",
    "http://[1.2.3.4]/",
    "http://[v.a]/",
    "http://[v1.]/",
    "http://[vg.a]/",
    "http://[::1%25eth0]/",
    "http://::1/",
    "http://h[/",
};

static void knows_absolute_uris(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(absolute); i++) {
        if (!uri_is_absolute(str_from(absolute[i])))
            fail_msg("refused: %s", absolute[i]);
    }
}

static void refuses_relative_and_malformed_ones(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(other); i++) {
        if (uri_is_absolute(str_from(other[i])))
            fail_msg("accepted: %s", other[i]);
    }
    assert_false(uri_is_absolute((struct str){"x:a\0", 4}));
    assert_false(uri_is_absolute((struct str){"http://[::1\0]/", 14}));
    assert_false(uri_is_absolute((struct str){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_absolute_uris),
        cmocka_unit_test(refuses_relative_and_malformed_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
