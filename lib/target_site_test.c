#include "lib/target_site.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A helper that goes on until it is ended. */
#define TARGET                                                                                     \
    "return { name = 'mine', coap = 'coap://127.0.0.1:{coap_port}',\n"                             \
    "helpers = { { exec = { 'tail', '-f', '/dev/null' } } } }"

struct world {
    struct target_site site;
    struct target target;
    char dir[64]; /* SCENARIOS */
    char why[TARGET_WHY_LEN];
};

static void begin(struct world *w)
{
    char path[128];
    FILE *f;

    *w = (struct world){.dir = "/tmp/seatrial-site-XXXXXX"};
    assert_non_null(mkdtemp(w->dir));
    (void)snprintf(path, sizeof path, "%s/targets", w->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/targets/mine.lua", w->dir);
    f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(TARGET, f);
    (void)fclose(f);
}

static void end(struct world *w)
{
    char path[128];

    target_fini(&w->target);
    (void)snprintf(path, sizeof path, "%s/targets/mine.lua", w->dir);
    assert_int_equal(unlink(path), 0);
    *strrchr(path, '/') = '\0';
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(w->dir), 0);
}

static bool load(struct world *w, const char *target)
{
    struct target_site_options o = {.target = target, .scenarios = w->dir, .seed = 0xabc};

    return target_site_load(&w->site, &o, &w->target, w->why);
}

static void tells_addresses_from_files(void **state)
{
    UNUSED(state);
    assert_true(target_site_is_address("coap://h"));
    assert_true(target_site_is_address("coaps://h:5684"));
    assert_false(target_site_is_address("coap"));
    assert_false(target_site_is_address("./coap://h"));
}

static void scenarios_stand_here_or_where_they_are_installed(void **state)
{
    UNUSED(state);
    struct world w;
    char here[256];

    begin(&w);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(w.dir), 0);
    assert_string_equal(target_site_scenarios("/installed"), "/installed");
    assert_int_equal(mkdir("scenarios", 0700), 0);
    assert_string_equal(target_site_scenarios("/installed"), "scenarios");
    assert_int_equal(rmdir("scenarios"), 0);
    assert_int_equal(chdir(here), 0);
    end(&w);
}

static void a_name_is_a_file_of_scenarios(void **state)
{
    UNUSED(state);
    struct world w;

    begin(&w);
    if (!load(&w, "mine"))
        fail_msg("%s", w.why);
    assert_string_equal(w.target.name, "mine");
    assert_string_equal(w.site.seed, "abc");
    assert_int_equal(access(w.site.dir, W_OK), 0);
    target_site_close(&w.site, false);
    end(&w);
}

static void what_has_a_slash_or_ends_like_a_file_is_a_path(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"no/such", "such.lua", "such"};
    static const char *const said[] = {"no/such", "such.lua", "/targets/such.lua"};

    for (size_t i = 0; i < COUNT(names); i++) {
        struct world w;

        begin(&w);
        assert_false(load(&w, names[i]));
        if (strstr(w.why, said[i]) == NULL)
            fail_msg("%s: %s", names[i], w.why);
        target_site_close(&w.site, false);
        end(&w);
    }
}

static void helpers_and_folder_go_in_the_end(void **state)
{
    UNUSED(state);
    struct world w;
    char dir[sizeof w.site.dir];

    begin(&w);
    assert_true(load(&w, "mine"));
    memcpy(dir, w.site.dir, sizeof dir);
    if (!target_site_start_helpers(&w.site, &w.target, "/dev/null", w.why))
        fail_msg("%s", w.why);
    pid_t pid = w.site.helper[0].pid;

    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), 0);
    target_site_close(&w.site, false);
    assert_int_not_equal(kill(pid, 0), 0);
    assert_int_not_equal(access(dir, F_OK), 0);
    target_site_close(&w.site, false);
    end(&w);
}

static void the_folder_stays_when_it_is_to_be_kept(void **state)
{
    UNUSED(state);
    struct world w;
    char dir[sizeof w.site.dir];

    begin(&w);
    assert_true(load(&w, "mine"));
    memcpy(dir, w.site.dir, sizeof dir);
    target_site_close(&w.site, true);
    assert_int_equal(access(dir, F_OK), 0);
    assert_int_equal(rmdir(dir), 0);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_addresses_from_files),
        cmocka_unit_test(scenarios_stand_here_or_where_they_are_installed),
        cmocka_unit_test(a_name_is_a_file_of_scenarios),
        cmocka_unit_test(what_has_a_slash_or_ends_like_a_file_is_a_path),
        cmocka_unit_test(helpers_and_folder_go_in_the_end),
        cmocka_unit_test(the_folder_stays_when_it_is_to_be_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
