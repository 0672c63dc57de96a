#include "lib/launch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct target target;
    struct target_places places;
    struct launch launch;
    char log_file[64];
    char why[LAUNCH_WHY_LEN];
};

/* address: `coap` is asked by a ping, `coaps` is taken to be ready. */
static void begin(struct world *w, const char *address, const char *exec)
{
    char text[512];
    int fd;

    *w = (struct world){.log_file = "/tmp/seatrial-launch-XXXXXX"};
    fd = mkstemp(w->log_file);
    assert_true(fd >= 0);
    (void)close(fd);
    w->places = (struct target_places){.dir = "/tmp", .seed = "1", .registry_file = "/the/file"};
    assert_true(target_free_ports(&w->places));
    (void)snprintf(text, sizeof text, "return { name = 'x', %s, start = { exec = { %s } } }",
                   address, exec);
    if (!target_read(&w->target, str_from(text), "t.lua", &w->places, w->why) ||
        !target_resolve(&w->target, w->why))
        fail_msg("%s", w->why);
    w->launch =
        (struct launch){.target = &w->target, .places = &w->places, .log_file = w->log_file};
}

static void end(struct world *w)
{
    launch_stop(&w->launch);
    assert_int_equal(w->launch.pid, 0);
    target_fini(&w->target);
    assert_int_equal(unlink(w->log_file), 0);
}

#define COAPS "coaps = 'coaps://127.0.0.1:{coaps_port}'"
#define COAP "coap = 'coap://127.0.0.1:{coap_port}'"

static void starts_with_what_the_file_says_and_stops(void **state)
{
    struct world w;
    char line[64] = "";
    FILE *log;

    UNUSED(state);
    begin(&w, COAPS, "'/bin/sh', '-c', 'echo \"$0\"; exec tail -f /dev/null', '{registry_file}'");
    if (!launch_start(&w.launch, w.why))
        fail_msg("%s", w.why);
    assert_true(w.launch.pid > 0);
    while (line[0] == '\0') { /* polls its log */
        log = fopen(w.log_file, "re");
        assert_non_null(log);
        (void)!fgets(line, sizeof line, log);
        (void)fclose(log);
    }
    assert_string_equal(line, "/the/file\n");
    end(&w);
    assert_true(launch_has_ended(&w.launch));
}

static void a_target_that_ends_at_once_is_told(void **state)
{
    struct world w;
    char wanted[160];

    UNUSED(state);
    begin(&w, COAP, "'/bin/false'");
    assert_false(launch_start(&w.launch, w.why));
    (void)snprintf(wanted, sizeof wanted, "the target ended while it started: %s says why",
                   w.log_file);
    assert_string_equal(w.why, wanted);
    end(&w);
}

static void a_target_that_is_not_ready_in_time_is_stopped(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w, COAP, "'/bin/sh', '-c', 'exec tail -f /dev/null'");
    w.launch.limit_us = 100 * US_PER_MS;
    assert_false(launch_start(&w.launch, w.why));
    assert_non_null(strstr(w.why, "the target was not ready within 0.1 s"));
    end(&w);
}

static void a_program_that_is_not_there_is_named(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w, COAPS, "'no-such-program'");
    assert_false(launch_start(&w.launch, w.why));
    assert_non_null(strstr(w.why, "no-such-program: No such file or directory"));
    end(&w);
    begin(&w, COAPS, "'/bin/true', '{events_url}'");
    assert_false(launch_start(&w.launch, w.why));
    assert_string_equal(w.why, "placeholder \"{events_url}\" has no value here");
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_with_what_the_file_says_and_stops),
        cmocka_unit_test(a_target_that_ends_at_once_is_told),
        cmocka_unit_test(a_target_that_is_not_ready_in_time_is_stopped),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
