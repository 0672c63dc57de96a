#include "simulator/slices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "simulator/engine_local.h"
#include "simulator/result_testrun.h"

enum { SIZE = 3 };

static struct engine *begin(int size)
{
    char why[ENGINE_LOCAL_WHY_LEN];
    struct engine *e = engine_local_new(size, why);

    if (e == NULL)
        fail_msg("%s", why);
    return e;
}

static void make_slice(const struct engine *e, struct result *r)
{
    struct testrun t = testrun_plain;

    t.first_device = 1000 * e->rank;
    t.devices = 1000;
    testrun_make(r, &t);
}

static void slices_become_one_run(void **state)
{
    UNUSED(state);
    struct engine *e = begin(SIZE);
    char why[SLICES_WHY_LEN];
    struct result r;

    make_slice(e, &r);
    uint64_t sent = r.total.counter[TALLY_PUBLISH_SENT];
    uint64_t timed = hist_count(r.total.hist[TALLY_HIST_PUBLISH]);

    if (!slices_join(e, &r, why)) /* the others end here */
        fail_msg("%s", why);
    assert_int_equal(e->rank, 0);
    assert_int_equal(r.devices, 3000);
    assert_int_equal(r.total.counter[TALLY_PUBLISH_SENT], SIZE * sent);
    assert_int_equal(hist_count(r.total.hist[TALLY_HIST_PUBLISH]), SIZE * timed);
    assert_true(r.slo_count > 0);
    result_fini(&r);
    engine_free(&e);
}

static void a_lost_slice_is_no_run(void **state)
{
    UNUSED(state);
    struct engine *e = begin(SIZE);
    char why[SLICES_WHY_LEN];
    struct result r;

    if (e->rank == 1)
        _exit(1);
    make_slice(e, &r);
    assert_false(slices_join(e, &r, why));
    assert_non_null(strstr(why, "has ended"));
    result_fini(&r);
    engine_free(&e);
}

static void slices_that_do_not_belong_together_are_not_joined(void **state)
{
    UNUSED(state);
    struct engine *e = begin(2);
    char why[SLICES_WHY_LEN];
    struct result r;

    make_slice(e, &r);
    r.seed += (uint64_t)e->rank;
    assert_false(slices_join(e, &r, why));
    assert_non_null(strstr(why, "seed"));
    result_fini(&r);
    engine_free(&e);
}

static void note(void *arg, struct str other)
{
    int64_t wall_us = 0;

    assert_int_equal(other.len, sizeof wall_us);
    memcpy(&wall_us, other.ptr, sizeof wall_us);
    assert_int_equal(wall_us, *(int64_t *)arg);
}

static void all_begin_at_one_moment(void **state)
{
    static const int64_t asked[] = {0, 12345};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(asked); i++) {
        int64_t before_us = clock_wall_us(), wall_us = asked[i];
        struct engine *e = begin(SIZE);
        char why[SLICES_WHY_LEN];
        bool ok = slices_agree(e, &wall_us, why);

        if (e->rank != 0)
            _exit(!ok ||
                  !engine_reduce(e, (struct str){(char *)&wall_us, sizeof wall_us}, NULL, NULL));
        assert_true(ok);
        assert_true(asked[i] == 0 ? wall_us > before_us : wall_us == asked[i]);
        assert_true(engine_reduce(e, STR(""), note, &wall_us));
        engine_free(&e);
    }
}

static bool interrupted;

static void interrupt(void)
{
    interrupted = true;
}

static void heard(void *arg, struct str other)
{
    *(size_t *)arg += other.len;
}

static void the_first_ones_end_is_everybodys(void **state)
{
    UNUSED(state);
    struct engine *e = begin(SIZE);
    size_t count = 0;

    if (e->rank != 0) {
        slices_share_end(e, false, interrupt);
        bool early = interrupted;

        if (!engine_barrier(e))
            _exit(1);
        while (!interrupted)
            slices_share_end(e, false, interrupt);
        _exit(!engine_reduce(e, early ? STR("") : STR("x"), NULL, NULL));
    }
    slices_share_end(e, false, interrupt);
    assert_false(interrupted);
    assert_true(engine_barrier(e));
    slices_share_end(e, true, interrupt);
    assert_true(engine_reduce(e, STR(""), heard, &count));
    assert_int_equal(count, SIZE - 1);
    engine_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_become_one_run),
        cmocka_unit_test(a_lost_slice_is_no_run),
        cmocka_unit_test(slices_that_do_not_belong_together_are_not_joined),
        cmocka_unit_test(all_begin_at_one_moment),
        cmocka_unit_test(the_first_ones_end_is_everybodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
