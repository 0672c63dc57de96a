#include "lib/backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_url_is_given_to_the_target_and_nothing_is_started(void **state)
{
    struct target_places places = {.backend_port = 4711};
    char why[LAUNCH_WHY_LEN] = "";
    struct backend b;

    UNUSED(state);
    backend_read(&b, "https://drogue.example:8443/x", &places);
    assert_string_equal(places.backend_url, "https://drogue.example:8443/x");
    assert_true(backend_start(&b, &places, "/dev/null", why));
    assert_false(backend_has_ended(&b));
    backend_stop(&b);
}

static void a_command_is_found_at_the_free_port(void **state)
{
    struct target_places places = {.backend_port = 4711};
    struct backend b;

    UNUSED(state);
    backend_read(&b, "serve --http {backend_port}", &places);
    assert_string_equal(places.backend_url, "http://127.0.0.1:4711");
    backend_stop(&b);
}

static void without_one_there_is_no_placeholder(void **state)
{
    struct target_places places = {.backend_port = 4711};
    struct backend b;

    UNUSED(state);
    backend_read(&b, NULL, &places);
    assert_null(places.backend_url);
    backend_stop(&b);
}

static void a_command_that_ends_at_once_is_told(void **state)
{
    struct target_places places;
    char why[LAUNCH_WHY_LEN] = "";
    struct backend b;

    UNUSED(state);
    assert_true(target_free_ports(&places));
    backend_read(&b, "true", &places);
    assert_false(backend_start(&b, &places, "/dev/null", why));
    assert_non_null(strstr(why, "--backend: the program ended with status"));
    backend_stop(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_given_to_the_target_and_nothing_is_started),
        cmocka_unit_test(a_command_is_found_at_the_free_port),
        cmocka_unit_test(without_one_there_is_no_placeholder),
        cmocka_unit_test(a_command_that_ends_at_once_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
