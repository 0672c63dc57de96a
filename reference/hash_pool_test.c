#include "reference/hash_pool.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* bcrypt of `hey-rodney` at the lowest cost: about a millisecond. */
static char good[] = "$2b$04$abcdefghijklmnopqrstuuRw89uKkUnSSG4zouuohtwYfV5R8osym";
static char other[] = "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq";
/* Cost 10, about 60 ms, so that the next jobs surely queue behind it. */
static char slow[] = "$2b$10$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq";

static struct hash_job job_of(struct mailbox *home, const char *password, char **hashes,
                              size_t count)
{
    return (struct hash_job){.home = home,
                             .password = xstrdup(str_from(password)),
                             .hashes = hashes,
                             .hash_count = count};
}

/* Waits until count jobs came home. */
static void await_home(struct mailbox *home, size_t count)
{
    while (count > 0) {
        struct pollfd ready = {.fd = home->wake_fd, .events = POLLIN};

        assert_int_equal(poll(&ready, 1, 60000), 1);
        for (struct mail *mail = mailbox_take(home); mail != NULL; mail = mail->next)
            count--;
    }
}

static void tries_the_hashes_in_turn_until_one_matches(void **state)
{
    char *hashes[] = {other, good, other};
    struct mailbox home;
    struct hash_pool *pool = hash_pool_new(2, 8);

    UNUSED(state);
    mailbox_init(&home);
    struct hash_job matching = job_of(&home, "hey-rodney", hashes, 3);
    struct hash_job differing = job_of(&home, "wrong", hashes, 3);
    struct hash_job empty = job_of(&home, "", hashes, 1);

    assert_true(hash_pool_submit(pool, &matching));
    assert_true(hash_pool_submit(pool, &differing));
    assert_true(hash_pool_submit(pool, &empty));
    await_home(&home, 3);
    assert_int_equal(matching.outcome, HASH_MATCHES);
    assert_int_equal(matching.computed, 2);
    assert_int_equal(differing.outcome, HASH_DIFFERS);
    assert_int_equal(differing.computed, 3);
    assert_int_equal(empty.outcome, HASH_MATCHES);
    assert_null(matching.password);
    hash_pool_free(&pool);
    assert_null(pool);
    mailbox_fini(&home);
}

static void refuses_what_its_queue_cannot_hold(void **state)
{
    char *hashes[] = {slow};
    struct mailbox home;
    struct hash_pool *pool = hash_pool_new(1, 2);
    struct hash_job jobs[8];
    size_t taken = 0;

    UNUSED(state);
    mailbox_init(&home);
    for (size_t i = 0; i < COUNT(jobs); i++) {
        jobs[i] = job_of(&home, "x", hashes, 1);
        if (hash_pool_submit(pool, &jobs[i]))
            taken++;
        else
            hash_job_forget(&jobs[i]);
    }
    assert_in_range(taken, 2, 3); /* two waiting, and one if the thread has begun */
    await_home(&home, taken);
    hash_pool_free(&pool);
    mailbox_fini(&home);
}

static void sends_every_job_home_when_it_ends(void **state)
{
    char *hashes[] = {slow, slow, slow, slow, slow, slow, slow, slow};
    struct mailbox home;
    struct hash_pool *pool = hash_pool_new(2, 8);
    struct hash_job jobs[6];

    UNUSED(state);
    mailbox_init(&home);
    for (size_t i = 0; i < COUNT(jobs); i++) {
        jobs[i] = job_of(&home, "x", hashes, COUNT(hashes));
        assert_true(hash_pool_submit(pool, &jobs[i]));
    }
    hash_pool_free(&pool);
    await_home(&home, COUNT(jobs));
    for (size_t i = 0; i < COUNT(jobs); i++) {
        assert_int_equal(jobs[i].outcome, HASH_CANCELLED);
        assert_true(jobs[i].computed <= 1); /* only what was running was waited for */
        assert_null(jobs[i].password);
    }
    mailbox_fini(&home);
}

static void withdraws_the_jobs_of_one_owner_only(void **state)
{
    char *slow_hashes[] = {slow};
    char *hashes[] = {good};
    struct mailbox mine;
    struct mailbox theirs;
    struct hash_pool *pool = hash_pool_new(1, 8);

    UNUSED(state);
    mailbox_init(&mine);
    mailbox_init(&theirs);
    struct hash_job first = job_of(&mine, "x", slow_hashes, 1);
    struct hash_job second = job_of(&theirs, "hey-rodney", hashes, 1);
    struct hash_job third = job_of(&mine, "x", slow_hashes, 1);

    assert_true(hash_pool_submit(pool, &first));
    assert_true(hash_pool_submit(pool, &second));
    assert_true(hash_pool_submit(pool, &third));
    hash_pool_withdraw(pool, &mine);
    size_t home = 0;

    for (struct mail *mail = mailbox_take(&mine); mail != NULL; mail = mail->next)
        home++;
    assert_int_equal(home, 2); /* already there: nothing of mine is left in the pool */
    assert_int_equal(third.outcome, HASH_CANCELLED);
    await_home(&theirs, 1);
    assert_int_equal(second.outcome, HASH_MATCHES);
    hash_pool_free(&pool);
    mailbox_fini(&mine);
    mailbox_fini(&theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_the_hashes_in_turn_until_one_matches),
        cmocka_unit_test(refuses_what_its_queue_cannot_hold),
        cmocka_unit_test(sends_every_job_home_when_it_ends),
        cmocka_unit_test(withdraws_the_jobs_of_one_owner_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
