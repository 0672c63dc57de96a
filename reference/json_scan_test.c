#include "reference/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* An exact copy on the heap, so that a read beyond the end is seen by ASan and valgrind. */
static bool valid(struct str text)
{
    char *copy = xmalloc(text.len + 1);

    memcpy(copy, text.ptr, text.len);
    copy = xrealloc(copy, text.len == 0 ? 1 : text.len);
    bool result = json_scan_valid((struct str){copy, text.len});

    free(copy);
    return result;
}

/* STR is no constant expression for an array */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* clang-format off */
static const struct str good[] = {
    TEXT("0"), TEXT("-0"), TEXT("42"), TEXT("1.5"), TEXT("-0.0"), TEXT("1e9"), TEXT("1E+9"), TEXT("1e-9"),
    TEXT("0e0"), TEXT("1.0e00"), TEXT("1e999"), TEXT("-123456789012345678901234567890"),
    TEXT("0.1234567890123456789012345678901234567890"),
    TEXT("true"), TEXT("false"), TEXT("null"), TEXT("\"\""), TEXT("\"x\""), TEXT("\"\\u0000\""),
    TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), TEXT("\"\\uD83D\\ude00\""),
    TEXT("\"\\ud800\""), TEXT("\"\\udc00 alone\""), /* lone surrogates: RFC 8259 8.2, grammar allows */
    TEXT("\"\x7F\""), TEXT("\"\xC3\xA4\""), TEXT("\"\xEF\xBF\xBF\""), TEXT("\"\xF4\x8F\xBF\xBF\""),
    TEXT("\"\xE2\x80\xA8\""), TEXT("\"a string that is longer than a word\""),
    TEXT("\"12345678\""), TEXT("\"1234567\xC3\xA4\""),
    TEXT("[]"), TEXT("[ ]"), TEXT("{}"), TEXT("{\n}"), TEXT("[1]"), TEXT("[1,2]"), TEXT("[[],[[]],{}]"),
    TEXT("{\"a\":1}"), TEXT("{\"a\":1,\"a\":2}"), TEXT("{\"\":{}}"), TEXT("{\"a\":[{\"b\":null}]}"),
    TEXT(" \t\r\n1 \t\r\n"), TEXT("[ 1 , 2 ]"), TEXT("{ \"a\" : 1 , \"b\" : 2 }"),
    TEXT("[{\"a\":[]},{\"b\":{}}]"), TEXT("[-1,0,1.25,true,false,null,\"\"]"),
};

static const struct str bad[] = {
    TEXT(""), TEXT(" "), TEXT("\xEF\xBB\xBF" "1"), TEXT("1 2"), TEXT("1,"), TEXT(",1"), TEXT("nul"), TEXT("nulL"),
    TEXT("True"), TEXT("truex"), TEXT("NaN"), TEXT("Infinity"), TEXT("-Infinity"), TEXT("-"), TEXT("+1"),
    TEXT("01"), TEXT("-01"), TEXT("00"), TEXT("1."), TEXT(".5"), TEXT("1.e1"), TEXT("1e"), TEXT("1e+"),
    TEXT("1e+-1"), TEXT("1e1.5"), TEXT("0x10"), TEXT("1_000"), TEXT("1a"), TEXT("- 1"), TEXT("1 .5"),
    TEXT("\""), TEXT("\"a"), TEXT("'a'"), TEXT("\"\\\""), TEXT("\"\\x41\""), TEXT("\"\\u12\""),
    TEXT("\"\\u12G4\""), TEXT("\"\\u\""), TEXT("\"\\U0041\""), TEXT("\"\\a\""), TEXT("\"\\\0\""),
    TEXT("\"\n\""), TEXT("\"\t\""), TEXT("\"\0\""), TEXT("\"\x1F\""), TEXT("\"1234567\x1F\""),
    TEXT("\"\x80\""), TEXT("\"\xC0\x80\""), TEXT("\"\xC3\""), TEXT("\"\xED\xA0\x80\""),
    TEXT("\"\xF4\x90\x80\x80\""), TEXT("\"\xFF\""), TEXT("\"12345678\xFF\""),
    TEXT("["), TEXT("]"), TEXT("[1"), TEXT("[1,"), TEXT("[1,]"), TEXT("[,1]"), TEXT("[1,,2]"), TEXT("[1 2]"),
    TEXT("[1}"), TEXT("[[]"), TEXT("[]]"), TEXT("[1:2]"), TEXT("[\"a\":1]"), TEXT("(1)"),
    TEXT("{"), TEXT("}"), TEXT("{1}"), TEXT("{\"a\"}"), TEXT("{\"a\":}"), TEXT("{\"a\":1"), TEXT("{\"a\":1,"),
    TEXT("{\"a\":1,}"), TEXT("{,\"a\":1}"), TEXT("{\"a\" 1}"), TEXT("{a:1}"), TEXT("{1:1}"),
    TEXT("{\"a\":1]"), TEXT("{\"a\",1}"), TEXT("{\"a\":1 \"b\":2}"), TEXT("{\"a\"::1}"), TEXT("{null:1}"),
    TEXT("{\"a\":1}}"), TEXT("{}{}"), TEXT("/* */1"), TEXT("1//"), TEXT("\v1"), TEXT("\f1"), TEXT("\xC2\xA0" "1"),
    TEXT("1\0"), TEXT("\0"), TEXT("[1\0]"), TEXT("t"), TEXT("\\u0031"),
};
/* clang-format on */

static void accepts_all_that_the_grammar_allows(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!valid(good[i]))
            fail_msg("refused: %.*s", (int)good[i].len, good[i].ptr);
    }
}

static void refuses_all_that_it_does_not(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (valid(bad[i]))
            fail_msg("accepted case %zu: %.*s", i, (int)bad[i].len, bad[i].ptr);
    }
}

/* No prefix of a container or a string is JSON. */
static void refuses_every_torn_text(void **state)
{
    const struct str text =
        STR("{\"a\":[1.5e3,\"\\u00e4\xC3\xA4 and more text\",true,null,{}],\"b\":{\"c\":[]}}");

    UNUSED(state);
    assert_true(valid(text));
    for (size_t len = 0; len < text.len; len++)
        assert_false(valid((struct str){text.ptr, len}));
}

static void finds_a_bad_byte_at_every_offset_of_a_string(void **state)
{
    UNUSED(state);
    for (size_t len = 1; len < 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char text[64];

            memset(text, 'x', sizeof text);
            text[0] = text[len + 1] = '"';
            assert_true(valid((struct str){text, len + 2}));
            text[at + 1] = 0x1f;
            assert_false(valid((struct str){text, len + 2}));
            text[at + 1] = (char)0xff;
            assert_false(valid((struct str){text, len + 2}));
            text[at + 1] = '"';
            assert_false(valid((struct str){text, len + 2}));
        }
    }
}

static void nests_to_the_limit_and_no_deeper(void **state)
{
    UNUSED(state);
    for (int object = 0; object < 2; object++) {
        const char *open = object ? "{\"\":" : "[";
        size_t unit = strlen(open);

        for (size_t depth = JSON_SCAN_MAX_DEPTH - 1; depth <= JSON_SCAN_MAX_DEPTH + 1; depth++) {
            char text[JSON_SCAN_MAX_DEPTH * 8];
            size_t len = 0;

            for (size_t i = 0; i < depth; i++, len += unit)
                memcpy(text + len, open, unit);
            text[len++] = '1';
            for (size_t i = 0; i < depth; i++)
                text[len++] = object ? '}' : ']';
            assert_int_equal(valid((struct str){text, len}), depth <= JSON_SCAN_MAX_DEPTH);
        }
    }
}

/* The kind of each level is kept apart from its neighbours'. */
static void closes_each_bracket_by_its_own_kind(void **state)
{
    UNUSED(state);
    for (unsigned kinds = 0; kinds < 1024; kinds++) {
        char text[128];
        size_t len = 0;

        for (unsigned i = 0; i < 10; i++) {
            const char *open = kinds >> i & 1 ? "{\"\":" : "[";

            memcpy(text + len, open, strlen(open));
            len += strlen(open);
        }
        text[len++] = '0';
        size_t first_close = len;

        for (unsigned i = 10; i-- > 0;)
            text[len++] = kinds >> i & 1 ? '}' : ']';
        assert_true(valid((struct str){text, len}));
        size_t wrong = first_close + kinds % 10;

        text[wrong] = text[wrong] == '}' ? ']' : '}';
        assert_false(valid((struct str){text, len}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_all_that_the_grammar_allows),
        cmocka_unit_test(refuses_all_that_it_does_not),
        cmocka_unit_test(refuses_every_torn_text),
        cmocka_unit_test(finds_a_bad_byte_at_every_offset_of_a_string),
        cmocka_unit_test(nests_to_the_limit_and_no_deeper),
        cmocka_unit_test(closes_each_bracket_by_its_own_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
