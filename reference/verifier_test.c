#include "reference/verifier.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* bcrypt of `hey-rodney` and of ``, at the lowest cost; the slow one takes about 60 ms. */
static const char hashed[] = "$2b$04$abcdefghijklmnopqrstuuRw89uKkUnSSG4zouuohtwYfV5R8osym";
static const char other[] = "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq";
static const char slow[] = "$2b$10$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq";

enum { LIFETIME_US = 60 * 1000000, NOW_US = 1000 };

struct world {
    struct hash_pool *pool;
    struct metrics *metrics;
    struct verifier *verifier;
};

static int set_up(void **state)
{
    static struct world world;

    world.pool = hash_pool_new(1, 4);
    world.metrics = metrics_new();
    world.verifier = verifier_new(world.pool, 64, LIFETIME_US, world.metrics);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    verifier_free(&world->verifier);
    hash_pool_free(&world->pool);
    return 0;
}

static const struct registry_app app = {
    .name = {"app", 3},
      .uid = {"a-1", 3}
};

static struct registry_device device_of(const char *uid, const struct registry_password *passwords,
                                        size_t count)
{
    return (struct registry_device){.app_name = app.name,
                                    .name = STR("dev"),
                                    .uid = str_from(uid),
                                    .passwords = passwords,
                                    .password_count = count,
                                    .generation = 7};
}

static struct registry_password pass(enum registry_password_form form, const char *secret)
{
    return (struct registry_password){.form = form, .secret = str_from(secret)};
}

/* Asks as `dev@app:password`. */
static enum verifier_result ask(struct world *world, const struct registry_device *device,
                                struct str password, uint64_t ticket, int64_t now_us)
{
    const struct claim claim = {.application = app.name, .device = device->name};
    const struct verifier_ask question = {
        .app = &app, .device = device, .claim = &claim, .password = password, .ticket = ticket};

    return verifier_check(world->verifier, &question, now_us);
}

/* Waits until some tickets are back; returns how many. */
static size_t await_tickets(struct world *world, uint64_t *tickets, size_t max)
{
    struct pollfd ready = {.fd = verifier_wake_fd(world->verifier), .events = POLLIN};

    assert_int_equal(poll(&ready, 1, 60000), 1);
    return verifier_poll(world->verifier, NOW_US, tickets, max);
}

/* Facts 2.4: which stored credential may answer which claim. */
static void matches_the_stored_credentials_that_apply(void **state)
{
    static const struct {
        bool stored_user;
        const char *stored_username;
        bool unique;
        const char *presented;      /* as device */
        const char *claim_username; /* NULL: a `pass` claim */
        bool matches;
    } cases[] = {
        {false, "",    false, "dev",   NULL,    true },
        {false, "",    false, "alias", NULL,    true },
        {false, "",    false, "dev",   "dev",   true },
        {false, "",    false, "dev",   "foo",   false},
        {false, "",    false, "alias", "alias", false},
        {true,  "foo", false, "dev",   "foo",   true },
        {true,  "foo", true,  "dev",   "foo",   true },
        {true,  "foo", false, "dev",   "bar",   false},
        {true,  "foo", false, "dev",   NULL,    false},
        {true,  "dev", false, "alias", NULL,    true },
        {true,  "foo", true,  "foo",   NULL,    true },
        {true,  "foo", true,  "dev",   NULL,    false},
        {true,  "foo", false, "foo",   NULL,    false},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct registry_password stored = {
            .form = REGISTRY_PLAIN,
            .secret = STR("pw"),
            .is_user = cases[i].stored_user,
            .username = str_from(cases[i].stored_username),
            .unique = cases[i].unique,
        };
        const struct registry_device device = device_of("d-1", &stored, 1);
        struct claim claim = {.device = str_from(cases[i].presented)};

        if (cases[i].claim_username != NULL) {
            claim.is_user = true;
            claim.username = str_from(cases[i].claim_username);
        }
        struct verifier_ask question = {
            .app = &app, .device = &device, .claim = &claim, .password = STR("pw")};

        assert_int_equal(verifier_check(world->verifier, &question, NOW_US),
                         cases[i].matches ? VERIFIER_MATCHES : VERIFIER_DIFFERS);
        question.password = STR("pW");
        assert_int_equal(verifier_check(world->verifier, &question, NOW_US), VERIFIER_DIFFERS);
    }
}

static void answers_at_once_when_no_hash_is_needed(void **state)
{
    struct world *world = *state;
    const struct registry_password stored[] = {pass(REGISTRY_BCRYPT, hashed),
                                               pass(REGISTRY_PLAIN, "plain")};
    const struct registry_password broken = pass(REGISTRY_SHA512, "$6$broken");
    const struct registry_device device = device_of("d-1", stored, 2);
    const struct registry_device none = device_of("d-2", NULL, 0);
    const struct registry_device unusable = device_of("d-3", &broken, 1);

    assert_int_equal(ask(world, &device, STR("plain"), 1, NOW_US), VERIFIER_MATCHES);
    assert_int_equal(ask(world, &device, STR("hey\0rodney"), 1, NOW_US), VERIFIER_DIFFERS);
    assert_int_equal(ask(world, &none, STR(""), 1, NOW_US), VERIFIER_DIFFERS);
    assert_int_equal(ask(world, &unusable, STR("x"), 1, NOW_US), VERIFIER_DIFFERS);
}

static void remembers_what_the_pool_found(void **state)
{
    struct world *world = *state;
    const struct registry_password stored[] = {pass(REGISTRY_BCRYPT, other),
                                               pass(REGISTRY_BCRYPT, hashed)};
    struct registry_device device = device_of("d-1", stored, 2);
    int64_t hashes = metrics_total(METRIC_HASHES);
    uint64_t tickets[4];

    assert_int_equal(ask(world, &device, STR("hey-rodney"), 11, NOW_US), VERIFIER_PENDING);
    assert_int_equal(await_tickets(world, tickets, COUNT(tickets)), 1);
    assert_int_equal(tickets[0], 11);
    assert_int_equal(ask(world, &device, STR("hey-rodney"), 11, NOW_US), VERIFIER_MATCHES);
    assert_int_equal(metrics_total(METRIC_HASHES) - hashes, 2);

    assert_int_equal(ask(world, &device, STR("wrong"), 12, NOW_US), VERIFIER_PENDING);
    assert_int_equal(await_tickets(world, tickets, COUNT(tickets)), 1);
    assert_int_equal(ask(world, &device, STR("wrong"), 12, NOW_US), VERIFIER_DIFFERS);
    assert_int_equal(metrics_total(METRIC_HASHES) - hashes, 4);

    /* expired, or a changed device: asked anew */
    assert_int_equal(ask(world, &device, STR("wrong"), 13, NOW_US + LIFETIME_US), VERIFIER_PENDING);
    assert_int_equal(await_tickets(world, tickets, COUNT(tickets)), 1);
    device.generation++;
    assert_int_equal(ask(world, &device, STR("hey-rodney"), 14, NOW_US), VERIFIER_PENDING);
}

static void a_verdict_is_of_one_device_and_one_username(void **state)
{
    struct world *world = *state;
    const struct registry_password stored = pass(REGISTRY_BCRYPT, hashed);
    const struct registry_device device = device_of("d-1", &stored, 1);
    const struct registry_device twin = device_of("d-2", &stored, 1);
    const struct claim as_user = {.device = STR("dev"), .is_user = true, .username = STR("dev")};
    const struct verifier_ask question = {.app = &app,
                                          .device = &device,
                                          .claim = &as_user,
                                          .password = STR("hey-rodney"),
                                          .ticket = 3};
    uint64_t tickets[4];

    assert_int_equal(ask(world, &device, STR("hey-rodney"), 1, NOW_US), VERIFIER_PENDING);
    assert_int_equal(await_tickets(world, tickets, COUNT(tickets)), 1);
    assert_int_equal(ask(world, &device, STR("hey-rodney"), 1, NOW_US), VERIFIER_MATCHES);
    assert_int_equal(ask(world, &twin, STR("hey-rodney"), 2, NOW_US), VERIFIER_PENDING);
    assert_int_equal(verifier_check(world->verifier, &question, NOW_US), VERIFIER_PENDING);
}

static void of_one_device_one_hash_is_in_flight(void **state)
{
    struct world *world = *state;
    const struct registry_password stored = pass(REGISTRY_BCRYPT, slow);
    const struct registry_device device = device_of("d-1", &stored, 1);
    int64_t hashes = metrics_total(METRIC_HASHES);
    uint64_t tickets[VERIFIER_MAX_TICKETS];

    for (uint64_t i = 0; i < VERIFIER_MAX_TICKETS; i++) {
        const char guess = (char)('a' + i);

        assert_int_equal(ask(world, &device, (struct str){&guess, 1}, i, NOW_US), VERIFIER_PENDING);
    }
    assert_int_equal(ask(world, &device, STR("b"), 1, NOW_US), VERIFIER_PENDING); /* known */
    assert_int_equal(ask(world, &device, STR("more"), 99, NOW_US), VERIFIER_OVERLOADED);
    assert_int_equal(await_tickets(world, tickets, 3), 3); /* all at once, in parts, in order */
    assert_int_equal(tickets[0], 0);
    assert_int_equal(tickets[2], 2);
    assert_int_equal(verifier_poll(world->verifier, NOW_US, tickets, COUNT(tickets)),
                     VERIFIER_MAX_TICKETS - 3);
    assert_int_equal(tickets[0], 3);
    assert_int_equal(verifier_poll(world->verifier, NOW_US, tickets, COUNT(tickets)), 0);
    assert_int_equal(metrics_total(METRIC_HASHES) - hashes, 1);
    assert_int_equal(ask(world, &device, STR("a"), 0, NOW_US), VERIFIER_DIFFERS);
    assert_int_equal(ask(world, &device, STR("b"), 1, NOW_US), VERIFIER_PENDING); /* its turn */
}

static void says_when_the_queue_is_full(void **state)
{
    struct world *world = *state;
    const struct registry_password stored = pass(REGISTRY_BCRYPT, slow);
    static const char *const uids[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    size_t pending = 0;

    for (size_t i = 0; i < COUNT(uids); i++) {
        const struct registry_device device = device_of(uids[i], &stored, 1);
        enum verifier_result result = ask(world, &device, STR("x"), i, NOW_US);

        assert_true(result == VERIFIER_PENDING || result == VERIFIER_OVERLOADED);
        pending += result == VERIFIER_PENDING;
    }
    assert_in_range(pending, 4, 5);
    /* the rest is withdrawn by verifier_free */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(matches_the_stored_credentials_that_apply),
        TEST(answers_at_once_when_no_hash_is_needed),
        TEST(remembers_what_the_pool_found),
        TEST(a_verdict_is_of_one_device_and_one_username),
        TEST(of_one_device_one_hash_is_in_flight),
        TEST(says_when_the_queue_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
