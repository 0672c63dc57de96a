#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reference/demo.h"
#include "reference/enroll.h"

/* 2023-11-14T22:13:20Z */
#define NOW_US INT64_C(1700000000000000)

static const char *const files[] = {"demo-ca.crt", "demo-ca.key", "server.crt", "server.key",
                                    "device1.crt", "device1.key", "device1.psk"};

struct world {
    char folder[64];
    struct registry *registry;
    struct registry_reader *reader;
    char why[REGISTRY_WHY_LEN];
};

static char *path_of(const struct world *w, const char *file)
{
    return enroll_path(w->folder, str_from(file), "");
}

static void prepare(struct world *w, int64_t now_us)
{
    if (!demo_prepare(w->folder, w->registry, now_us, w->why))
        fail_msg("%s", w->why);
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/demo-test-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    assert_int_equal(registry_open(":memory:", &w->registry, w->why), REGISTRY_OK);
    w->reader = registry_reader_new(w->registry);
    prepare(w, NOW_US);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    registry_reader_free(&w->reader);
    registry_close(&w->registry);
    for (size_t i = 0; i < COUNT(files); i++) {
        char *path = path_of(w, files[i]);

        (void)unlink(path);
        free(path);
    }
    assert_int_equal(rmdir(w->folder), 0);
    free(w);
    return 0;
}

static void remove_file(const struct world *w, const char *file)
{
    char *path = path_of(w, file);

    assert_int_equal(unlink(path), 0);
    free(path);
}

/* The content of a file, NUL-terminated; the caller's buf_fini. */
static struct buf content(const struct world *w, const char *file)
{
    char *path = path_of(w, file);
    FILE *stream = fopen(path, "r");
    struct buf b = buf_growing();
    int c;

    assert_non_null(stream);
    while ((c = fgetc(stream)) != EOF)
        buf_add_char(&b, (char)c);
    buf_add_char(&b, '\0');
    (void)fclose(stream);
    free(path);
    return b;
}

static const struct registry_device *device(const struct world *w, const char *alias)
{
    return registry_find_device(w->reader, STR(DEMO_APP), str_from(alias));
}

static void the_first_start_makes_everything(void **state)
{
    struct world *w = *state;
    const struct registry_app *app = registry_find_app(w->reader, STR(DEMO_APP));
    const struct registry_device *d = device(w, DEMO_DEVICE);
    struct buf key = content(w, "device1.psk");

    assert_non_null(app);
    assert_int_equal(app->anchor_count, 1);
    assert_ptr_equal(registry_find_app(w->reader, STR("O=example-app, OU=Seatrial, CN=Device CA")),
                     app);
    assert_ptr_equal(device(w, "O=example-app, CN=device1"), d);
    assert_int_equal(d->password_count, 1);
    assert_string_equal(d->passwords[0].secret.ptr, "hey-rodney");
    assert_int_equal(d->psk_count, 1);
    assert_int_equal(d->psks[0].key.len, 32);
    assert_memory_equal(d->psks[0].key.ptr, key.ptr, 32);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct stat info;
        char *path = path_of(w, files[i]);

        assert_int_equal(stat(path, &info), 0);
        if (strstr(files[i], ".crt") == NULL)
            assert_int_equal(info.st_mode & 0777, 0600);
        free(path);
    }
    buf_fini(&key);
}

static void the_next_start_changes_nothing(void **state)
{
    struct world *w = *state;
    struct buf before[COUNT(files)];
    const uint64_t generation = registry_generation(w->reader);

    for (size_t i = 0; i < COUNT(files); i++)
        before[i] = content(w, files[i]);
    prepare(w, NOW_US + US_PER_S);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct buf after = content(w, files[i]);

        assert_string_equal(before[i].ptr, after.ptr);
        buf_fini(&before[i]);
        buf_fini(&after);
    }
    assert_true(registry_generation(w->reader) == generation);
}

static void what_is_lost_or_has_expired_is_made_anew(void **state)
{
    struct world *w = *state;
    struct buf server = content(w, "server.crt");
    struct buf key = content(w, "device1.psk");
    const int64_t day_us = INT64_C(86400) * US_PER_S;

    remove_file(w, "device1.crt");
    remove_file(w, "device1.psk");
    prepare(w, NOW_US + (ENROLL_DAYS + 1) * day_us);
    struct buf server_after = content(w, "server.crt");
    struct buf key_after = content(w, "device1.psk");

    assert_string_not_equal(server.ptr, server_after.ptr);
    assert_string_not_equal(key.ptr, key_after.ptr);
    assert_int_equal(device(w, DEMO_DEVICE)->psk_count, 2);
    buf_fini(&server);
    buf_fini(&server_after);
    buf_fini(&key);
    buf_fini(&key_after);
}

static void a_new_registry_gets_what_the_files_hold(void **state)
{
    struct world *w = *state;
    struct buf key = content(w, "device1.psk");
    struct buf certificate = content(w, "device1.crt");

    registry_reader_free(&w->reader);
    registry_close(&w->registry);
    assert_int_equal(registry_open(":memory:", &w->registry, w->why), REGISTRY_OK);
    w->reader = registry_reader_new(w->registry);
    prepare(w, NOW_US);
    struct buf certificate_after = content(w, "device1.crt");

    assert_memory_equal(device(w, DEMO_DEVICE)->psks[0].key.ptr, key.ptr, 32);
    assert_string_equal(certificate.ptr, certificate_after.ptr);
    assert_non_null(device(w, "O=example-app, CN=device1"));
    buf_fini(&key);
    buf_fini(&certificate);
    buf_fini(&certificate_after);
}

static void says_what_to_type_for_the_ports_that_are_served(void **state)
{
    struct world *w = *state;
    char text[4096] = "";
    FILE *say = fmemopen(text, sizeof text - 1, "w");

    demo_say(w->folder, &(struct demo_ports){.coaps = 5684}, say);
    (void)fclose(say);
    assert_non_null(strstr(text, "coap-client-openssl -m post coaps://localhost:5684/v1/foo -O "
                                 "4209,\"Basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5\"\n"));
    assert_non_null(strstr(text, "-u device1@example-app -k "));
    assert_null(strstr(text, " coap://"));
    assert_null(strstr(text, "curl"));
    say = fmemopen(text, sizeof text - 1, "w");
    demo_say(w->folder, &(struct demo_ports){.coap = 1, .http = 2}, say);
    (void)fclose(say);
    assert_non_null(strstr(text, "coap://localhost:1/v1/foo"));
    assert_non_null(strstr(text, "http://localhost:2/api/command/v1alpha1/apps/example-app/devices/"
                                 "device1?command="));
    assert_null(strstr(text, "coaps://"));
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct world *w = *state;
    char *file = path_of(w, "server.crt");
    char *below = path_of(w, "server.crt/x");

    assert_false(demo_make_folder(file, w->why));
    assert_non_null(strstr(w->why, "server.crt: is no folder"));
    assert_false(demo_make_folder(below, w->why));
    assert_non_null(strstr(w->why, "Not a directory"));
    assert_true(demo_make_folder(w->folder, w->why));
    free(file);
    free(below);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_start_makes_everything),
        CASE(the_next_start_changes_nothing),
        CASE(what_is_lost_or_has_expired_is_made_anew),
        CASE(a_new_registry_gets_what_the_files_hold),
        CASE(says_what_to_type_for_the_ports_that_are_served),
        CASE(a_folder_that_cannot_be_made_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
