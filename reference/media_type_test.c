#include "reference/media_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static void tells_what_is_a_media_type(void **state)
{
    static const struct {
        struct str type;
        bool is;
    } types[] = {
        {BYTES("a/b"),                       true },
        {BYTES("application/vnd.x-y+json"),  true },
        {BYTES("text/plain; charset=utf-8"), true },
        {BYTES("text/plain;a=b"),            true },
        {BYTES("text/plain ; a=b"),          true },
        {BYTES("text/plain a;b"),            false},
        {BYTES("text/plain "),               false},
        {BYTES(""),                          false},
        {BYTES("text"),                      false},
        {BYTES("text/"),                     false},
        {BYTES("/plain"),                    false},
        {BYTES("text/;a=b"),                 false},
        {BYTES("a/b/c"),                     false},
        {BYTES("a b/c"),                     false},
        {BYTES("a/b\n"),                     false},
        {BYTES("a/b;\n"),                    false},
        {BYTES("a/b;\x7f"),                  false},
        {BYTES("a/\0"),                      false},
        {BYTES("a/b\0"),                     false},
        {BYTES("a/b;\xc3\xa4"),              false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(types); i++)
        if (media_type_valid(types[i].type) != types[i].is)
            fail_msg("'%s'", types[i].type.ptr);
}

static void tells_json_and_text(void **state)
{
    static const struct {
        struct str type;
        bool json;
        bool text;
    } types[] = {
        {BYTES("application/json"),        true,  false},
        {BYTES("APPLICATION/json ; x=1"),  true,  false},
        {BYTES("text/json"),               true,  true },
        {BYTES("Text/JSON;charset=utf-8"), true,  true },
        {BYTES("application/senml+json"),  true,  false},
        {BYTES("image/x+JSON; a"),         true,  false},
        {BYTES("application/json-seq"),    false, false},
        {BYTES("application/x; y=+json"),  false, false},
        {BYTES("application/xjson"),       false, false},
        {BYTES("image/json"),              false, false},
        {BYTES("text/plain"),              false, true },
        {BYTES("text"),                    false, false},
        {BYTES("json"),                    false, false},
        {BYTES(""),                        false, false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(types); i++)
        if (media_type_is_json(types[i].type) != types[i].json ||
            media_type_is_text(types[i].type) != types[i].text)
            fail_msg("'%s'", types[i].type.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_is_a_media_type),
        cmocka_unit_test(tells_json_and_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
