/* The broker against a registry, command API and event files of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/broker.h"
#include "lib/adapter.h"

enum { MAX_SEEN = 32 };

/* A server that keeps what it is asked, as `METHOD PATH BODY`. */
struct registry {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    char *seen[MAX_SEEN];
    size_t count;
};

struct world {
    struct target target;
    struct registry registry;
    struct broker *broker;
    struct broker_client *client;
    int fd;
    char folder[64];
};

static char *text_of(const char *format, ...) PRINTF_LIKE(1, 2);

static char *text_of(const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return xstrdup(str_from(text));
}

/* NOLINTNEXTLINE(readability-function-size): a table in it, or parameters that are one thing */
static enum MHD_Result serve(void *arg, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *part,
                             size_t *part_len, void **state)
{
    struct registry *r = arg;
    struct buf *body = *state;

    UNUSED(version);
    if (body == NULL) {
        body = xcalloc(1, sizeof *body);
        *body = buf_growing();
        *state = body;
        return MHD_YES;
    }
    if (*part_len > 0) {
        buf_add(body, part, *part_len);
        *part_len = 0;
        return MHD_YES;
    }
    const char *name = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "command");
    const char *token = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");

    (void)pthread_mutex_lock(&r->lock);
    assert_true(r->count < MAX_SEEN);
    r->seen[r->count++] = text_of("%s %s%s%s %.*s%s%s", method, url,
                                  name == NULL ? "" : "?command=", name == NULL ? "" : name,
                                  (int)body->len, body->len == 0 ? "" : body->ptr,
                                  token == NULL ? "" : " ", token == NULL ? "" : token);
    (void)pthread_mutex_unlock(&r->lock);

    unsigned status = strstr(url, "taken") != NULL       ? 409
                      : strcmp(method, "POST") != 0      ? 204
                      : strstr(url, "/command/") != NULL ? 202
                                                         : 201;
    static char conflict[] = "{\"error\":\"Conflict\",\"message\":\"there is one\"}";
    struct MHD_Response *response = MHD_create_response_from_buffer(
        status == 409 ? strlen(conflict) : 0, conflict, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, status, response);

    MHD_destroy_response(response);
    return result;
}

static void forget(void *arg, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode code)
{
    UNUSED(arg);
    UNUSED(connection);
    UNUSED(code);
    if (*state != NULL)
        buf_fini(*state);
    free(*state);
}

/* The target file's text may hold {http_port}, where the registry will be, and {dir}. The broker
 * is forked before there is a thread. */
static struct world *begin(const char *text, double speed)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct target_places places = {0};
    char why[TARGET_WHY_LEN] = "";

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/broker_test.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    assert_true(target_free_ports(&places));
    places.dir = w->folder;
    if (!target_read(&w->target, str_from(text), "t.lua", &places, why))
        fail_msg("%s", why);
    const struct broker_options options = {
        .target = &w->target, .run_id = "run1", .speed = speed, .can_restart = speed == 1};

    w->broker = broker_start(&options, why);
    assert_string_equal(why, "");
    assert_non_null(w->broker);
    assert_true(broker_alive(w->broker));
    (void)pthread_mutex_init(&w->registry.lock, NULL);
    struct addr addr;

    (void)snprintf(why, sizeof why, "127.0.0.1:%u", places.http_port);
    assert_true(addr_parse(str_from(why), 0, &addr));
    w->registry.daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, serve, &w->registry, MHD_OPTION_SOCK_ADDR,
        &addr.sa, MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_END);
    assert_non_null(w->registry.daemon);
    w->fd = broker_connect(w->broker, "CASE-1");
    assert_true(w->fd >= 0);
    w->client = broker_client_new(w->fd);
    return w;
}

static void end_case(struct world *w)
{
    broker_client_free(&w->client);
    assert_int_equal(close(w->fd), 0);
}

static struct broker_summary end(struct world *w)
{
    struct broker_summary summary;
    char *command;

    broker_finish(&w->broker, &summary);
    MHD_stop_daemon(w->registry.daemon);
    for (size_t i = 0; i < w->registry.count; i++)
        free(w->registry.seen[i]);
    target_fini(&w->target);
    (void)pthread_mutex_destroy(&w->registry.lock);
    command = text_of("rm -r %s", w->folder);
    assert_int_equal(system(command), 0);
    free(command);
    free(w);
    return summary;
}

/* The next message; to be freed by json_decref. */
static json_t *next(struct broker_client *c)
{
    struct str text;
    enum broker_got got;

    while ((got = broker_client_next(c, &text)) == BROKER_NOTHING) {
        struct pollfd wait = {.fd = broker_client_fd(c), .events = POLLIN};

        assert_int_equal(poll(&wait, 1, 20000), 1);
    }
    assert_int_equal(got, BROKER_MESSAGE);
    json_t *json = json_loadb(text.ptr, text.len, 0, NULL);

    assert_non_null(json);
    return json;
}

/* Compares the next message, whose keys are sorted. */
static void answered(struct world *w, const char *wanted)
{
    json_t *json = next(w->client);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

    assert_string_equal(text, wanted);
    free(text);
    json_decref(json);
}

/* Sends request and compares the reply. */
static void ask(struct world *w, const char *request, const char *wanted)
{
    assert_true(broker_client_send(w->client, str_from(request)));
    answered(w, wanted);
}

static void note_status(void *arg, const struct http_answer *answer)
{
    *(long *)arg = answer->status;
}

/* Posts to the broker's event sink. */
static long post(const struct world *w, const char *type, const char *body)
{
    struct http_client *c = http_client_new(20 * US_PER_S);
    long status = -1;

    http_client_send(c, &(struct http_request){.method = "POST",
                                               .url = broker_events_url(w->broker),
                                               .content_type = type,
                                               .body = str_from(body),
                                               .done = note_status,
                                               .arg = &status});
    while (status < 0) {
        http_client_work(c);
        if (status < 0)
            http_client_wait(c, NULL, 0, 1000);
    }
    http_client_free(&c);
    return status;
}

static void seen(struct world *w, size_t index, const char *wanted)
{
    (void)pthread_mutex_lock(&w->registry.lock);
    assert_true(index < w->registry.count);
    assert_string_equal(w->registry.seen[index], wanted);
    (void)pthread_mutex_unlock(&w->registry.lock);
}

static size_t seen_count(struct world *w)
{
    (void)pthread_mutex_lock(&w->registry.lock);
    size_t count = w->registry.count;

    (void)pthread_mutex_unlock(&w->registry.lock);
    return count;
}

#define DROGUE                                                                                     \
    "return { name = 'x', coap = 'coap://h', registry = { drogue = { url = "                       \
    "'http://127.0.0.1:{http_port}', token = 'tok' } }, commands = { http = {} }, "                \
    "events = { http_sink = { listen = '127.0.0.1:0' } } }"

#define EVENT(application, device, subject)                                                        \
    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"application\":"       \
    "\"" application "\",\"device\":\"" device "\",\"subject\":\"" subject "\",\"data\":1e999}"

static void provisions_and_removes_what_a_case_asks_for(void **state)
{
    UNUSED(state);
    struct world *w = begin(DROGUE, 1);

    ask(w, "{\"id\":1,\"op\":\"create_application\",\"application\":\"app1\"}",
        "{\"application\":\"app1\",\"id\":1,\"ok\":true,\"status\":201}");
    seen(w, 0,
         "POST /api/registry/v1alpha1/apps {\"metadata\":{\"name\":\"app1\",\"labels\":"
         "{\"seatrial-run\":\"run1\"}},\"spec\":{}} Bearer tok");
    ask(w,
        "{\"id\":\"b\",\"op\":\"create_device\",\"application\":\"app1\",\"device\":\"d/1\","
        "\"enabled\":false,\"aliases\":[\"al\"],\"gateways\":[\"gw\"],\"credentials\":["
        "{\"password\":\"p\"},{\"username\":\"u\",\"password\":\"q\",\"unique\":true},"
        "{\"psk\":\"a2V5\",\"not_after\":\"2030-01-01T00:00:00Z\"}],\"spec\":{\"x\":1}}",
        "{\"application\":\"app1\",\"device\":\"d/1\",\"id\":\"b\",\"ok\":true,\"status\":201}");
    seen(w, 1,
         "POST /api/registry/v1alpha1/apps/app1/devices {\"metadata\":{\"name\":\"d/1\",\"labels\":"
         "{\"seatrial-run\":\"run1\"},\"application\":\"app1\"},\"spec\":{\"authentication\":"
         "{\"credentials\":[{\"pass\":\"p\"},{\"user\":{\"username\":\"u\",\"password\":\"q\","
         "\"unique\":true}},{\"psk\":{\"key\":\"a2V5\",\"validity\":{\"notBefore\":"
         "\"1970-01-01T00:00:00Z\",\"notAfter\":\"2030-01-01T00:00:00Z\"}}}]},\"alias\":[\"al\"],"
         "\"gatewaySelector\":{\"matchNames\":[\"gw\"]},\"core\":{\"disabled\":true},\"x\":1}} "
         "Bearer tok");
    ask(w,
        "{\"id\":3,\"op\":\"command\",\"application\":\"app1\",\"device\":\"d/1\",\"name\":\"a&b\","
        "\"payload_base64\":\"eHl6\"}",
        "{\"body_base64\":\"\",\"id\":3,\"ok\":true,\"status\":202}");
    seen(w, 2, "POST /api/command/v1alpha1/apps/app1/devices/d/1?command=a&b xyz Bearer tok");
    end_case(w);
    while (seen_count(w) < 4)
        (void)sched_yield();
    seen(w, 3, "DELETE /api/registry/v1alpha1/apps/app1  Bearer tok");

    struct broker_summary summary = end(w);

    assert_int_equal(summary.strays + summary.late + summary.left, 0);
    assert_false(summary.died);
    assert_string_equal(summary.why, "");
}

static void failures_say_whose_they_are(void **state)
{
    UNUSED(state);
    struct world *w = begin("return { name = 'x', coap = 'coap://h', registry = { drogue = { url = "
                            "'http://127.0.0.1:{http_port}' } } }",
                            1);

    ask(w, "{\"id\":1,\"op\":\"delete_application\",\"application\":\"taken\"}",
        "{\"error\":\"HTTP 409: there is "
        "one\",\"id\":1,\"kind\":\"refused\",\"ok\":false,\"status\":409}");
    ask(w, "{\"id\":2,\"op\":\"command\",\"application\":\"a\",\"device\":\"d\",\"name\":\"n\"}",
        "{\"error\":\"command: the target file has no "
        "commands\",\"id\":2,\"kind\":\"unavailable\",\"ok\":false}");
    ask(w, "{\"id\":3,\"op\":\"create_devise\"}",
        "{\"error\":\"the broker knows no operation "
        "\\\"create_devise\\\"\",\"id\":3,\"kind\":\"adapter\",\"ok\":false}");
    ask(w, "{\"id\":4,\"op\":\"create_application\"}",
        "{\"error\":\"create_application needs a "
        "name\",\"id\":4,\"kind\":\"adapter\",\"ok\":false}");
    ask(w,
        "{\"id\":5,\"op\":\"create_device\",\"application\":\"a\",\"device\":\"d\","
        "\"credentials\":[{\"password\":\"p\",\"hash\":\"md5\"}]}",
        "{\"error\":\"create_device: \\\"hash\\\" is \\\"plain\\\", \\\"bcrypt\\\" or "
        "\\\"sha512\\\", not \\\"md5\\\"\",\"id\":5,\"kind\":\"adapter\",\"ok\":false}");
    ask(w, "no JSON",
        "{\"error\":\"the broker knows no operation "
        "\\\"\\\"\",\"kind\":\"adapter\",\"ok\":false}");
    end_case(w);
    (void)end(w);
}

/* The event's attribute `subject`, its data, and that it has no fault. */
static void expect_event(struct broker_client *c, const char *subject)
{
    json_t *json = next(c), *event = json_object_get(json, "event");
    json_t *attributes = json_object_get(event, "attributes");

    assert_string_equal(json_string_value(json_object_get(attributes, "subject")), subject);
    assert_string_equal(json_string_value(json_object_get(event, "data")), "json");
    assert_string_equal(json_string_value(json_object_get(event, "data_base64")), "MWU5OTk=");
    assert_int_equal(json_array_size(json_object_get(event, "faults")), 0);
    assert_true(json_integer_value(json_object_get(json, "at_us")) > 0);
    json_decref(json);
}

static void events_reach_the_case_that_they_name(void **state)
{
    UNUSED(state);
    struct world *w = begin(DROGUE, 1);
    int other_fd = broker_connect(w->broker, "CASE-2");
    struct broker_client *other = broker_client_new(other_fd);
    static const char type[] = "application/cloudevents+json";

    ask(w, "{\"id\":1,\"op\":\"create_application\",\"application\":\"app-one\"}",
        "{\"application\":\"app-one\",\"id\":1,\"ok\":true,\"status\":201}");
    assert_true(broker_client_send(
        other, STR("{\"id\":1,\"op\":\"subscribe\",\"names\":[\"dev-two\",\"marker-2\"]}")));
    json_decref(next(other));
    assert_int_equal(post(w, type, EVENT("app-one", "x", "1")), 204);
    assert_int_equal(post(w, type, EVENT("app-one", "dev-two", "2")), 204);
    assert_int_equal(post(w, type, EVENT("other", "x", "has marker-2")), 204);
    assert_int_equal(post(w, type, EVENT("other", "x", "4")), 204);
    assert_int_equal(
        post(w, "application/cloudevents-batch+json", "[" EVENT("app-one", "x", "5") "]"), 204);
    expect_event(w->client, "1");
    expect_event(w->client, "5");
    expect_event(other, "2");
    expect_event(other, "has marker-2");
    ask(w, "{\"id\":2,\"op\":\"sink\",\"answer\":503}", "{\"id\":2,\"ok\":true}");
    assert_int_equal(post(w, type, EVENT("app-one", "x", "6")), 503);
    ask(w, "{\"id\":3,\"op\":\"sink\",\"answer\":0}", "{\"id\":3,\"ok\":true}");
    end_case(w);
    while (seen_count(w) < 2) /* the case has ended: what it made is removed */
        (void)sched_yield();
    assert_int_equal(post(w, type, EVENT("app-one", "x", "7")), 204);
    broker_client_free(&other);
    assert_int_equal(close(other_fd), 0);

    struct broker_summary summary = end(w);

    assert_int_equal(summary.strays, 1);
    assert_int_equal(summary.late, 1);
    assert_int_equal(summary.left, 0);
    assert_non_null(strstr(summary.why, "an event of no case: "));
}

static void follows_a_file_through_its_rotation(void **state)
{
    UNUSED(state);
    struct world *w = begin("return { name = 'x', coap = 'coap://h', "
                            "events = { file = '{dir}/events.ndjson' } }",
                            1);
    char *path = text_of("%s/events.ndjson", w->folder), *aside = text_of("%s/old", w->folder);
    char *url = text_of("file:%s", path);

    assert_string_equal(broker_events_url(w->broker), url);
    ask(w, "{\"id\":1,\"op\":\"subscribe\",\"names\":[\"app-one\"]}", "{\"id\":1,\"ok\":true}");
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(EVENT("app-one", "x", "1") "\n", f) >= 0);
        assert_int_equal(fflush(f), 0);
        expect_event(w->client, "1");
        assert_true(fputs("{\"specversion\":\"1.0\",", f) >= 0);
        assert_int_equal(fflush(f), 0);
        assert_true(fputs("\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"application\":\"app-one\""
                          ",\"subject\":\"2\",\"data\":1e999}\n",
                          f) >= 0);
        assert_int_equal(rename(path, aside), 0);
        assert_int_equal(fclose(f), 0);
        expect_event(w->client, "2");
    }
    end_case(w);
    free(path);
    free(aside);
    free(url);
    assert_int_equal(end(w).strays, 0);
}

static void devices_that_exist_are_lent_to_one_case(void **state)
{
    UNUSED(state);
    struct world *w = begin("return { name = 'x', coap = 'coap://h', registry = { static = {\n"
                            "{ application = 'a', device = 'd', password = 'p' },\n"
                            "{ application = 'a', device = 'e', psk = 'key' } } } }",
                            1);
    static const char with_password[] = "{\"id\":1,\"op\":\"create_device\",\"application\":\"x\","
                                        "\"device\":\"y\",\"credentials\":[{\"password\":\"z\"}]}";

    ask(w, with_password,
        "{\"aliases\":[],\"application\":\"a\",\"device\":\"d\",\"id\":1,\"ok\":true,"
        "\"password\":\"p\"}");
    ask(w,
        "{\"id\":2,\"op\":\"create_device\",\"application\":\"x\",\"device\":\"y\","
        "\"credentials\":[{\"psk\":\"AAAA\"}]}",
        "{\"aliases\":[],\"application\":\"a\",\"device\":\"e\",\"id\":2,\"ok\":true,"
        "\"psk\":\"a2V5\"}");
    ask(w,
        "{\"id\":4,\"op\":\"create_device\",\"application\":\"x\",\"device\":\"y\","
        "\"aliases\":[\"CN=y\"]}",
        "{\"error\":\"the target file lists devices that exist already (registry.static); this "
        "needs a device with a certificate\",\"id\":4,\"kind\":\"unavailable\",\"ok\":false}");
    ask(w,
        "{\"id\":3,\"op\":\"create_device\",\"application\":\"x\",\"device\":\"y\","
        "\"enabled\":false}",
        "{\"error\":\"the target file lists devices that exist already (registry.static); this "
        "needs a disabled one\",\"id\":3,\"kind\":\"unavailable\",\"ok\":false}");
    int fd = broker_connect(w->broker, "CASE-2");
    struct broker_client *other = broker_client_new(fd);

    /* it waits until the first case has ended */
    assert_true(broker_client_send(other, str_from(with_password)));
    end_case(w);
    json_t *reply = next(other);

    assert_string_equal(json_string_value(json_object_get(reply, "device")), "d");
    json_decref(reply);
    broker_client_free(&other);
    assert_int_equal(close(fd), 0);
    assert_int_equal(end(w).left, 0);
}

/* One program is registry, commands and events. */
static void programs_are_adapters(void **state)
{
    UNUSED(state);
    static const char target[] =
        "local a = { '/bin/sh', '-c', [[read -r hello\n"
        "echo '{\"protocol\":\"seatrial-adapter\",\"version\":1}'\n"
        "while read -r line; do\n"
        "  id=${line##*\\\"id\\\":}; id=${id%%[!0-9]*}\n"
        "  case $line in\n"
        "  *crash*) exit;;\n"
        "  *) echo \"{\\\"ok\\\":true,\\\"status\\\":7,\\\"id\\\":$id}\";;\n"
        "  esac\n"
        "  echo '{\"event\":" EVENT("app-one", "x",
                                    "1") "}'\n"
                                         "done]] }\n"
                                         "return { name = 'x', coap = 'coap://h', registry = { "
                                         "exec = a }, commands = { exec = a }, "
                                         "events = { exec = a } }";
    struct world *w = begin(target, 1);

    ask(w, "{\"id\":\"z\",\"op\":\"create_application\",\"application\":\"app-one\"}",
        "{\"id\":\"z\",\"ok\":true,\"status\":7}");
    expect_event(w->client, "1");
    ask(w, "{\"id\":9,\"op\":\"command\",\"application\":\"app-one\",\"device\":\"crash\"}",
        "{\"error\":\"t.lua:11: registry.exec: the adapter's program has "
        "ended: it must read its standard input until that "
        "ends\",\"id\":9,\"kind\":\"adapter\",\"ok\":false}");
    ask(w, "{\"id\":10,\"op\":\"command\",\"application\":\"app-one\",\"device\":\"x\"}",
        "{\"error\":\"t.lua:11: registry.exec: the adapter's program has "
        "ended: it must read its standard input until that "
        "ends\",\"id\":10,\"kind\":\"adapter\",\"ok\":false}");
    end_case(w);

    struct broker_summary summary = end(w);

    assert_int_equal(summary.left, 1);
    assert_string_equal(
        summary.why, "application app-one was not removed: t.lua:11: registry.exec: the adapter's "
                     "program has ended: it must read its standard input until that ends");
}

static void wait_for_asking(struct world *w)
{
    struct pollfd wait = {.fd = broker_asks_fd(w->broker), .events = POLLIN};

    assert_int_equal(poll(&wait, 1, 20000), 1);
    assert_true(broker_asks_restart(w->broker));
    assert_false(broker_asks_restart(w->broker));
}

static void a_restart_is_asked_of_the_runner_and_its_word_passed_on(void **state)
{
    UNUSED(state);
    struct world *w = begin(DROGUE, 1);

    assert_false(broker_asks_restart(w->broker));
    assert_true(broker_client_send(w->client, STR("{\"id\":1,\"op\":\"restart\"}")));
    wait_for_asking(w);
    ask(w, "{\"id\":2,\"op\":\"restart\"}",
        "{\"error\":\"restart: another case has asked for it\",\"id\":2,\"kind\":\"adapter\","
        "\"ok\":false}");
    broker_restarted(w->broker, NULL);
    answered(w, "{\"id\":1,\"ok\":true}");
    assert_true(broker_client_send(w->client, STR("{\"id\":4,\"op\":\"restart\"}")));
    wait_for_asking(w);
    broker_restarted(w->broker, "it was not ready within 30 s");
    answered(w, "{\"error\":\"restart: it was not ready within 30 s\",\"id\":4,"
                "\"kind\":\"adapter\",\"ok\":false}");
    /* a wish that nobody answers any more does not hold up the end */
    assert_true(broker_client_send(w->client, STR("{\"id\":5,\"op\":\"restart\"}")));
    end_case(w);
    assert_false(end(w).died);
}

static void a_target_of_others_is_not_restarted(void **state)
{
    UNUSED(state);
    struct world *w = begin(DROGUE, 2);

    ask(w, "{\"id\":1,\"op\":\"restart\"}",
        "{\"error\":\"restart: the suite does not start this "
        "target\",\"id\":1,\"kind\":\"unavailable\",\"ok\":false}");
    end_case(w);
    assert_false(end(w).died);
}

static void its_death_is_seen_by_all(void **state)
{
    UNUSED(state);
    struct world *w = begin(DROGUE, 1);
    struct str text;
    struct pollfd wait = {.fd = w->fd, .events = POLLIN};

    assert_int_equal(kill(broker_pid(w->broker), SIGKILL), 0);
    assert_int_equal(poll(&wait, 1, 20000), 1);
    assert_int_equal(broker_client_next(w->client, &text), BROKER_GONE);
    assert_false(broker_client_send(w->client, STR("{}")));
    end_case(w);
    while (broker_alive(w->broker)) /* its descriptors close one after another */
        (void)sched_yield();
    assert_int_equal(broker_connect(w->broker, "CASE-2"), -1);
    assert_true(end(w).died);
}

static void what_cannot_be_opened_is_told(void **state)
{
    UNUSED(state);
    struct target t;
    char why[TARGET_WHY_LEN] = "";

    /* an address for documentation (RFC 5737): nobody's */
    assert_true(target_read(&t,
                            STR("return { name = 'x', coap = 'coap://h', events = { http_sink = { "
                                "listen = '192.0.2.1:1' } } }"),
                            "t.lua", NULL, why));
    const struct broker_options options = {.target = &t, .run_id = "r", .speed = 1};

    assert_null(broker_start(&options, why));
    assert_string_equal(why, "t.lua:1: events.http_sink.listen: the event sink cannot listen at "
                             "192.0.2.1:1: it is no address of this machine");
    target_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(provisions_and_removes_what_a_case_asks_for),
        cmocka_unit_test(failures_say_whose_they_are),
        cmocka_unit_test(events_reach_the_case_that_they_name),
        cmocka_unit_test(follows_a_file_through_its_rotation),
        cmocka_unit_test(devices_that_exist_are_lent_to_one_case),
        cmocka_unit_test(programs_are_adapters),
        cmocka_unit_test(a_restart_is_asked_of_the_runner_and_its_word_passed_on),
        cmocka_unit_test(a_target_of_others_is_not_restarted),
        cmocka_unit_test(its_death_is_seen_by_all),
        cmocka_unit_test(what_cannot_be_opened_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
