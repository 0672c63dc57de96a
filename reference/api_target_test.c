#include "reference/api_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static enum api_target_err parse(const char *text, struct api_target *out)
{
    static char space[1024];

    assert_true(strlen(text) <= sizeof space);
    return api_target_parse(str_from(text), space, out);
}

/* The segments joined by `|`, then for each parameter `?name=value`. */
static void show(const struct api_target *t, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < t->segment_count; i++) {
        buf_add_str(out, i == 0 ? STR("") : STR("|"));
        buf_add_str(out, t->segment[i]);
    }
    for (size_t i = 0; i < t->param_count; i++) {
        buf_add_char(out, '?');
        buf_add_str(out, t->param[i].name);
        buf_add_char(out, '=');
        buf_add_str(out, t->param[i].value);
    }
    buf_add_char(out, '\0');
}

static const struct good_case {
    const char *text;
    const char *shown;
} good[] = {
    {"/",                                  ""                                                 },
    {"/?",                                 ""                                                 },
    {"/a",                                 "a"                                                },
    {"/a/",                                "a|"                                               },
    {"//a",                                "|a"                                               },
    {"/a/b%2Fc",                           "a|b/c"                                            },
    {"/%25%3f%23",                         "%?#"                                              },
    {"/a+b",                               "a+b"                                              },
    {"/../.",                              "..|."                                             },
    {"/%C3%A4",                            "\xC3\xA4"                                         },
    {"/\xC3\xA4",                          "\xC3\xA4"                                         },
    {"/a?b",                               "a?b="                                             },
    {"/a?b=c+d%2B&e=%26f=g",               "a?b=c d+?e=&f=g"                                  },
    {"/a?&&b=1&",                          "a?b=1"                                            },
    {"/a?=x",                              "a?=x"                                             },
    {"/a?b?/c",                            "a?b?/c="                                          },
    {"/1/2/3/4/5/6/7/8",                   "1|2|3|4|5|6|7|8"                                  },
    {"http://host:80/a?b",                 "a?b="                                             },
    {"HTTP://h/",                          ""                                                 },
    {"/a?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g", "a?1=?2=?3=?4=?5=?6=?7=?8=?9=?a=?b=?c=?d=?e=?f=?g="},
};

static void splits_and_decodes(void **state)
{
    UNUSED(state);
    struct buf shown = buf_growing();

    for (size_t i = 0; i < COUNT(good); i++) {
        struct api_target t;

        if (parse(good[i].text, &t) != API_TARGET_OK)
            fail_msg("refused: %s", good[i].text);
        show(&t, &shown);
        assert_string_equal(shown.ptr, good[i].shown);
    }
    buf_fini(&shown);
}

static const struct bad_case {
    const char *text;
    enum api_target_err err;
} bad[] = {
    {"",                                    API_TARGET_FORM    },
    {"*",                                   API_TARGET_FORM    },
    {"a",                                   API_TARGET_FORM    },
    {"?a",                                  API_TARGET_FORM    },
    {"/a#b",                                API_TARGET_FORM    },
    {"host:80",                             API_TARGET_FORM    },
    {"https://host/",                       API_TARGET_FORM    },
    {"http://",                             API_TARGET_FORM    },
    {"http:///a",                           API_TARGET_FORM    },
    {"http://host",                         API_TARGET_FORM    },
    {"http://host?a/b",                     API_TARGET_FORM    },
    {"/a b",                                API_TARGET_FORM    },
    {"/a\tb",                               API_TARGET_FORM    },
    {"/a\x01",                              API_TARGET_FORM    },
    {"/a?b=\x7F",                           API_TARGET_FORM    },
    {"/%",                                  API_TARGET_ESCAPE  },
    {"/%4",                                 API_TARGET_ESCAPE  },
    {"/%4g",                                API_TARGET_ESCAPE  },
    {"/%g4",                                API_TARGET_ESCAPE  },
    {"/a%/b",                               API_TARGET_ESCAPE  },
    {"/a?b=%",                              API_TARGET_ESCAPE  },
    {"/a?%zz=b",                            API_TARGET_ESCAPE  },
    {"/%00",                                API_TARGET_UTF8    },
    {"/a?b=%00",                            API_TARGET_UTF8    },
    {"/%FF",                                API_TARGET_UTF8    },
    {"/%C3/%A4",                            API_TARGET_UTF8    }, /* a character does not span a `/` */
    {"/%C0%AF",                             API_TARGET_UTF8    }, /* overlong */
    {"/a?b=%ED%A0%80",                      API_TARGET_UTF8    },
    {"/1/2/3/4/5/6/7/8/9",                  API_TARGET_SEGMENTS},
    {"/?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g&h", API_TARGET_PARAMS  },
};

static void refuses_what_it_would_have_to_guess(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct api_target t;
        enum api_target_err err = parse(bad[i].text, &t);

        if (err != bad[i].err)
            fail_msg("%s: %d", bad[i].text, (int)err);
        assert_true(strlen(api_target_err_text(err)) > 0);
    }
}

static void keeps_the_authority_of_the_absolute_form(void **state)
{
    UNUSED(state);
    struct api_target t;

    assert_int_equal(parse("http://localhost:8080/a", &t), API_TARGET_OK);
    assert_true(str_equal(t.authority, STR("localhost:8080")));
    assert_int_equal(parse("/a", &t), API_TARGET_OK);
    assert_int_equal(t.authority.len, 0);
}

static void counts_a_parameter(void **state)
{
    UNUSED(state);
    struct api_target t;
    struct str value;

    assert_int_equal(parse("/a?x=1&y=2&x=3&X=4", &t), API_TARGET_OK);
    assert_int_equal(api_target_param(&t, "x", &value), 2);
    assert_true(str_equal(value, STR("1")));
    assert_int_equal(api_target_param(&t, "X", &value), 1);
    assert_int_equal(api_target_param(&t, "z", &value), 0);
    assert_int_equal(value.len, 0);
}

static void encodes_all_but_unreserved(void **state)
{
    UNUSED(state);
    struct buf out = buf_growing();

    api_percent_encode(&out, STR("aZ09-._~ /%+\xC3\xA4\x01"));
    assert_true(str_equal(buf_str(&out), STR("aZ09-._~%20%2F%25%2B%C3%A4%01")));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_and_decodes),
        cmocka_unit_test(refuses_what_it_would_have_to_guess),
        cmocka_unit_test(keeps_the_authority_of_the_absolute_form),
        cmocka_unit_test(counts_a_parameter),
        cmocka_unit_test(encodes_all_but_unreserved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
