#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>

#include "reference/command.h"

/* A worker that says of each command that `takes` waits took it, after the turns it was told to
 * hold it. */
struct fake_worker {
    struct mailbox mailbox;
    pthread_t thread;
    size_t takes;
    bool holds; /* never answers while the dispatcher waits */
    struct command_delivery *held;
};

static struct command_delivery *receive_one(struct fake_worker *w)
{
    struct pollfd p = {.fd = w->mailbox.wake_fd, .events = POLLIN};
    struct mail *m = NULL;

    while (m == NULL) {
        assert_int_equal(poll(&p, 1, 10000), 1);
        m = mailbox_take(&w->mailbox);
    }
    return CONTAINER_OF(m, struct command_delivery, mail);
}

static void *work(void *arg)
{
    struct fake_worker *w = arg;
    struct command_delivery *d = receive_one(w);

    d->taken = w->takes;
    if (w->holds)
        w->held = d;
    else
        command_delivery_done(d);
    return NULL;
}

static const struct command set_on = {
    {"app", 3},
    {"dev", 3},
    {"SET", 3},
    {"on",  2}
};

static size_t dispatch_to(struct fake_worker *workers, size_t count, bool *complete)
{
    struct command_bus *bus = command_bus_new();

    for (size_t i = 0; i < count; i++) {
        mailbox_init(&workers[i].mailbox);
        command_bus_attach(bus, &workers[i].mailbox);
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    size_t taken = command_dispatch(bus, &set_on, complete);

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        mailbox_fini(&workers[i].mailbox);
    }
    command_bus_free(&bus);
    return taken;
}

static void adds_up_what_all_workers_took(void **state)
{
    struct fake_worker workers[3] = {{.takes = 1}, {.takes = 0}, {.takes = 2}};
    bool complete = false;

    UNUSED(state);
    assert_int_equal(dispatch_to(workers, 3, &complete), 3);
    assert_true(complete);
}

static void a_slow_worker_is_not_waited_for(void **state)
{
    struct fake_worker workers[2] = {
        {.takes = 1    },
        { .takes = 1, .holds = true}
    };
    bool complete = true;

    UNUSED(state);
    assert_int_equal(dispatch_to(workers, 2, &complete), 1);
    assert_false(complete);
    /* the command outlives its dispatcher for the one that still holds it */
    assert_true(str_equal(workers[1].held->command->name, STR("SET")));
    assert_true(str_equal(workers[1].held->command->payload, STR("on")));
    assert_true(str_equal(workers[1].held->command->device, STR("dev")));
    command_delivery_done(workers[1].held);
}

static void without_workers_nothing_takes_it(void **state)
{
    bool complete = false;

    UNUSED(state);
    assert_int_equal(dispatch_to(NULL, 0, &complete), 0);
    assert_true(complete);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_what_all_workers_took),
        cmocka_unit_test(a_slow_worker_is_not_waited_for),
        cmocka_unit_test(without_workers_nothing_takes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
