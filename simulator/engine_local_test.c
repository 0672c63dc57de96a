#include "simulator/engine_local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 4 };

static char said[256]; /* what the others gave to reduce, in that order */

static void note(void *arg, struct str other)
{
    size_t len = strlen(said);

    UNUSED(arg);
    (void)snprintf(said + len, sizeof said - len, "%.*s;", (int)other.len, other.ptr);
}

static struct engine *begin(int size)
{
    char why[ENGINE_LOCAL_WHY_LEN];
    struct engine *e = engine_local_new(size, why);

    if (e == NULL)
        fail_msg("%s", why);
    said[0] = '\0';
    return e;
}

/* Others must not come back into the tests. */
static void leave(struct engine *e, const char *text)
{
    _exit(engine_reduce(e, str_from(text), NULL, NULL) ? 0 : 1);
}

static void others_get_what_the_first_has_and_give_in_their_order(void **state)
{
    UNUSED(state);
    struct engine *e = begin(SIZE);
    int64_t value = e->rank == 0 ? INT64_C(0x123456789a) : 0;
    char text[64];

    assert_int_equal(e->size, SIZE);
    bool ok = engine_broadcast(e, &value, sizeof value);

    (void)snprintf(text, sizeof text, "%d:%d:%llx", e->rank, ok, (unsigned long long)value);
    if (e->rank != 0)
        leave(e, text);
    assert_true(ok);
    assert_true(engine_reduce(e, str_from(text), note, NULL));
    assert_string_equal(said, "1:1:123456789a;2:1:123456789a;3:1:123456789a;");
    engine_free(&e);
    assert_null(e);
}

static void nobody_leaves_a_barrier_before_all_are_there(void **state)
{
    UNUSED(state);
    _Atomic(int) *there =
        mmap(NULL, sizeof *there, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(there != MAP_FAILED);
    struct engine *e = begin(SIZE);
    int seen = 0;
    bool ok = true;

    for (int round = 1; round <= 100; round++) {
        atomic_fetch_add(there, 1);
        ok = engine_barrier(e) && ok;
        seen += atomic_load(there) == round * SIZE;
        ok = engine_barrier(e) && ok; /* or the next round begins to count */
    }
    if (e->rank != 0)
        leave(e, ok && seen == 100 ? "all" : "few");
    assert_true(ok);
    assert_int_equal(seen, 100);
    assert_true(engine_reduce(e, STR(""), note, NULL));
    assert_string_equal(said, "all;all;all;");
    engine_free(&e);
    assert_int_equal(munmap((void *)there, sizeof *there), 0);
}

static void the_first_stops_all(void **state)
{
    UNUSED(state);
    struct engine *e = begin(SIZE);

    if (e->rank != 0) {
        bool early = engine_is_stopped(e);

        if (!engine_barrier(e))
            _exit(1);
        engine_stop(e); /* not theirs to say */
        while (!engine_is_stopped(e)) {
        }
        leave(e, early ? "early" : "stopped");
    }
    assert_false(engine_is_stopped(e));
    assert_true(engine_barrier(e));
    assert_false(engine_is_stopped(e));
    engine_stop(e);
    engine_stop(e);
    assert_true(engine_is_stopped(e));
    assert_true(engine_reduce(e, STR(""), note, NULL));
    assert_string_equal(said, "stopped;stopped;stopped;");
    engine_free(&e);
}

static void a_stop_may_come_before_anything_else_that_is_waited_for(void **state)
{
    UNUSED(state);
    struct engine *e = begin(2);
    char value = e->rank == 0 ? 'x' : '-';

    engine_stop(e);
    bool ok = engine_barrier(e) && engine_broadcast(e, &value, 1);

    if (e->rank != 0)
        leave(e, ok && value == 'x' && engine_is_stopped(e) ? "heard" : "not heard");
    assert_true(ok);
    assert_true(engine_reduce(e, STR(""), note, NULL));
    assert_string_equal(said, "heard;");
    engine_free(&e);
}

static void one_that_ended_is_noticed(void **state)
{
    UNUSED(state);
    struct engine *e = begin(SIZE);

    if (e->rank == 2)
        _exit(0);
    bool ok = engine_barrier(e);

    if (e->rank != 0)
        _exit(ok);
    assert_false(ok);
    engine_free(&e);
}

static void the_first_ones_end_is_a_stop(void **state)
{
    UNUSED(state);
    int fds[2];
    char answer = '-';

    assert_int_equal(pipe(fds), 0);
    struct engine *e = begin(2);

    if (e->rank != 0) {
        while (!engine_is_stopped(e)) {
        }
        _exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
    }
    engine_free(&e); /* waits for the other */
    assert_int_equal(read(fds[0], &answer, 1), 1);
    assert_int_equal(answer, 'x');
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void one_alone_agrees_with_itself(void **state)
{
    UNUSED(state);
    struct engine *e = begin(1);
    int value = 7;

    assert_true(engine_barrier(e));
    assert_true(engine_broadcast(e, &value, sizeof value));
    assert_true(engine_reduce(e, STR(""), note, NULL));
    assert_int_equal(value, 7);
    assert_string_equal(said, "");
    assert_false(engine_is_stopped(e));
    engine_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_get_what_the_first_has_and_give_in_their_order),
        cmocka_unit_test(nobody_leaves_a_barrier_before_all_are_there),
        cmocka_unit_test(the_first_stops_all),
        cmocka_unit_test(a_stop_may_come_before_anything_else_that_is_waited_for),
        cmocka_unit_test(one_that_ended_is_noticed),
        cmocka_unit_test(the_first_ones_end_is_a_stop),
        cmocka_unit_test(one_alone_agrees_with_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
