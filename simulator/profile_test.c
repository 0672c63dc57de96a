#include "simulator/profile.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simulator/slo.h"

_Static_assert((int)SLO_WHY_LEN <= (int)PROFILE_WHY_LEN, "one buffer is for both");

static void read_good(struct profile *p, const char *text)
{
    char why[PROFILE_WHY_LEN] = "";

    if (!profile_read(p, str_from(text), "swarm/t.lua", why))
        fail_msg("refused: %s", why);
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-9))
        fail_msg("%g instead of %g", value, expected);
}

static void reads_a_whole_file(void **state)
{
    struct profile p;

    UNUSED(state);
    read_good(
        &p,
        "local ct = { 5, 30 }\n"
        "return { summary = 'All of it', devices = 7, window = 3, connect = '2 s',\n"
        " arrival = 'jitter', jitter = 0.25, period = '1.5 s', slo = 'publish.p99 < 1s',\n"
        " classes = {\n"
        "  zeta = { weight = 3, credential = 'psk', non = true, channel = 'a', ct = ct,\n"
        "   ct_part = 0.5, payload = { 100, 2000 }, content = 'octets', gateway = true,\n"
        "   block = 512, download = 5000, resume = 0.1, rebind = 0.2, abandon = 0.3,\n"
        "   reconnect = 0.4, slow = '20 ms', think = '3 s' },\n"
        "  alpha = {} },\n"
        " commands = { rate = 12, payload = 200 },\n"
        " impairment = { out = { loss = 0.1, burst_loss = 0.01, duplicate = 0.2 },\n"
        "  back = { reorder = 0.3, corrupt = 0.4, delay = { '1 ms', '20 ms' }, burst_len = 9 } },\n"
        " on_publish = function() end }\n");
    assert_string_equal(p.name, "t");
    assert_string_equal(p.summary, "All of it");
    assert_string_equal(p.slo, "publish.p99 < 1s");
    assert_int_equal(p.devices, 7);
    assert_int_equal(p.window, 3);
    assert_int_equal(p.connect_us, 2000000);
    assert_int_equal(p.arrival, ARRIVAL_JITTER);
    assert_near(p.jitter_part, 0.25);
    assert_near(p.period_s, 1.5);
    assert_int_equal(p.class_count, 2);
    assert_string_equal(p.classes[0].name, "alpha");
    assert_int_equal(p.classes[0].credential, PROFILE_BASIC);
    assert_int_equal(p.classes[0].content_format, 50);
    assert_string_equal(p.classes[0].channel, "state");
    assert_near(p.classes[0].ct_part, 0);
    const struct profile_class *c = &p.classes[1];

    assert_string_equal(c->name, "zeta");
    assert_near(c->weight, 0.75);
    assert_int_equal(c->credential, PROFILE_PSK);
    assert_true(c->non && c->through_gateway);
    assert_near(c->ct_part, 0.5);
    assert_near(c->ct_s.max, 30);
    assert_near(c->payload_len.min, 100);
    assert_int_equal(c->content_format, 42);
    assert_int_equal(c->block_len, 512);
    assert_int_equal(c->download_len, 5000);
    assert_near(c->resume_part + c->rebind_part * 10 + c->abandon_part * 100, 32.1);
    assert_near(c->reconnect_part, 0.4);
    assert_int_equal(c->slow_us, 20000);
    assert_near(c->think_s, 3);
    assert_near(p.commands_per_s, 12);
    assert_near(p.command_len.max, 200);
    assert_near(p.out.loss + p.out.burst_loss, 0.11);
    assert_near(p.out.burst_len, 5);
    assert_near(p.in.burst_len, 9);
    assert_int_equal(p.in.delay_min_us, 1000);
    assert_int_equal(p.in.delay_max_us, 20000);
    assert_true(p.has_hooks);
    profile_fini(&p);
}

static void gives_stages_that_go_on_from_each_other(void **state)
{
    static const struct profile_stage expected[] = {
        {"ramp 1",  STAGE_RAMP,  10000000,   0,   1,   0  },
        {"calm",    STAGE_HOLD,  60000000,   1,   1,   0  },
        {"spike 3", STAGE_SPIKE, 5000000,    3,   3,   0  },
        {"hold 4",  STAGE_HOLD,  1000000,    1,   1,   0  },
        {"ramp 5",  STAGE_RAMP,  2000000,    1,   0.5, 0  },
        {"storm 6", STAGE_STORM, 3000000,    0.5, 0.5, 0.2},
        {"soak 7",  STAGE_SOAK,  7200000000, 2,   2,   0  },
    };
    struct profile p;

    UNUSED(state);
    read_good(&p, "return { summary = 's', classes = { a = {} }, stages = {\n"
                  " { ramp = '10 s' }, { hold = '1 min', name = 'calm' }, { spike = '5 s' },\n"
                  " { hold = '1 s' }, { ramp = '2 s', to = 0.5 }, { storm = '3 s', part = 0.2 },\n"
                  " { soak = '2 h', at = 2 } } }");
    assert_int_equal(p.stage_count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_string_equal(p.stages[i].name, expected[i].name);
        assert_int_equal(p.stages[i].kind, expected[i].kind);
        assert_int_equal(p.stages[i].duration_us, expected[i].duration_us);
        assert_near(p.stages[i].from, expected[i].from);
        assert_near(p.stages[i].to, expected[i].to);
        assert_near(p.stages[i].storm_part, expected[i].storm_part);
    }
    profile_fini(&p);
    read_good(&p, "return { summary = 's', classes = { a = {} } }");
    assert_int_equal(p.stage_count, 1);
    assert_int_equal(p.stages[0].kind, STAGE_HOLD);
    assert_true(isnan(p.period_s));
    profile_fini(&p);
}

static void stretches_stages_to_a_duration(void **state)
{
    struct profile p;

    UNUSED(state);
    read_good(&p, "return { summary = 's', classes = { a = {} }, stages = {\n"
                  " { ramp = '10 s' }, { hold = '1 min' }, { ramp = '20 s', to = 0 } } }");
    profile_stretch(&p, 9 * US_PER_S);
    assert_int_equal(p.stages[0].duration_us, 1000000);
    assert_int_equal(p.stages[1].duration_us, 6000000);
    assert_int_equal(p.stages[2].duration_us, 2000000);
    profile_fini(&p);
}

#define HEAD "return { summary = 's',\n classes = {\n  a = {},\n  b = {\n"
#define STAGES "return { summary = 's', classes = { a = {} }, stages = {\n { ramp = '1 s' }, -- }\n"

static const struct {
    const char *text;
    const char *why;
} mistakes[] = {
    {"",                                                                                         "t.lua:1: expected a table: the file must end with return { ... }\nt.lua:1: \"summary\" "
         "is missing\n"
         "t.lua:1: \"classes\" is missing, or empty"                                                                                                                                 },
    {"return { classes = { a = {} } }",                                                          "t.lua:1: \"summary\" is missing"                                                           },
    {HEAD "   wieght = 2 } } }",
     "t.lua:5: classes.b.wieght: unknown field, did you mean \"weight\"?"                                                                                                                    },
    {HEAD "\n   credential = 'token' } } }",
     "t.lua:6: classes.b.credential: expected one of basic|basic-dtls|psk|x509|wrong-password|"
     "wrong-psk|expired-x509|garbage|stall"                                                                                                                                                  },
    {HEAD "   payload = { 300, 100 } } } }",
     "t.lua:5: classes.b.payload: expected a number or {least, most}, from 97 to 1048576"                                                                                                    },
    {HEAD "   payload = 20 } } }",
     "t.lua:5: classes.b.payload: expected a number or {least, most}, from 97 to 1048576"                                                                                                    },
    {HEAD "   ct_part = 0.5 } } }",                                                              "t.lua:5: classes.b.ct_part: there is no ct to wait for"                                    },
    {HEAD "   block = 100 } } }",
     "t.lua:5: classes.b.block: expected 0, 16, 32, 64, 128, 256, 512 or 1024"                                                                                                               },
    {HEAD "   download = 10 } } }",
     "t.lua:5: classes.b.download: expected 0, or the 97 bytes of the marker, or more"                                                                                                       },
    {HEAD "   channel = 'a/b' } } }",
     "t.lua:5: classes.b.channel: expected one path segment, without /"                                                                                                                      },
    {"return { summary = 's', classes = { {} } }",
     "t.lua:1: classes: expected classes by name: { phone = { ... } }\n"
     "t.lua:1: \"classes\" is missing, or empty"                                                                                                                                             },
    {"return { summary = 's', classes = { a = { weight = 0 } } }",
     "t.lua:1: classes: the weights are all 0"                                                                                                                                               },
    {"return { summary = 's', classes = { a = {} },\n period = 60 }",
     "t.lua:2: period: expected a time (\"250 ms\", \"2 s\", \"10 min\"), "
     "from 0.001 s to 8640000 s"                                                                                                                                                             },
    {"return { summary = 's', classes = { a = {} },\n devices = 1.5 }",
     "t.lua:2: devices: expected a whole number, from 1 to 4294967295"                                                                                                                       },
    {"return { summary = 's', classes = { a = {} },\n on_publish = 3 }",
     "t.lua:2: on_publish: expected a function"                                                                                                                                              },
    {"return { summary = 's', classes = { a = {} },\n commands = { } }",
     "t.lua:2: commands: \"rate\" is missing"                                                                                                                                                },
    {"return { summary = 's', classes = { a = {} },\n impairment = { back = {\n loss = 2 } } }",
     "t.lua:3: impairment.back.loss: expected a number, from 0 to 1"                                                                                                                         },
    {"return { summary = 's', classes = { a = {} },\n impairment = { out = {\n"
     " delay = { '2 s', '1 s' } } } }",                                                     "t.lua:3: impairment.out.delay: expected a time (\"20 ms\") or {least, most}, up to an hour"},
    {STAGES " { hold = '1 s',\n ramp = '1 s' } } }",
     "t.lua:3: stages[2].hold: a stage is one of ramp, hold, spike, soak, storm"                                                                                                             },
    {STAGES " { name = '{',\n at = 1 } } }",
     "t.lua:3: stages[2]: expected one of ramp, hold, spike, soak, storm, and how long"                                                                                                      },
    {STAGES " { hold = '1 s' },\n { hold = '2 s',\n to = 3 } } }",
     "t.lua:5: stages[3].to: only a ramp has it: write `at`"                                                                                                                                 },
    {STAGES " { ramp = '1 s', at = 3 } } }",                                                     "t.lua:3: stages[2].at: a ramp goes `from` and `to`"                                        },
    {STAGES " { hold = '1 s', part = 1 } } }",                                                   "t.lua:3: stages[2].part: only a storm has it"                                              },
    {"return { summary = 's', classes = { a = {} },\n stages = {} }",
     "t.lua:2: stages: expected a list of 1 to 32 stages"                                                                                                                                    },
    {"return { summary = 's', classes = { a = {} }, period = io.x }",
     "t.lua:1: attempt to index a nil value (global 'io')"                                                                                                                                   },
    {"return { summary = tostring(math.random()), classes = { a = {} } }",
     "t.lua:1: attempt to call a nil value (field 'random')"                                                                                                                                 },
};

static void refuses_mistakes_and_says_where(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        char why[PROFILE_WHY_LEN] = "";
        struct profile p;

        assert_false(profile_read(&p, str_from(mistakes[i].text), "t.lua", why));
        assert_string_equal(why, mistakes[i].why);
        assert_null(p.arena.blocks);
    }
}

static void spreads_devices_over_classes_by_weight_and_seed(void **state)
{
    enum { DEVICES = 100000 };
    size_t count[3] = {0};
    size_t moved = 0;
    struct profile p;

    UNUSED(state);
    read_good(&p, "return { summary = 's', classes = { a = { weight = 60 }, b = { weight = 40 }, "
                  "c = { weight = 0 } } }");
    for (uint32_t d = 0; d < DEVICES; d++) {
        size_t class = profile_class_of(&p, 7, d);

        count[class]++;
        moved += class != profile_class_of(&p, 8, d);
        assert_int_equal(class, profile_class_of(&p, 7, d));
    }
    assert_in_range(count[0], 59500, 60500);
    assert_in_range(count[1], 39500, 40500);
    assert_int_equal(count[2], 0);
    assert_in_range(moved, 47000, 49000); /* 2 x 0.6 x 0.4 of them */
    profile_fini(&p);
}

static void names_the_nearest_of_the_ready_profiles(void **state)
{
    char why[PROFILE_WHY_LEN] = "";
    struct profile p;

    UNUSED(state);
    assert_false(profile_load(&p, "stedy", "scenarios", why));
    assert_non_null(strstr(why, "no profile \"stedy\", did you mean \"steady\"? There are: "));
    assert_non_null(strstr(why, " smoke"));
    assert_false(profile_load(&p, "./nowhere.lua", "scenarios", why));
    assert_string_equal(why, "./nowhere.lua: No such file or directory");
}

static void all_ready_profiles_are_right(void **state)
{
    static const char *const names[] = {"capacity", "commands", "firmware-wave",
                                        "gateway",  "hostile",  "reconnect-storm",
                                        "smoke",    "soak",     "steady"};
    struct dirent **found = NULL;
    int count = scandir("scenarios/swarm", &found, NULL, alphasort);
    size_t read = 0;

    UNUSED(state);
    for (int i = 0; i < count; i++) {
        char why[PROFILE_WHY_LEN] = "";
        struct slo slo;
        struct profile p;
        char *dot = strrchr(found[i]->d_name, '.');

        if (found[i]->d_name[0] != '.' && dot != NULL) {
            *dot = '\0';
            if (!profile_load(&p, found[i]->d_name, "scenarios", why))
                fail_msg("%s", why);
            assert_true(read < COUNT(names));
            assert_string_equal(p.name, names[read]);
            read++;
            assert_true(p.period_s > 0);
            assert_non_null(p.slo);
            if (!slo_parse(&slo, str_from(p.slo), why))
                fail_msg("%s: %s", p.name, why);
            slo_fini(&slo);
            profile_fini(&p);
        }
        free(found[i]);
    }
    free(found);
    assert_int_equal(read, COUNT(names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_whole_file),
        cmocka_unit_test(gives_stages_that_go_on_from_each_other),
        cmocka_unit_test(stretches_stages_to_a_duration),
        cmocka_unit_test(refuses_mistakes_and_says_where),
        cmocka_unit_test(spreads_devices_over_classes_by_weight_and_seed),
        cmocka_unit_test(names_the_nearest_of_the_ready_profiles),
        cmocka_unit_test(all_ready_profiles_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
