#include "conformance/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ALL = 7 };

static const char *const claims[] = {"auth.psk", "commands", NULL};

/* Reached over coap and with pre-shared keys; claims commands, not block1, not certificates. */
static struct target some_target(void)
{
    return (struct target){
        .name = "t", .coap = {.host = "h"}, .coaps = {.host = "h"}, .features = claims};
}

static struct case_def some_case(const char *id)
{
    return (struct case_def){
        .id = id, .title = "x", .family = "f", .file = "x.lua", .bindings = ALL};
}

static void make(struct plan *p, struct case_def *defs, size_t count, const struct target *t,
                 const struct plan_options *o)
{
    static const bool all[16] = {true, true, true, true, true, true, true, true,
                                 true, true, true, true, true, true, true, true};
    struct catalogue c = {.cases = defs, .case_count = count};

    assert_true(count <= COUNT(all));
    plan_make(p, &c, all, t, o);
}

static void runs_with_each_binding_that_the_target_has(void **state)
{
    struct plan_options o = {.repeat = 1, .max_impact = CASE_MALFORMED};
    struct case_def defs[2] = {some_case("A-1"), some_case("A-2")};
    struct target t = some_target();
    struct plan p;

    UNUSED(state);
    defs[1].bindings = 1 << BINDING_COAPS_X509;
    make(&p, defs, 2, &t, &o);
    assert_int_equal(p.count, 3);
    assert_int_equal(p.jobs[0].binding, BINDING_COAP);
    assert_int_equal(p.jobs[1].binding, BINDING_COAPS_PSK);
    assert_null(p.jobs[1].preset);
    assert_string_equal(p.jobs[2].preset, "the target cannot be reached over coaps-x509");
    assert_int_equal(p.jobs[2].preset_verdict, VERDICT_INCONCLUSIVE);
    plan_fini(&p);
}

static void runs_over_the_bindings_that_the_user_names(void **state)
{
    struct plan_options o = {
        .repeat = 1, .max_impact = CASE_MALFORMED, .bindings = 1U << BINDING_COAPS_PSK};
    struct case_def defs[2] = {some_case("A-1"), some_case("A-2")};
    struct target t = some_target();
    struct plan p;

    UNUSED(state);
    defs[1].bindings = 1U << BINDING_COAP;
    make(&p, defs, 2, &t, &o);
    assert_int_equal(p.count, 1);
    assert_string_equal(p.jobs[0].def->id, "A-1");
    assert_int_equal(p.jobs[0].binding, BINDING_COAPS_PSK);
    plan_fini(&p);
}

static void leaves_out_what_the_user_or_the_target_does_not_want(void **state)
{
    static const struct {
        enum case_impact impact;
        enum case_impact most;
        bool gentle;
        bool started; /* by the suite */
        bool runs;
    } rows[] = {
        {CASE_SAFE,      CASE_SAFE,      false, false, true },
        {CASE_MALFORMED, CASE_SAFE,      false, false, false},
        {CASE_MALFORMED, CASE_MALFORMED, false, false, true },
        {CASE_FLOOD,     CASE_MALFORMED, false, false, false},
        {CASE_RESTART,   CASE_RESTART,   false, true,  true },
        {CASE_MALFORMED, CASE_RESTART,   true,  false, false},
        {CASE_MALFORMED, CASE_RESTART,   true,  true,  true },
        {CASE_FLOOD,     CASE_RESTART,   true,  true,  false},
        {CASE_SAFE,      CASE_RESTART,   true,  false, true },
    };
    static const char *const exec[] = {"endpoint", NULL};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan_options o = {.repeat = 1, .max_impact = rows[i].most};
        struct case_def def = some_case("A-1");
        struct target t = some_target();
        struct plan p;

        def.impact = rows[i].impact;
        t.gentle = rows[i].gentle;
        t.start.exec = rows[i].started ? exec : NULL;
        make(&p, &def, 1, &t, &o);
        assert_int_equal(p.jobs[0].preset == NULL, rows[i].runs);
        if (!rows[i].runs)
            assert_int_equal(p.jobs[0].preset_verdict, VERDICT_SKIPPED);
        plan_fini(&p);
    }
}

static void keeps_what_may_end_a_fragile_target_for_the_end(void **state)
{
    static const char *const exec[] = {"endpoint", NULL};
    struct case_def defs[2] = {some_case("A-1"), some_case("A-2")};
    struct plan_options o = {.repeat = 1, .max_impact = CASE_MALFORMED};
    struct target t = some_target();
    struct plan p;

    UNUSED(state);
    t.gentle = true;
    t.start.exec = exec;
    defs[0].impact = CASE_MALFORMED;
    make(&p, defs, 2, &t, &o);
    for (size_t i = 0; i < p.count; i++) {
        bool fragile = p.jobs[i].def == &defs[0];

        assert_int_equal(p.jobs[i].fragile, fragile);
        if (i > 0 && p.jobs[i - 1].fragile) {
            assert_true(fragile);
            assert_true(p.jobs[i].binding >= p.jobs[i - 1].binding);
        }
    }
    assert_true(p.jobs[p.count - 1].fragile);
    plan_fini(&p);
}

static void asks_probes_about_features_that_are_not_claimed(void **state)
{
    static const char *block1[] = {"block1"};
    static const char *commands[] = {"commands"};
    static const struct {
        const char *results;
        enum verdict verdict;
    } rows[] = {
        {"[{\"case\":\"P-1\",\"verdict\":\"PASS\"}]",                                         VERDICT_NA          },
        {"[{\"case\":\"P-1\",\"verdict\":\"FAIL\"}]",                                         VERDICT_INCONCLUSIVE},
        {"[{\"case\":\"P-1\",\"verdict\":\"PASS\"},{\"case\":\"P-1\",\"verdict\":\"FAIL\"}]",
         VERDICT_INCONCLUSIVE                                                                                     },
        {"[{\"case\":\"A-1\",\"verdict\":\"PASS\"}]",                                         VERDICT_INCONCLUSIVE},
    };
    struct plan_options o = {.repeat = 1, .max_impact = CASE_MALFORMED};
    struct case_def defs[4] = {some_case("A-1"), some_case("P-1"), some_case("A-2"),
                               some_case("P-2")};
    struct catalogue c = {.cases = defs, .case_count = 4};
    struct target t = some_target();
    bool selected[4] = {true, false, true, true};
    char reason[CASE_TEXT_LEN];
    struct plan p;

    UNUSED(state);
    defs[0].needs = (struct texts){block1, 1};
    defs[1].probes = (struct texts){block1, 1}; /* not selected, but awaited */
    defs[2].needs = (struct texts){commands, 1};
    defs[3].probes = (struct texts){commands, 1}; /* claimed: nothing to probe */
    plan_make(&p, &c, selected, &t, &o);
    assert_int_equal(p.dependent_count, 2);
    assert_string_equal(p.dependents[0].feature, "block1");
    assert_int_equal(p.count, 6);
    assert_string_equal(p.jobs[2].def->id, "P-2");
    assert_int_equal(p.jobs[2].preset_verdict, VERDICT_NA);
    assert_string_equal(p.jobs[4].def->id, "P-1");
    assert_null(p.jobs[4].preset);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *results = json_loads(rows[i].results, 0, NULL);

        assert_int_equal(plan_probed(results, &c, "block1", reason), rows[i].verdict);
        json_decref(results);
    }
    plan_fini(&p);
}

static void shards_make_the_whole(void **state)
{
    struct case_def defs[9];
    char ids[9][8];
    struct target t = some_target();
    size_t together = 0;

    UNUSED(state);
    for (size_t i = 0; i < 9; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "A-%zu", i);
        defs[i] = some_case(ids[i]);
        defs[i].bindings = 1;
    }
    for (unsigned shard = 1; shard <= 3; shard++) {
        struct plan_options o = {
            .repeat = 1, .max_impact = CASE_MALFORMED, .shard = shard, .shards = 3};
        struct plan p;

        make(&p, defs, 9, &t, &o);
        assert_true(p.count < 9);
        together += p.count;
        plan_fini(&p);
    }
    assert_int_equal(together, 9);
}

static void begins_with_the_longest(void **state)
{
    struct plan_options o = {.repeat = 1, .max_impact = CASE_MALFORMED};
    struct case_def defs[3] = {some_case("A-1"), some_case("A-2"), some_case("A-3")};
    struct target t = some_target();
    struct plan p;

    UNUSED(state);
    for (size_t i = 0; i < 3; i++)
        defs[i].bindings = 1;
    defs[1].timeout_us = 5;
    make(&p, defs, 3, &t, &o);
    assert_string_equal(p.jobs[0].def->id, "A-2");
    assert_string_equal(p.jobs[1].def->id, "A-1");
    assert_string_equal(p.jobs[2].def->id, "A-3");
    plan_fini(&p);
}

static void shuffles_by_the_seed(void **state)
{
    struct case_def defs[9];
    char ids[9][8];
    struct target t = some_target();
    struct plan_options o = {.repeat = 1, .max_impact = CASE_MALFORMED, .shuffle = true, .seed = 5};
    struct plan a;
    struct plan b;
    size_t moved = 0;

    UNUSED(state);
    for (size_t i = 0; i < 9; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "A-%zu", i);
        defs[i] = some_case(ids[i]);
        defs[i].bindings = 1;
    }
    make(&a, defs, 9, &t, &o);
    make(&b, defs, 9, &t, &o);
    for (size_t i = 0; i < 9; i++) {
        assert_ptr_equal(a.jobs[i].def, b.jobs[i].def);
        moved += a.jobs[i].def != &defs[i];
    }
    assert_true(moved > 0);
    plan_fini(&b);
    o.seed = 6;
    make(&b, defs, 9, &t, &o);
    moved = 0;
    for (size_t i = 0; i < 9; i++)
        moved += a.jobs[i].def != b.jobs[i].def;
    assert_true(moved > 0);
    plan_fini(&a);
    plan_fini(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_with_each_binding_that_the_target_has),
        cmocka_unit_test(runs_over_the_bindings_that_the_user_names),
        cmocka_unit_test(leaves_out_what_the_user_or_the_target_does_not_want),
        cmocka_unit_test(keeps_what_may_end_a_fragile_target_for_the_end),
        cmocka_unit_test(asks_probes_about_features_that_are_not_claimed),
        cmocka_unit_test(shards_make_the_whole),
        cmocka_unit_test(begins_with_the_longest),
        cmocka_unit_test(shuffles_by_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
