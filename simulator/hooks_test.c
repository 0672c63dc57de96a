#include "simulator/hooks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "simulator/hooks_table.h"

#define HEAD "return { summary = 's', classes = { a = { content = 'octets' } },\n"

struct world {
    struct profile profile;
    struct hooks *hooks;
};

static void open_world(struct world *w, const char *text, uint64_t seed)
{
    char why[HOOKS_WHY_LEN] = "";

    if (!profile_read(&w->profile, str_from(text), "t.lua", why))
        fail_msg("%s", why);
    assert_true(w->profile.has_hooks);
    w->hooks = hooks_new(
        &(struct hooks_options){.profile = &w->profile, .seed = seed, .device_count = 100}, why);
    if (w->hooks == NULL)
        fail_msg("%s", why);
}

static void close_world(struct world *w)
{
    hooks_free(&w->hooks);
    profile_fini(&w->profile);
}

static struct hooks_publish publish_of(struct world *w, uint32_t device, uint32_t sequence)
{
    struct hooks_publish p = {
        .sequence = sequence, .at_us = 2500000, .ct_s = 7, .payload_len = 128, .delay_us = 0};

    hooks_on_publish(w->hooks, device, &p);
    return p;
}

static void changes_what_a_publish_says(void **state)
{
    struct world w;

    UNUSED(state);
    open_world(&w,
               HEAD
               "on_publish = function(device, publish)\n"
               " if publish.sequence == 1 then return nil end\n"
               " if publish.sequence == 2 then return { ct = publish.ct + 1, delay = 2.5 } end\n"
               " if publish.sequence == 3 then return { length = 2 * publish.length } end\n"
               " return { payload = device.name .. ' ' .. publish.at, length = 100 } end }",
               1);
    struct hooks_publish p = publish_of(&w, 3, 1);

    assert_int_equal(p.ct_s, 7);
    assert_int_equal(p.payload_len, 128);
    assert_int_equal(p.delay_us, 0);
    p = publish_of(&w, 3, 2);
    assert_int_equal(p.ct_s, 8);
    assert_int_equal(p.delay_us, 2500000);
    p = publish_of(&w, 3, 3);
    assert_int_equal(p.payload_len, 256);
    assert_int_equal(hooks_payload(w.hooks, 3).len, 0);
    p = publish_of(&w, 3, 4);
    assert_int_equal(p.payload_len, 97 + 15);
    assert_true(str_equal(hooks_payload(w.hooks, 3), STR("d0000000003 2.5")));
    assert_int_equal(hooks_payload(w.hooks, 4).len, 0);
    (void)publish_of(&w, 3, 1);
    assert_int_equal(hooks_payload(w.hooks, 3).len, 0);
    assert_int_equal(hooks_error_count(w.hooks), 0);
    assert_null(hooks_error(w.hooks));
    close_world(&w);
}

static void keeps_what_each_device_is_told(void **state)
{
    static const struct hooks_event answered = {
        .sequence = 1, .at_us = 3000000, .code = 0x44, .latency_us = 20000};
    static const struct hooks_event commanded = {
        .sequence = 1, .at_us = 3000000, .payload = {"on", 2}
    };
    struct world w;

    UNUSED(state);
    open_world(&w,
               HEAD "on_start = function(device) device.ct = 10 end,\n"
                    "on_response = function(device, response)\n"
                    " assert(response.code == '2.04' and response.latency == 0.02)\n"
                    " device.ct = device.ct + response.sequence end,\n"
                    "on_command = function(device, command)\n"
                    " if command.payload == 'on' then device.ct = device.ct + 100 end end,\n"
                    "on_timeout = function(device) device.ct = 0 end,\n"
                    "on_publish = function(device) return { ct = device.ct } end }",
               1);
    for (uint32_t d = 0; d < 3; d++)
        hooks_on_start(w.hooks, d);
    hooks_on_response(w.hooks, 1, &answered);
    hooks_on_command(w.hooks, 1, &commanded);
    hooks_on_timeout(w.hooks, 2, &answered);
    assert_int_equal(publish_of(&w, 0, 1).ct_s, 10);
    assert_int_equal(publish_of(&w, 1, 1).ct_s, 111);
    assert_int_equal(publish_of(&w, 2, 1).ct_s, 0);
    assert_null(hooks_error(w.hooks));
    close_world(&w);
}

/* The same from another seed, order, or number of devices. */
static void gives_each_device_chance_of_its_own(void **state)
{
    static const char text[] =
        HEAD "on_publish = function(device)\n"
             " local part = device:random()\n"
             " assert(part >= 0 and part < 1)\n"
             " return { ct = device:random(10, 60000), length = 100 + device:random(1000) } end }";
    struct hooks_publish first[20][3];
    struct world w;
    size_t differ = 0;
    size_t equal = 0;

    UNUSED(state);
    open_world(&w, text, 5);
    for (uint32_t n = 0; n < 3; n++)
        for (uint32_t d = 0; d < 20; d++)
            first[d][n] = publish_of(&w, d, n + 1);
    close_world(&w);
    for (uint32_t d = 0; d < 20; d++) {
        assert_int_not_equal(first[d][0].ct_s, first[d][1].ct_s);
        assert_int_not_equal(first[d][0].ct_s, first[(d + 1) % 20][0].ct_s);
    }
    for (uint64_t seed = 5; seed < 7; seed++) {
        open_world(&w, text, seed);
        for (uint32_t d = 20; d-- > 10;) {
            for (uint32_t n = 0; n < 3; n++) {
                struct hooks_publish p = publish_of(&w, d, n + 1);
                bool same = p.ct_s == first[d][n].ct_s && p.payload_len == first[d][n].payload_len;

                equal += seed == 5 && same;
                differ += seed == 6 && !same;
                assert_in_range(p.ct_s, 10, 60000);
                assert_in_range(p.payload_len, 101, 1100);
            }
        }
        assert_null(hooks_error(w.hooks));
        close_world(&w);
    }
    assert_int_equal(equal, 30);
    assert_int_equal(differ, 30);
}

static const struct {
    const char *text;
    const char *error;
} mistakes[] = {
    {HEAD "on_publish = function()\n return x.y end }",
     "t.lua:3: attempt to index a nil value (global 'x')"                                                                                                                  },
    {HEAD "on_publish = function() return 7 end }",
     "t.lua:2: on_publish returned something that is no table"                                                                                                             },
    {HEAD "\non_publish = function() return { cd = 7 } end }",
     "t.lua:3: on_publish returned an unknown field \"cd\", did you mean \"ct\"?"                                                                                          },
    {HEAD "on_publish = function() return { 7 } end }",
     "t.lua:2: on_publish returned an unknown field \"?\""                                                                                                                 },
    {HEAD "on_publish = function() return { ct = 70000 } end }",
     "t.lua:2: on_publish returned ct: expected a number from 0.0 to 65535.0"                                                                                              },
    {HEAD "on_publish = function() return { delay = 'x' } end }",
     "t.lua:2: on_publish returned delay: expected a number from 0.0 to 10000000.0"                                                                                        },
    {HEAD "on_publish = function() return { payload = 7 } end }",
     "t.lua:2: on_publish returned payload: expected a text of 1 MiB at most"                                                                                              },
    {"return { summary = 's', classes = { a = {} }, on_publish = function() "
     "return { payload = 'x' } end }",                                      "t.lua:1: on_publish returned payload: the class of the device needs content = \"octets\""},
    {HEAD "on_publish = function(device) device:random(3, 1) end }",
     "t.lua:2: random: there is no number from 3 to 1"                                                                                                                     },
    {HEAD "on_publish = function()\n while true do end end }",
     "t.lua:3: the script ran too many instructions; does it loop for ever?"                                                                                               },
    {HEAD "on_publish = function() return { ct = 'a' .. ('x'):rep(1e9) } end }",
     "not enough memory"                                                                                                                                                   },
};

static void counts_errors_and_says_where_the_first_one_is(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct world w;

        open_world(&w, mistakes[i].text, 1);
        for (uint32_t n = 1; n <= 3; n++) {
            struct hooks_publish p = publish_of(&w, n, n);

            assert_int_equal(p.ct_s, 7);
            assert_int_equal(p.payload_len, 128);
        }
        assert_int_equal(hooks_error_count(w.hooks), 3);
        assert_string_equal(hooks_error(w.hooks), mistakes[i].error);
        close_world(&w);
    }
}

static void keeps_the_first_error(void **state)
{
    struct world w;

    UNUSED(state);
    open_world(&w, HEAD "on_publish = function(_, publish) error(publish.sequence .. '') end }", 1);
    (void)publish_of(&w, 1, 1);
    (void)publish_of(&w, 1, 2);
    assert_string_equal(hooks_error(w.hooks), "t.lua:2: 1");
    close_world(&w);
}

static void reports_errors_that_are_no_text(void **state)
{
    struct world w;

    UNUSED(state);
    open_world(&w, HEAD "on_publish = function() error({}) end }", 1);
    (void)publish_of(&w, 1, 1);
    assert_memory_equal(hooks_error(w.hooks), "table: ", 7);
    close_world(&w);
}

/* Each row of hooks_table.h is seen by a script. */
static void shows_all_that_is_documented(void **state)
{
#define DEVICE(name, text) " assert(device." name " ~= nil, '" name "')\n"
#define SEEN(hook, name, text) {#hook, name},
    static const struct {
        const char *hook;
        const char *name;
    } rows[] = {HOOK_ARGUMENT_FIELDS(SEEN)};
    static const char *const hooks[] = {"PUBLISH", "RESPONSE", "COMMAND", "TIMEOUT"};
    static const char *const functions[] = {"on_publish", "on_response", "on_command",
                                            "on_timeout"};
    static const struct hooks_event event = {
        .sequence = 1, .code = 0x44, .payload = {"x", 1}
    };
    char text[4096];
    size_t len = 0;
    struct world w;

    UNUSED(state);
    len += (size_t)snprintf(text, sizeof text, "%s",
                            HEAD "on_start = function(device)\n" HOOK_DEVICE_FIELDS(DEVICE) " end");
    for (size_t h = 0; h < COUNT(hooks); h++) {
        len += (size_t)snprintf(text + len, sizeof text - len,
                                ",\n%s = function(_, it)\n local left = 0\n for _ in pairs(it) do "
                                "left = left + 1 end\n",
                                functions[h]);
        for (size_t i = 0; i < COUNT(rows); i++)
            if (strcmp(rows[i].hook, hooks[h]) == 0)
                len += (size_t)snprintf(text + len, sizeof text - len,
                                        " assert(it.%s ~= nil, '%s') left = left - 1\n",
                                        rows[i].name, rows[i].name);
        len += (size_t)snprintf(text + len, sizeof text - len, " assert(left == 0) end");
    }
    (void)snprintf(text + len, sizeof text - len, " }");
    open_world(&w, text, 1);
    hooks_on_start(w.hooks, 1);
    (void)publish_of(&w, 1, 1);
    hooks_on_response(w.hooks, 1, &event);
    hooks_on_command(w.hooks, 1, &event);
    hooks_on_timeout(w.hooks, 1, &event);
    if (hooks_error(w.hooks) != NULL)
        fail_msg("%s", hooks_error(w.hooks));
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_what_a_publish_says),
        cmocka_unit_test(keeps_what_each_device_is_told),
        cmocka_unit_test(gives_each_device_chance_of_its_own),
        cmocka_unit_test(counts_errors_and_says_where_the_first_one_is),
        cmocka_unit_test(keeps_the_first_error),
        cmocka_unit_test(reports_errors_that_are_no_text),
        cmocka_unit_test(shows_all_that_is_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
