#include "lib/target_value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <lauxlib.h>

#include "lib/sandbox.h"

struct values {
    double number;
    double range[2];
    int64_t count;
    int choice;
};

/* Reads a Lua expression as a field; false: it was refused, and *v is as it was. */
static bool read_as(const char *lua, const struct target_field *f, struct values *v)
{
    char why[SANDBOX_WHY_LEN];
    lua_State *L = sandbox_new(1 << 20, NULL);
    bool ok;

    if (!sandbox_run_text(L, str_from(lua), "t.lua", why))
        fail_msg("%s", why);
    ok = target_value_read(L, f, (char *)v + f->offset);
    assert_int_equal(lua_gettop(L), 1);
    sandbox_free(L);
    return ok;
}

static const struct target_field number = {
    .type = TARGET_NUMBER, .offset = offsetof(struct values, number), .least = 0, .most = 1};
static const struct target_field seconds = {
    .type = TARGET_SECONDS, .offset = offsetof(struct values, number), .least = 0.5, .most = 3600};
static const struct target_field range = {
    .type = TARGET_RANGE, .offset = offsetof(struct values, range), .least = 0, .most = 100};
static const struct target_field whole = {
    .type = TARGET_COUNT, .offset = offsetof(struct values, count), .least = 1, .most = 4294967295};
static const struct target_field duration = {
    .type = TARGET_TIME, .offset = offsetof(struct values, count), .least = 0, .most = 10};
static const struct target_field choice = {
    .type = TARGET_CHOICE, .offset = offsetof(struct values, choice), .choices = "one|two"};

static void takes_what_lies_within_the_bounds(void **state)
{
    struct values v;

    UNUSED(state);
    assert_true(read_as("return 0.25", &number, &v) && v.number == 0.25);
    assert_true(read_as("return 1", &number, &v) && v.number == 1);
    assert_true(read_as("return '1.5 min'", &seconds, &v) && v.number == 90);
    assert_true(read_as("return { 5, 30.5 }", &range, &v) && v.range[0] == 5 && v.range[1] == 30.5);
    assert_true(read_as("return 7", &range, &v) && v.range[0] == 7 && v.range[1] == 7);
    assert_true(read_as("return 4294967295", &whole, &v) && v.count == 4294967295);
    assert_true(read_as("return 2.0", &whole, &v) && v.count == 2);
    assert_true(read_as("return '250ms'", &duration, &v) && v.count == 250000);
    assert_true(read_as("return 'two'", &choice, &v) && v.choice == 1);
}

static const struct {
    const char *lua;
    const struct target_field *field;
    const char *expected;
} refused[] = {
    {"return 1.01",        &number,   "a number, from 0 to 1"                                         },
    {"return -0.1",        &number,   "a number, from 0 to 1"                                         },
    {"return 0/0",         &number,   "a number, from 0 to 1"                                         },
    {"return '0.5'",       &number,   "a number, from 0 to 1"                                         },
    {"return '0.4 s'",     &seconds,  "a time (\"250 ms\", \"2 s\", \"10 min\"), from 0.5 s to 3600 s"},
    {"return 30",          &seconds,  "a time (\"250 ms\", \"2 s\", \"10 min\"), from 0.5 s to 3600 s"},
    {"return '11 s'",      &duration, "a time (\"250 ms\", \"2 s\", \"10 min\"), from 0 s to 10 s"    },
    {"return {30, 5}",     &range,    "a number or {least, most}, from 0 to 100"                      },
    {"return {5}",         &range,    "a number or {least, most}, from 0 to 100"                      },
    {"return {5, 30, 50}", &range,    "a number or {least, most}, from 0 to 100"                      },
    {"return {5, 'x'}",    &range,    "a number or {least, most}, from 0 to 100"                      },
    {"return {5, 101}",    &range,    "a number or {least, most}, from 0 to 100"                      },
    {"return 2.5",         &whole,    "a whole number, from 1 to 4294967295"                          },
    {"return 0",           &whole,    "a whole number, from 1 to 4294967295"                          },
    {"return 1e300",       &whole,    "a whole number, from 1 to 4294967295"                          },
    {"return 'three'",     &choice,   "one of one|two"                                                },
    {"return 1",           &choice,   "one of one|two"                                                },
    {"return nil",         &choice,   "one of one|two"                                                },
};

static void refuses_what_does_not_and_says_what_was_expected(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct values v = {
            .number = 77, .range = {77, 77},
                 .count = 77, .choice = 77
        };
        char expected[160];

        if (read_as(refused[i].lua, refused[i].field, &v))
            fail_msg("%s was taken", refused[i].lua);
        assert_true(v.number == 77 && v.range[0] == 77 && v.range[1] == 77);
        assert_true(v.count == 77 && v.choice == 77);
        target_value_expected(refused[i].field, expected, sizeof expected);
        assert_string_equal(expected, refused[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_lies_within_the_bounds),
        cmocka_unit_test(refuses_what_does_not_and_says_what_was_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
