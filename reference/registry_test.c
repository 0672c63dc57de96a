#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reference/registry.h"

/* A registry in a folder of its own, with the application `app1`. */
struct fixture {
    char folder[64];
    char path[80];
    struct registry *registry;
    struct registry_reader *reader;
    char why[REGISTRY_WHY_LEN];
};

static json_t *json_of(const char *text)
{
    json_error_t error;
    json_t *v = json_loads(text, 0, &error);

    if (v == NULL)
        fail_msg("%s: %s", text, error.text);
    return v;
}

static enum registry_err create_app(struct fixture *f, const char *text)
{
    json_t *doc = json_of(text);
    const enum registry_err err = registry_app_create(f->registry, doc, f->why);

    json_decref(doc);
    return err;
}

static enum registry_err create_device(struct fixture *f, const char *text)
{
    json_t *doc = json_of(text);
    const enum registry_err err = registry_device_create(f->registry, doc, f->why);

    json_decref(doc);
    return err;
}

static enum registry_err update_device(struct fixture *f, const char *name, const char *text)
{
    json_t *doc = json_of(text);
    const enum registry_err err =
        registry_device_update(f->registry, STR("app1"), str_from(name), doc, f->why);

    json_decref(doc);
    return err;
}

static json_t *get_device(struct fixture *f, const char *name)
{
    json_t *doc = NULL;

    assert_int_equal(registry_device_get(f->registry, STR("app1"), str_from(name), &doc),
                     REGISTRY_OK);
    return doc;
}

static const struct registry_device *find(struct fixture *f, const char *alias)
{
    return registry_find_device(f->reader, STR("app1"), str_from(alias));
}

static void open_registry(struct fixture *f)
{
    if (registry_open(f->path, &f->registry, f->why) != REGISTRY_OK)
        fail_msg("%s", f->why);
    f->reader = registry_reader_new(f->registry);
}

static void close_registry(struct fixture *f)
{
    registry_reader_free(&f->reader);
    registry_close(&f->registry);
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    (void)snprintf(f->folder, sizeof f->folder, "/tmp/registry-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/registry.db", f->folder);
    open_registry(f);
    assert_int_equal(create_app(f, "{\"metadata\":{\"name\":\"app1\"}}"), REGISTRY_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"", "-wal", "-shm", ".json", ".json.tmp"};
    struct fixture *f = *state;

    close_registry(f);
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[100];

        (void)snprintf(path, sizeof path, "%s%s", f->path, files[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

#define DEVICE(name, rest) "{\"metadata\":{\"application\":\"app1\",\"name\":\"" name "\"}" rest "}"

static void a_created_device_is_found_by_all_its_names(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        create_device(f, DEVICE("d1", ",\"spec\":{\"alias\":[\"a1\"],\"authentication\":"
                                      "{\"credentials\":[{\"pass\":\"p\"},{\"user\":{\"username\":"
                                      "\"u1\",\"password\":\"q\",\"unique\":true}},{\"user\":{"
                                      "\"username\":\"u2\",\"password\":\"q\"}}]}}")),
        REGISTRY_OK);
    assert_non_null(find(f, "d1"));
    assert_ptr_equal(find(f, "a1"), find(f, "d1"));
    assert_ptr_equal(find(f, "u1"), find(f, "d1"));
    assert_null(find(f, "u2"));
    assert_null(registry_find_device(f->reader, STR("app2"), STR("d1")));
    assert_null(registry_find_device(f->reader, STR(""), STR("app1")));
    assert_int_equal(find(f, "d1")->password_count, 3);
    assert_non_null(registry_find_app(f->reader, STR("app1")));
}

static void everything_is_there_again_after_a_restart(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(create_device(f, DEVICE("d1", ",\"spec\":{\"alias\":[\"a1\"]}")), REGISTRY_OK);
    json_t *before = get_device(f, "d1");

    close_registry(f);
    open_registry(f);
    json_t *after = get_device(f, "d1");

    assert_true(json_equal(before, after));
    assert_non_null(find(f, "a1"));
    json_decref(before);
    json_decref(after);
}

static void names_are_one_namespace_in_an_application(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(create_device(f, DEVICE("d1", ",\"spec\":{\"alias\":[\"x\"]}")), REGISTRY_OK);
    assert_int_equal(create_device(f, DEVICE("d1", "")), REGISTRY_CONFLICT);
    assert_int_equal(create_device(f, DEVICE("x", "")), REGISTRY_CONFLICT);
    assert_string_equal(f->why, "the name `x` is taken already");
    assert_int_equal(create_device(f, DEVICE("d2", ",\"spec\":{\"alias\":[\"d1\"]}")),
                     REGISTRY_CONFLICT);
    assert_int_equal(create_device(f, DEVICE("d2", ",\"spec\":{\"alias\":[\"d2\"]}")),
                     REGISTRY_CONFLICT);
    assert_null(find(f, "d2"));
    assert_int_equal(create_device(f, DEVICE("d2", "")), REGISTRY_OK);
    assert_int_equal(update_device(f, "d2", DEVICE("d2", ",\"spec\":{\"alias\":[\"x\"]}")),
                     REGISTRY_CONFLICT);
    assert_int_equal(update_device(f, "d1", DEVICE("d1", "")), REGISTRY_OK);
    assert_null(find(f, "x"));
    assert_int_equal(update_device(f, "d2", DEVICE("d2", ",\"spec\":{\"alias\":[\"x\"]}")),
                     REGISTRY_OK);
    assert_ptr_equal(find(f, "x"), find(f, "d2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_created_device_is_found_by_all_its_names, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(everything_is_there_again_after_a_restart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_are_one_namespace_in_an_application, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
