/* Not under valgrind, where a program that cannot be started seems to start. */
/* labels: slow */
#include "simulator/provision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/buf.h"
#include "simulator/provision_request.h"

/* A registry that keeps the requests in DIR/log, and refuses the first of each that matters. */
#define REGISTRY                                                                                   \
    "return { name = 'x', coap = 'coap://h', registry = { exec = { '/bin/sh', '-c', [[\n"          \
    "read -r hello; echo '{\"protocol\":\"seatrial-adapter\",\"version\":1}'\n"                    \
    "while read -r line; do\n"                                                                     \
    "  id=${line##*\\\"id\\\":}; id=${id%%[!0-9]*}\n"                                              \
    "  echo \"$line\" >>$SEATRIAL_TEST_DIR/log\n"                                                  \
    "  case $line in\n"                                                                            \
    "  *create_device*d0000000001*|*create_application*exists*)\n"                                 \
    "    echo "                                                                                    \
    "\"{\\\"ok\\\":false,\\\"kind\\\":\\\"refused\\\",\\\"status\\\":409,\\\"id\\\":$id}\";;\n"    \
    "  *delete_device*d0000000001*)\n"                                                             \
    "    echo "                                                                                    \
    "\"{\\\"ok\\\":false,\\\"kind\\\":\\\"refused\\\",\\\"status\\\":404,\\\"id\\\":$id}\";;\n"    \
    "  *d0000000666*)\n"                                                                           \
    "    echo "                                                                                    \
    "\"{\\\"ok\\\":false,\\\"kind\\\":\\\"refused\\\",\\\"status\\\":400,\\\"error\\\":"           \
    "\\\"no\\\",\\\"id\\\":$id}\";;\n"                                                             \
    "  *) echo \"{\\\"ok\\\":true,\\\"id\\\":$id}\";;\n"                                           \
    "  esac\n"                                                                                     \
    "done]] } } }"

#define ONE_OF_EACH                                                                                \
    "return { summary = 'x', devices = 10, period = '1 s', stages = { { hold = '1 s' } }, "        \
    "classes = { "

struct world {
    struct target target;
    struct profile profile;
    struct provision_options o;
    char dir[64];
};

static void begin(struct world *w, const char *target, const char *classes)
{
    char why[2048];
    struct buf text = buf_growing();

    *w = (struct world){.dir = "/tmp/seatrial-provision-XXXXXX"};
    assert_non_null(mkdtemp(w->dir));
    assert_int_equal(setenv("SEATRIAL_TEST_DIR", w->dir, 1), 0);
    struct target_places places = {.coap_port = 1, .dir = w->dir, .seed = "5"};

    if (!target_read(&w->target, str_from(target), "t.lua", &places, why))
        fail_msg("%s", why);
    buf_add_format(&text, ONE_OF_EACH "%s } }", classes);
    if (!profile_read(&w->profile, buf_str(&text), "p.lua", why))
        fail_msg("%s", why);
    buf_fini(&text);
    w->o = (struct provision_options){.target = &w->target,
                                      .profile = &w->profile,
                                      .seed = 5,
                                      .run_id = "00000000000000aa",
                                      .device_count = 3};
}

static void end(struct world *w)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/log", w->dir);
    (void)unlink(path);
    assert_int_equal(rmdir(w->dir), 0);
    target_fini(&w->target);
    profile_fini(&w->profile);
}

/* How many lines of DIR/log hold the text. */
static int logged(const struct world *w, const char *text)
{
    char path[128], line[4096];
    FILE *f;
    int count = 0;

    (void)snprintf(path, sizeof path, "%s/log", w->dir);
    f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL)
        count += strstr(line, text) != NULL;
    (void)fclose(f);
    return count;
}

static void check_request(const struct world *w, const char *const wanted[PROVISION_REQUEST_MAX])
{
    json_t *got[PROVISION_REQUEST_MAX];
    size_t count = provision_request_device(&w->o, 1, got);

    for (size_t i = 0; i < PROVISION_REQUEST_MAX; i++) {
        if (wanted[i] == NULL) {
            assert_true(i >= count);
            continue;
        }
        char *text = json_dumps(got[i], JSON_COMPACT | JSON_SORT_KEYS);

        assert_true(i < count);
        assert_string_equal(text, wanted[i]);
        free(text);
        json_decref(got[i]);
    }
}

#define APP "\"application\":\"swarm-0000000000000005\""

/* clang-format off */
static const struct {
    const char *class;
    const char *wanted[PROVISION_REQUEST_MAX];
    enum credentials_kind kind;
} classes[] = {
    {"a = { credential = 'basic' }",
     {"{" APP ",\"credentials\":[{\"password\":\"5d1965a8d1707399\"}],\"device\":\"d0000000001\",\"op\":\"create_device\"}"}, CREDENTIALS_NONE},
    {"a = { credential = 'psk' }",
     {"{" APP ",\"credentials\":[{\"psk\":\"hkEHW+B/RW2MhpDplwhYyg==\"}],\"device\":\"d0000000001\",\"op\":\"create_device\"}"}, CREDENTIALS_NONE},
    {"a = { credential = 'x509' }",
     {"{\"aliases\":[\"O=swarm-0000000000000005, CN=d0000000001\"]," APP ",\"device\":\"d0000000001\",\"op\":\"create_device\"}"}, CREDENTIALS_GOOD},
    {"a = { credential = 'expired-x509', gateway = true }",
     {"{" APP ",\"device\":\"d0000000001\",\"gateways\":[\"g0000000001\"],\"op\":\"create_device\"}",
      "{\"aliases\":[\"O=swarm-0000000000000005, CN=g0000000001\"]," APP ",\"device\":\"g0000000001\",\"op\":\"create_device\"}"},
     CREDENTIALS_EXPIRED_GATEWAY},
    {"a = { credential = 'garbage' }", {NULL}, CREDENTIALS_NONE},
};
/* clang-format on */

static void a_device_has_what_its_class_needs(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(classes); i++) {
        struct world w;

        begin(&w, REGISTRY, classes[i].class);
        assert_int_equal(provision_x509_kind(&w.o, 1), classes[i].kind);
        assert_int_equal(provision_wants_x509(&w.profile), classes[i].kind != CREDENTIALS_NONE);
        check_request(&w, classes[i].wanted);
        end(&w);
    }
}

static void what_exists_already_is_made_as_it_should_be(void **state)
{
    struct world w;
    char why[PROVISION_WHY_LEN];

    UNUSED(state);
    begin(&w, REGISTRY, "a = { credential = 'psk', gateway = true }");
    if (!provision_run(&w.o, why))
        fail_msg("%s", why);
    assert_int_equal(logged(&w, "create_application"), 1);
    assert_int_equal(logged(&w, "create_device"), 6);
    assert_int_equal(logged(&w, "update_device"), 1);
    assert_int_equal(logged(&w, "g0000000002"), 2);
    assert_int_equal(logged(&w, "d0000000003"), 0);
    if (!provision_clean(&w.o, why))
        fail_msg("%s", why);
    assert_int_equal(logged(&w, "delete_device"), 6);
    assert_int_equal(logged(&w, "delete_application"), 1);
    end(&w);
}

static void a_slice_leaves_the_application_to_the_others(void **state)
{
    struct world w;
    char why[PROVISION_WHY_LEN];

    UNUSED(state);
    begin(&w, REGISTRY, "a = {}");
    w.o.only_devices = true;
    if (!provision_clean(&w.o, why))
        fail_msg("%s", why);
    assert_int_equal(logged(&w, "delete_device"), 3);
    assert_int_equal(logged(&w, "delete_application"), 0);
    end(&w);
}

static void a_refusal_names_the_device(void **state)
{
    struct world w;
    char why[PROVISION_WHY_LEN];

    UNUSED(state);
    begin(&w, REGISTRY, "a = { credential = 'basic' }");
    w.o.first_device = 600;
    w.o.device_count = 1000;
    assert_false(provision_run(&w.o, why));
    assert_string_equal(why, "create_device of d0000000666: no");
    assert_int_equal(logged(&w, "d0000001599"), 0);
    end(&w);
}

static void stops_when_asked(void **state)
{
    struct world w;
    char why[PROVISION_WHY_LEN];
    _Atomic(bool) stop = true;

    UNUSED(state);
    begin(&w, REGISTRY, "a = {}");
    w.o.stop = &stop;
    assert_false(provision_run(&w.o, why));
    assert_string_equal(why, "interrupted; begin again to go on");
    assert_int_equal(logged(&w, "create_device"), 0);
    end(&w);
}

static void take_progress(void *arg, const struct provision_progress *p)
{
    *(struct provision_progress *)arg = *p;
}

static void the_file_has_the_whole_registry(void **state)
{
    struct world w;
    struct provision_progress last = {.done = 0};
    char why[PROVISION_WHY_LEN], path[128];
    struct stat st;

    UNUSED(state);
    begin(&w, REGISTRY, "a = { gateway = true }");
    w.o.progress = take_progress;
    w.o.arg = &last;
    (void)snprintf(path, sizeof path, "%s/log", w.dir);
    if (!provision_write(&w.o, path, why))
        fail_msg("%s", why);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "applications")), 1);
    assert_int_equal(json_array_size(json_object_get(root, "devices")), 6);
    json_decref(root);
    assert_int_equal(logged(&w, "\"seatrial-run\":\"00000000000000aa\""), 7);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(last.done, 3);
    assert_int_equal(last.eta_us, 0);
    assert_false(provision_write(&w.o, "/nowhere/at/all", why));
    assert_non_null(strstr(why, "/nowhere/at/all"));
    end(&w);
}

static void a_list_has_a_line_for_each(void **state)
{
    struct world w;
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    UNUSED(state);
    begin(&w, REGISTRY, "a = { credential = 'x509' }");
    w.o.device_count = 1;
    assert_true(provision_list(&w.o, f));
    (void)fclose(f);
    assert_string_equal(
        text,
        "application,device,password,psk_base64,certificate_subject,gateway\n"
        "swarm-0000000000000005,d0000000000,,,\"O=swarm-0000000000000005, CN=d0000000000\",\n");
    free(text);
    end(&w);
}

static void the_way_follows_from_the_target_file(void **state)
{
    static const struct {
        const char *text;
        enum provision_way way;
    } rows[] = {
        {REGISTRY,                                                                                 PROVISION_ADAPTER},
        {"return { name = 'x', coap = 'coap://h' }",                                               PROVISION_NOT    },
        {"return { name = 'x', coap = 'coap://h', registry = { drogue = { url = 'http://h' } }, "
         "start = { exec = { 'e', '--registry', '{registry_file}' }, ready = 'http' } }", PROVISION_FILE   },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        char why[PROVISION_WHY_LEN];

        begin(&w, rows[i].text, "a = {}");
        assert_int_equal(provision_way(&w.target), rows[i].way);
        if (rows[i].way == PROVISION_NOT) {
            assert_false(provision_run(&w.o, why));
            assert_string_equal(why, "the target file names no registry that can be written to");
        }
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_has_what_its_class_needs),
        cmocka_unit_test(what_exists_already_is_made_as_it_should_be),
        cmocka_unit_test(a_slice_leaves_the_application_to_the_others),
        cmocka_unit_test(a_refusal_names_the_device),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(the_file_has_the_whole_registry),
        cmocka_unit_test(a_list_has_a_line_for_each),
        cmocka_unit_test(the_way_follows_from_the_target_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
