#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "reference/publish_rules.h"
#include "reference/registry_watch.h"

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

/* --- versions and locks --------------------------------------------------------------------------
 */

static struct str meta_text(const json_t *doc, const char *field)
{
    const json_t *v = json_object_get(json_object_get(doc, "metadata"), field);

    return (struct str){json_string_value(v), json_string_length(v)};
}

static json_int_t generation_of(const json_t *doc)
{
    return json_integer_value(json_object_get(json_object_get(doc, "metadata"), "generation"));
}

static void versions_step_with_updates_and_generations_with_spec(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(create_device(f, DEVICE("d1", "")), REGISTRY_OK);
    json_t *first = get_device(f, "d1");

    assert_int_equal(meta_text(first, "uid").len, 36);
    assert_int_equal(generation_of(first), 1);
    assert_int_equal(update_device(f, "d1",
                                   "{\"metadata\":{\"application\":\"app1\",\"name\":\"d1\","
                                   "\"labels\":{\"a\":\"b\"}}}"),
                     REGISTRY_OK);
    json_t *second = get_device(f, "d1");

    assert_int_equal(generation_of(second), 1);
    assert_true(str_equal(meta_text(first, "uid"), meta_text(second, "uid")));
    assert_false(
        str_equal(meta_text(first, "resourceVersion"), meta_text(second, "resourceVersion")));
    assert_true(
        str_equal(meta_text(first, "creationTimestamp"), meta_text(second, "creationTimestamp")));
    assert_int_equal(update_device(f, "d1", DEVICE("d1", ",\"spec\":{\"x\":1}")), REGISTRY_OK);
    json_t *third = get_device(f, "d1");

    assert_int_equal(generation_of(third), 2);
    json_decref(first);
    json_decref(second);
    json_decref(third);
}

static void a_lock_that_does_not_fit_is_a_conflict(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(create_device(f, DEVICE("d1", "")), REGISTRY_OK);
    json_t *read = get_device(f, "d1");

    assert_int_equal(registry_device_update(f->registry, STR("app1"), STR("d1"), read, f->why),
                     REGISTRY_OK);
    assert_int_equal(registry_device_update(f->registry, STR("app1"), STR("d1"), read, f->why),
                     REGISTRY_CONFLICT);
    json_t *stale = json_pack("{s:s}", "resourceVersion", "other");
    json_t *other = json_pack("{s:s}", "uid", "other");
    json_t *same =
        json_pack("{s:O}", "uid", json_object_get(json_object_get(read, "metadata"), "uid"));

    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("d1"), stale),
                     REGISTRY_CONFLICT);
    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("d1"), other),
                     REGISTRY_CONFLICT);
    assert_non_null(find(f, "d1"));
    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("d1"), same),
                     REGISTRY_OK);
    assert_null(find(f, "d1"));
    json_decref(read);
    json_decref(stale);
    json_decref(other);
    json_decref(same);
}

static void a_document_for_another_path_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(create_device(f, DEVICE("d1", "")), REGISTRY_OK);
    assert_int_equal(update_device(f, "d1", DEVICE("d2", "")), REGISTRY_INVALID);
    assert_int_equal(update_device(f, "d2", DEVICE("d2", "")), REGISTRY_NOT_FOUND);
    assert_int_equal(create_device(f, "{\"metadata\":{\"application\":\"app2\",\"name\":\"d1\"}}"),
                     REGISTRY_REFERENCE_NOT_FOUND);
    assert_int_equal(create_app(f, "{\"metadata\":{\"name\":\"app1\"}}"), REGISTRY_CONFLICT);
    assert_int_equal(create_app(f, "{\"metadata\":{\"name\":\"Bad\"}}"), REGISTRY_INVALID);
    assert_int_equal(create_app(f, "[]"), REGISTRY_INVALID);
}

static void finalizers_keep_a_deleted_device_shown_but_not_usable(void **state)
{
    struct fixture *f = *state;
    static const char held[] = "{\"metadata\":{\"application\":\"app1\",\"name\":\"d1\","
                               "\"finalizers\":[\"wait\"]}}";

    assert_int_equal(create_device(f, held), REGISTRY_OK);
    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("d1"), NULL),
                     REGISTRY_OK);
    json_t *doc = get_device(f, "d1");

    assert_true(meta_text(doc, "deletionTimestamp").len > 0);
    assert_true(find(f, "d1")->disabled);
    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("d1"), NULL),
                     REGISTRY_OK);
    assert_int_equal(update_device(f, "d1", held), REGISTRY_OK);
    assert_true(find(f, "d1")->disabled);
    assert_int_equal(update_device(f, "d1", DEVICE("d1", "")), REGISTRY_OK);
    assert_null(find(f, "d1"));
    assert_int_equal(create_device(f, DEVICE("d1", "")), REGISTRY_OK);
    assert_false(find(f, "d1")->disabled);
    json_decref(doc);
}

static void undecodable_publish_rules_are_taken_and_reported(void **state)
{
    static const struct {
        const char *publish;
        const char *report;
        const char *fault;
    } cases[] = {
        {"{\"rules\":[{\"then\":[\"dorp\"]}]}", "invalid",
         "spec.publish.rules[0].then[0]: expected"           },
        {"{\"rules\":[{\"then\":[\"drop\"]}]}", "valid",   ""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *doc = json_pack("{s:{s:s},s:{s:o}}", "metadata", "name", "app1", "spec", "publish",
                                json_of(cases[i].publish));

        assert_int_equal(registry_app_update(f->registry, STR("app1"), doc, f->why), REGISTRY_OK);
        json_decref(doc);
        const struct str fault =
            publish_rules_fault(registry_find_app(f->reader, STR("app1"))->rules);

        assert_int_equal(fault.len == 0, cases[i].fault[0] == '\0');
        assert_memory_equal(fault.ptr, cases[i].fault, strlen(cases[i].fault));
        assert_int_equal(registry_app_get(f->registry, STR("app1"), &doc), REGISTRY_OK);
        assert_non_null(json_object_get(json_object_get(json_object_get(doc, "status"), "publish"),
                                        cases[i].report));
        json_decref(doc);
    }
}

static void an_application_is_deleted_with_its_devices(void **state)
{
    struct fixture *f = *state;
    json_t *doc;

    assert_int_equal(create_device(f, DEVICE("d1", ",\"spec\":{\"alias\":[\"x\"]}")), REGISTRY_OK);
    assert_int_equal(registry_app_delete(f->registry, STR("app1"), NULL), REGISTRY_OK);
    assert_null(registry_find_app(f->reader, STR("app1")));
    assert_null(find(f, "d1"));
    assert_null(find(f, "x"));
    assert_int_equal(registry_app_get(f->registry, STR("app1"), &doc), REGISTRY_NOT_FOUND);
    assert_int_equal(registry_device_get(f->registry, STR("app1"), STR("d1"), &doc),
                     REGISTRY_NOT_FOUND);
    assert_int_equal(registry_app_delete(f->registry, STR("app1"), NULL), REGISTRY_NOT_FOUND);
    assert_int_equal(create_app(f, "{\"metadata\":{\"name\":\"app1\"}}"), REGISTRY_OK);
    assert_int_equal(create_device(f, DEVICE("x", "")), REGISTRY_OK);
}

static void what_a_reader_found_stays_until_its_quiescent_point(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(create_device(f, DEVICE("d1", "")), REGISTRY_OK);
    const struct registry_device *found = find(f, "d1");
    const uint64_t before = registry_generation(f->reader);

    assert_int_equal(update_device(f, "d1", DEVICE("d1", ",\"spec\":{\"alias\":[\"x\"]}")),
                     REGISTRY_OK);
    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("d1"), NULL),
                     REGISTRY_OK);
    assert_string_equal(found->name.ptr, "d1"); /* the address sanitizer would tell */
    assert_true(registry_generation(f->reader) >= before + 2);
    registry_quiescent(f->reader);
}

/* --- lists ---------------------------------------------------------------------------------------
 */

static void expect_names(struct fixture *f, const struct registry_page *page, const char *want)
{
    char got[64] = "";
    json_t *docs;
    const json_t *doc;
    size_t i;

    assert_int_equal(registry_device_list(f->registry, STR("app1"), page, &docs, f->why),
                     REGISTRY_OK);
    json_array_foreach(docs, i, doc)
    {
        (void)strcat(strcat(got, meta_text(doc, "name").ptr), " ");
    }
    assert_string_equal(got, want);
    json_decref(docs);
}

static void lists_are_filtered_first_and_then_cut(void **state)
{
    struct fixture *f = *state;
    json_t *docs;

    for (int i = 0; i < 6; i++) {
        char text[200];

        (void)snprintf(text, sizeof text,
                       "{\"metadata\":{\"application\":\"app1\",\"name\":\"d%d\",\"labels\":{"
                       "\"odd\":\"%d\"}}}",
                       i, i % 2);
        assert_int_equal(create_device(f, text), REGISTRY_OK);
    }
    expect_names(f, &(struct registry_page){.limit = -1}, "d0 d1 d2 d3 d4 d5 ");
    expect_names(f, &(struct registry_page){.limit = 2, .offset = 1}, "d1 d2 ");
    expect_names(f, &(struct registry_page){.limit = 0}, "");
    expect_names(f, &(struct registry_page){.labels = "odd=1", .limit = -1}, "d1 d3 d5 ");
    expect_names(f, &(struct registry_page){.labels = "odd=1", .limit = 1, .offset = 1}, "d3 ");
    expect_names(f, &(struct registry_page){.labels = "!odd", .limit = -1}, "");
    expect_names(f, &(struct registry_page){.limit = -1, .after = STR("d3")}, "d4 d5 ");
    const struct registry_page bad = {.labels = "a=", .limit = -1};

    assert_int_equal(registry_device_list(f->registry, STR("app1"), &bad, &docs, f->why),
                     REGISTRY_INVALID);
    assert_null(docs);
    const struct registry_page all = {.limit = -1};

    assert_int_equal(registry_device_list(f->registry, STR("nope"), &all, &docs, f->why),
                     REGISTRY_NOT_FOUND);
}

/* --- other processes -----------------------------------------------------------------------------
 */

/* A second registry on the same file stands for the other process; this is what its thread does. */
static void catch_up(struct registry *r)
{
    (void)pthread_mutex_lock(&r->mutex);
    assert_int_equal(registry_catch_up(r), REGISTRY_OK);
    (void)pthread_mutex_unlock(&r->mutex);
}

static void another_process_s_changes_are_followed(void **state)
{
    struct fixture *f = *state;
    struct registry *other;

    assert_int_equal(create_device(f, DEVICE("d1", ",\"spec\":{\"alias\":[\"x\"]}")), REGISTRY_OK);
    assert_int_equal(registry_open(f->path, &other, f->why), REGISTRY_OK);
    struct registry_reader *reader = registry_reader_new(other);

    assert_non_null(registry_find_device(reader, STR("app1"), STR("x")));
    assert_int_equal(create_device(f, DEVICE("d2", "")), REGISTRY_OK);
    catch_up(other);
    assert_non_null(registry_find_device(reader, STR("app1"), STR("d2")));
    /* An alias becomes the name of another device. */
    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("d1"), NULL),
                     REGISTRY_OK);
    assert_int_equal(create_device(f, DEVICE("x", ",\"spec\":{\"alias\":[\"d1\"]}")), REGISTRY_OK);
    catch_up(other);
    assert_string_equal(registry_find_device(reader, STR("app1"), STR("d1"))->name.ptr, "x");
    assert_int_equal(registry_app_delete(f->registry, STR("app1"), NULL), REGISTRY_OK);
    catch_up(other);
    assert_null(registry_find_device(reader, STR("app1"), STR("d2")));
    assert_null(registry_find_app(reader, STR("app1")));
    registry_reader_free(&reader);
    registry_close(&other);
}

static void a_change_is_noticed_within_a_second(void **state)
{
    struct fixture *f = *state;
    struct registry *other;

    assert_int_equal(registry_open(f->path, &other, f->why), REGISTRY_OK);
    struct registry_reader *reader = registry_reader_new(other);
    const uint64_t generation = registry_generation(reader);

    assert_int_equal(create_device(f, DEVICE("d1", "")), REGISTRY_OK);
    const int64_t end_us = clock_mono_us() + US_PER_S;

    while (registry_generation(reader) == generation && clock_mono_us() < end_us)
        (void)sched_yield();
    assert_non_null(registry_find_device(reader, STR("app1"), STR("d1")));
    registry_reader_free(&reader);
    registry_close(&other);
}

static void a_name_taken_by_another_process_is_taken_at_once(void **state)
{
    struct fixture *f = *state;
    struct registry *other;

    assert_int_equal(registry_open(f->path, &other, f->why), REGISTRY_OK);
    json_t *doc = json_of(DEVICE("d1", ",\"spec\":{\"alias\":[\"x\"]}"));

    assert_int_equal(registry_device_create(other, doc, NULL), REGISTRY_OK);
    assert_int_equal(create_device(f, DEVICE("x", "")), REGISTRY_CONFLICT);
    assert_non_null(find(f, "x")); /* the failed attempt has learned of it */
    json_decref(doc);
    registry_close(&other);
}

/* --- files that cannot be used -------------------------------------------------------------------
 */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void expect_refused(struct fixture *f, const char *path, const char *what)
{
    struct registry *r;

    assert_int_equal(registry_open(path, &r, f->why), REGISTRY_STORE);
    assert_null(r);
    if (strncmp(f->why, path, strlen(path)) != 0 || strstr(f->why, what) == NULL)
        fail_msg("got `%s`", f->why);
}

static void files_that_are_no_registry_are_refused_by_name(void **state)
{
    struct fixture *f = *state;
    char path[100];

    close_registry(f);
    (void)snprintf(path, sizeof path, "%s.json", f->path);
    write_file(path, "this is a text file, and long enough to look at, one hundred bytes at least, "
                     "so that there is a header to read");
    expect_refused(f, path, "is not a registry database");
    assert_int_equal(unlink(path), 0);
    expect_refused(f, "/nowhere/registry.db", "No such file");
    expect_refused(f, f->folder, "cannot open");
    open_registry(f);
}

static void a_foreign_database_is_refused(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db;

    close_registry(f);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA application_id = 7", NULL, NULL, NULL), SQLITE_OK);
    expect_refused(f, f->path, "another program");
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA application_id = 1399153012; PRAGMA user_version = 99",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    expect_refused(f, f->path, "another version");
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA user_version = 1; UPDATE entry SET body = '{' WHERE name "
                                  "= 'app1'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    expect_refused(f, f->path, "damaged");
    assert_int_equal(sqlite3_exec(db, "UPDATE entry SET body = '{}'", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    open_registry(f);
}

static void files_are_for_the_owner_only(void **state)
{
    static const char *const files[] = {"", "-wal", "-shm"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(files); i++) {
        struct stat info;
        char path[100];

        (void)snprintf(path, sizeof path, "%s%s", f->path, files[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

/* --- import and export ---------------------------------------------------------------------------
 */

static enum registry_err import_text(struct fixture *f, const char *text)
{
    char path[100];

    (void)snprintf(path, sizeof path, "%s.json", f->path);
    write_file(path, text);
    return registry_import(f->registry, path, f->why);
}

/* A file, what it holds, and what import says behind its name. */
static const char *const bad_imports[][2] = {
    {"{\"applications\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{\"publish\":{\"rules\":[1]}}}]}",
     ".json: applications[0].spec.publish.rules[0]: expected an object"                                                                },
    {"{",                                                                                           ".json:1:1: "                      },
    {"[]",                                                                                          ".json: expected an object"        },
    {"{\"apps\":[]}",                                                                               ".json: apps: unknown field"       },
    {"{\"devices\":{}}",                                                                            ".json: devices: expected an array"},
    {"{\"applications\":[{\"metadata\":{\"name\":\"A\"}}]}",
     ".json: applications[0].metadata.name: expected a host name"                                                                      },
};

static void import_refuses_a_bad_file(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(bad_imports); i++)
        if (import_text(f, bad_imports[i][0]) == REGISTRY_OK ||
            strstr(f->why, bad_imports[i][1]) == NULL)
            fail_msg("%s: got `%s`", bad_imports[i][0], f->why);
}

static void import_is_all_or_nothing_and_names_the_place(void **state)
{
    static const char broken[] = DEVICE("d2", ",\"spec\":{\"core\":1}");
    static const char homeless[] = "{\"metadata\":{\"application\":\"no\",\"name\":\"d2\"}}";
    static const char thief[] = DEVICE("d2", ",\"spec\":{\"alias\":[\"d1\"]}");
    static const char twin[] = DEVICE("d1", ",\"spec\":{\"a\":1}");
    const char *const second[] = {broken, homeless, thief, twin};
    static const char *const whys[] = {
        ".json: devices[1].spec.core: expected an object",
        ".json: devices[1].metadata.application: expected an application that exists",
        ".json: devices[1]: the name `d1` is taken already",
        ".json: devices[1]: the name `d1` is taken already",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(whys); i++) {
        char text[400];

        (void)snprintf(text, sizeof text, "{\"devices\":[%s,%s]}", DEVICE("d1", ""), second[i]);
        if (import_text(f, text) == REGISTRY_OK || strstr(f->why, whys[i]) == NULL)
            fail_msg("%s: got `%s`", text, f->why);
        assert_null(find(f, "d1"));
    }
}

static void import_merges_and_leaves_alone_what_is_the_same(void **state)
{
    static const char text[] =
        "{\"applications\":[{\"metadata\":{\"name\":\"app2\",\"uid\":\"its-own\"}}],"
        "\"devices\":[" DEVICE("d1", ",\"spec\":{\"alias\":[\"x\"]}") "," DEVICE("d2", "") "]}";
    static const char moved[] =
        "{\"devices\":[" DEVICE("d2", ",\"spec\":{\"alias\":[\"x\"]}") "," DEVICE("d1", "") "]}";
    struct fixture *f = *state;

    assert_int_equal(create_device(f, DEVICE("d0", "")), REGISTRY_OK);
    if (import_text(f, text) != REGISTRY_OK)
        fail_msg("%s", f->why);
    assert_string_equal(registry_find_app(f->reader, STR("app2"))->uid.ptr, "its-own");
    assert_ptr_equal(find(f, "x"), find(f, "d1"));
    assert_non_null(find(f, "d0"));
    json_t *before = get_device(f, "d1");
    const uint64_t generation = registry_generation(f->reader);

    assert_int_equal(import_text(f, text), REGISTRY_OK);
    json_t *after = get_device(f, "d1");

    assert_true(json_equal(before, after));
    assert_true(registry_generation(f->reader) == generation);
    if (import_text(f, moved) != REGISTRY_OK)
        fail_msg("%s", f->why);
    assert_ptr_equal(find(f, "x"), find(f, "d2"));
    json_decref(before);
    json_decref(after);
}

static void what_is_exported_can_be_imported_elsewhere(void **state)
{
    struct fixture *f = *state;
    char path[100];
    struct stat info;
    struct registry *copy;
    json_t *there;

    (void)snprintf(path, sizeof path, "%s.json", f->path);
    assert_int_equal(create_device(f, DEVICE("d1", ",\"spec\":{\"authentication\":{\"credentials\":"
                                                   "[{\"pass\":\"p\"}]}}")),
                     REGISTRY_OK);
    assert_int_equal(registry_export(f->registry, path, f->why), REGISTRY_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(registry_open(":memory:", &copy, f->why), REGISTRY_OK);
    if (registry_import(copy, path, f->why) != REGISTRY_OK)
        fail_msg("%s", f->why);
    json_t *here = get_device(f, "d1");

    assert_int_equal(registry_device_get(copy, STR("app1"), STR("d1"), &there), REGISTRY_OK);
    assert_true(json_equal(json_object_get(here, "spec"), json_object_get(there, "spec")));
    assert_true(str_equal(meta_text(here, "uid"), meta_text(there, "uid")));
    assert_true(
        str_equal(meta_text(here, "creationTimestamp"), meta_text(there, "creationTimestamp")));
    json_decref(here);
    json_decref(there);
    registry_close(&copy);
}

/* More changes than the log names one by one reach other processes as well. */
static void a_large_import_reaches_other_processes(void **state)
{
    enum { DEVICES = 1500 };
    struct fixture *f = *state;
    struct buf text = buf_growing();
    struct registry *other;

    assert_int_equal(create_device(f, DEVICE("old", ",\"spec\":{\"alias\":[\"d7\"]}")),
                     REGISTRY_OK);
    assert_int_equal(registry_open(f->path, &other, f->why), REGISTRY_OK);
    struct registry_reader *reader = registry_reader_new(other);

    assert_int_equal(registry_device_delete(f->registry, STR("app1"), STR("old"), NULL),
                     REGISTRY_OK);
    buf_add_str(&text, STR("{\"devices\":["));
    for (int i = 0; i < DEVICES; i++)
        buf_add_format(&text,
                       "%s{\"metadata\":{\"application\":\"app1\",\"name\":\"d%d\"},\"spec\":{"
                       "\"alias\":[\"a%d\"]}}",
                       i == 0 ? "" : ",", i, i);
    buf_add(&text, "]}", 3);
    if (import_text(f, text.ptr) != REGISTRY_OK)
        fail_msg("%s", f->why);
    catch_up(other);
    assert_null(registry_find_device(reader, STR("app1"), STR("old")));
    assert_string_equal(registry_find_device(reader, STR("app1"), STR("d7"))->name.ptr, "d7");
    registry_reader_free(&reader);
    registry_close(&other);
    buf_fini(&text);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_created_device_is_found_by_all_its_names),
        CASE(everything_is_there_again_after_a_restart),
        CASE(names_are_one_namespace_in_an_application),
        CASE(versions_step_with_updates_and_generations_with_spec),
        CASE(a_lock_that_does_not_fit_is_a_conflict),
        CASE(a_document_for_another_path_is_refused),
        CASE(finalizers_keep_a_deleted_device_shown_but_not_usable),
        CASE(undecodable_publish_rules_are_taken_and_reported),
        CASE(an_application_is_deleted_with_its_devices),
        CASE(what_a_reader_found_stays_until_its_quiescent_point),
        CASE(lists_are_filtered_first_and_then_cut),
        CASE(another_process_s_changes_are_followed),
        CASE(a_change_is_noticed_within_a_second),
        CASE(a_name_taken_by_another_process_is_taken_at_once),
        CASE(files_that_are_no_registry_are_refused_by_name),
        CASE(a_foreign_database_is_refused),
        CASE(files_are_for_the_owner_only),
        CASE(import_refuses_a_bad_file),
        CASE(import_is_all_or_nothing_and_names_the_place),
        CASE(import_merges_and_leaves_alone_what_is_the_same),
        CASE(what_is_exported_can_be_imported_elsewhere),
        CASE(a_large_import_reaches_other_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
