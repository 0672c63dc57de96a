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
    int listener; /* at {http_port}; -1: none */
    char why[LAUNCH_WHY_LEN];
};

static int listen_at(uint16_t port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

/* The target is ready at once: we are what it is waited for. */
#define READY "coap = 'coap://127.0.0.1:{coap_port}', version = 'ready'"

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
    bool ready = strcmp(address, READY) == 0;

    w->listener = ready ? listen_at(w->places.http_port) : -1;
    (void)snprintf(text, sizeof text, "return { name = 'x', %s,\nstart = { exec = { %s }%s } }",
                   address, exec, ready ? ", ready = 'http'" : "");
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
    if (w->listener >= 0)
        (void)close(w->listener);
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
    begin(&w, READY, "'/bin/sh', '-c', 'echo \"$0\"; exec tail -f /dev/null', '{registry_file}'");
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

/* The number that the target's shell wrote, of a process that it started. */
static pid_t pid_in_log(const struct world *w)
{
    char line[64] = "";

    while (strchr(line, '\n') == NULL) { /* polls its log */
        FILE *log = fopen(w->log_file, "re");

        assert_non_null(log);
        (void)!fgets(line, sizeof line, log);
        (void)fclose(log);
    }
    return (pid_t)strtol(line, NULL, 10);
}

static void what_the_target_has_started_ends_with_it(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w, READY, "'/bin/sh', '-c', 'tail -f /dev/null & echo $!; wait'");
    if (!launch_start(&w.launch, w.why))
        fail_msg("%s", w.why);
    pid_t child = pid_in_log(&w);
    char path[40], stat[256] = "";

    assert_true(child > 0);
    launch_stop(&w.launch);
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
    for (FILE *f; strstr(stat, ") Z ") == NULL && (f = fopen(path, "re")) != NULL;) {
        (void)!fgets(stat, sizeof stat, f); /* it may wait for its new parent */
        (void)fclose(f);
    }
    end(&w);
}

static void a_target_that_ends_at_once_is_told(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w, COAP, "'/bin/sh', '-c', 'echo no token; exit 3'");
    assert_false(launch_start(&w.launch, w.why));
    assert_string_equal(w.why, "t.lua:2: start.exec: the program ended with status 3 before it was "
                               "ready; it must stay in the foreground. It wrote:\nno token");
    assert_false(w.launch.unusable);
    end(&w);
}

static void a_target_that_is_not_ready_in_time_is_stopped(void **state)
{
    struct world w;
    char wanted[200];

    UNUSED(state);
    begin(&w, COAP, "'/bin/sh', '-c', 'exec tail -f /dev/null'");
    w.launch.limit_us = 100 * US_PER_MS;
    assert_false(launch_start(&w.launch, w.why));
    (void)snprintf(wanted, sizeof wanted,
                   "t.lua:1: coap: a ping at 127.0.0.1 port %u is not answered 0.1 s after the "
                   "start. It wrote nothing.",
                   w.places.coap_port);
    assert_string_equal(w.why, wanted);
    end(&w);
    begin(&w, COAPS, "'/bin/sh', '-c', 'exec tail -f /dev/null'");
    w.launch.limit_us = 100 * US_PER_MS;
    assert_false(launch_start(&w.launch, w.why));
    assert_non_null(strstr(w.why, "t.lua:1: coaps: a ClientHello at"));
    end(&w);
}

static void a_program_that_is_not_there_is_named(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w, COAPS, "'no-such-program'");
    assert_false(launch_start(&w.launch, w.why));
    assert_true(w.launch.unusable);
    assert_string_equal(w.why, "t.lua:2: start.exec: no-such-program cannot be started: No such "
                               "file or directory: install it, or write its path, as in "
                               "\"./program\" for one beside the target file");
    w.launch.program = "/no/endpoint";
    assert_false(launch_start(&w.launch, w.why));
    assert_string_equal(w.why, "--endpoint /no/endpoint: No such file or directory");
    end(&w);
    begin(&w, COAPS, "'/dev/null'");
    assert_false(launch_start(&w.launch, w.why));
    assert_string_equal(w.why, "t.lua:2: start.exec: /dev/null cannot be started: Permission "
                               "denied: make it executable (chmod +x)");
    end(&w);
    begin(&w, COAPS, "'/bin/true', '{events_url}'");
    assert_false(launch_start(&w.launch, w.why));
    assert_true(w.launch.unusable);
    assert_non_null(
        strstr(w.why, "t.lua:2: start.exec: placeholder \"{events_url}\" has no value"));
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_with_what_the_file_says_and_stops),
        cmocka_unit_test(what_the_target_has_started_ends_with_it),
        cmocka_unit_test(a_target_that_ends_at_once_is_told),
        cmocka_unit_test(a_target_that_is_not_ready_in_time_is_stopped),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
