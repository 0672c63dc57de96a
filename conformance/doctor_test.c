/* The doctor at work: an endpoint in a thread, a registry in the shell, a file of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/doctor.h"
#include "lib/buf.h"

/* Answers pings with RST; POST with 2.04, and with an event when it has a file. */
struct endpoint {
    int fd;
    int stop[2];
    pthread_t thread;
    char events[80]; /* empty: none */
};

static void take_datagram(struct endpoint *e)
{
    uint8_t bytes[512];
    struct addr from = {.len = sizeof from.in6};
    ssize_t len = recvfrom(e->fd, bytes, sizeof bytes, 0, &from.sa, &from.len);

    assert_true(len >= 4);
    bool ping = bytes[1] == 0;

    if (!ping && e->events[0] != '\0') {
        char name[32];
        FILE *f = fopen(e->events, "ae");

        (void)snprintf(name, sizeof name, "doctordevice%d", (int)getpid());
        assert_non_null(f);
        assert_true(fprintf(f,
                            "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\","
                            "\"device\":\"%s\"}\n",
                            name) > 0);
        assert_int_equal(fclose(f), 0);
    }
    bytes[0] = ping ? 0x70 : 0x62; /* RST; ACK with a token of 2 bytes */
    bytes[1] = ping ? 0x00 : 0x44;
    (void)sendto(e->fd, bytes, ping ? 4 : 6, 0, &from.sa, from.len);
}

static void *serve(void *arg)
{
    struct endpoint *e = arg;

    for (;;) {
        struct pollfd wait[] = {
            {.fd = e->fd,      .events = POLLIN},
            {.fd = e->stop[0], .events = POLLIN}
        };

        (void)poll(wait, 2, -1);
        if (wait[1].revents != 0)
            return NULL;
        if (wait[0].revents != 0)
            take_datagram(e);
    }
}

#define ADAPTER                                                                                    \
    "{ '/bin/sh', '-c', [[read -r hello\n"                                                         \
    "echo '{\"protocol\":\"seatrial-adapter\",\"version\":1}'\n"                                   \
    "while read -r line; do\n"                                                                     \
    "  id=${line##*\\\"id\\\":}; id=${id%%[!0-9]*}\n"                                              \
    "  case $line in\n"                                                                            \
    "  *list_applications*) echo \"{\\\"ok\\\":true,\\\"applications\\\":[\\\"left\\\"],"          \
    "\\\"id\\\":$id}\";;\n"                                                                        \
    "  *no_such*|*update*) echo "                                                                  \
    "\"{\\\"ok\\\":false,\\\"kind\\\":\\\"unavailable\\\",\\\"error\\\":"                          \
    "\\\"no updates\\\",\\\"id\\\":$id}\";;\n"                                                     \
    "  *) echo \"{\\\"ok\\\":true,\\\"status\\\":202,\\\"id\\\":$id}\";;\n"                        \
    "  esac\n"                                                                                     \
    "done]] }"

struct world {
    struct target target;
    struct endpoint endpoint;
    struct broker *broker;
    char folder[64];
};

static struct world *begin(bool with_events)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct target_places places = {0};
    char why[TARGET_WHY_LEN] = "", text[2048];
    struct addr addr;

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/doctor_test.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    assert_true(target_free_ports(&places));
    places.dir = w->folder;
    (void)snprintf(text, sizeof text,
                   "local a = %s\nreturn { name = 'x', coap = 'coap://127.0.0.1:{coap_port}', "
                   "registry = { exec = a }, commands = { exec = a }%s }",
                   ADAPTER, with_events ? ", events = { file = '{dir}/events' }" : "");
    if (!target_read(&w->target, str_from(text), "t.lua", &places, why))
        fail_msg("%s", why);
    assert_true(target_resolve(&w->target, why));
    const struct broker_options options = {.target = &w->target, .run_id = "r", .speed = 1};

    w->broker = broker_start(&options, why);
    assert_string_equal(why, "");
    if (with_events)
        (void)snprintf(w->endpoint.events, sizeof w->endpoint.events, "%s/events", w->folder);
    addr = w->target.coap.addr;
    w->endpoint.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->endpoint.fd, &addr.sa, addr.len), 0);
    assert_int_equal(pipe(w->endpoint.stop), 0);
    assert_int_equal(pthread_create(&w->endpoint.thread, NULL, serve, &w->endpoint), 0);
    return w;
}

static void stop_endpoint(struct world *w)
{
    assert_int_equal(write(w->endpoint.stop[1], "", 1), 1);
    assert_int_equal(pthread_join(w->endpoint.thread, NULL), 0);
    assert_int_equal(close(w->endpoint.fd), 0);
    assert_int_equal(close(w->endpoint.stop[0]), 0);
    assert_int_equal(close(w->endpoint.stop[1]), 0);
}

static void end(struct world *w)
{
    struct broker_summary summary;

    broker_finish(&w->broker, &summary);
    assert_false(summary.died);
    assert_int_equal(summary.strays, 0);
    if (w->endpoint.events[0] != '\0')
        (void)unlink(w->endpoint.events);
    assert_int_equal(rmdir(w->folder), 0);
    target_fini(&w->target);
    free(w);
}

/* The first words of each line. To be freed. */
static char *marks_of(FILE *out, char **text)
{
    struct buf b = buf_growing();

    assert_int_equal(fclose(out), 0);
    for (char *line = *text; *line != '\0';) {
        char mark[16], step[32];

        assert_int_equal(sscanf(line, "%15s %31s", mark, step), 2);
        buf_add_format(&b, "%s %s\n", mark, step);
        line = strchr(line, '\n') + 1;
    }
    buf_add_char(&b, '\0');
    free(*text);
    return b.ptr;
}

static void looks_at_every_adapter_once(void **state)
{
    UNUSED(state);
    struct world *w = begin(true);
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_int_equal(doctor_look(w->broker, &w->target, out), EXIT_GOOD);
    char *marks = marks_of(out, &text);

    assert_string_equal(
        marks, "ok coap\n- coaps\nok contract\nok create_application\n- update_application\n"
               "ok create_device\n- update_device\nok publish\nok event\n"
               "ok command\nok command\nok delete_device\nok delete_application\n");
    free(marks);
    stop_endpoint(w);
    end(w);
}

static void a_silent_target_is_not_reachable(void **state)
{
    UNUSED(state);
    struct world *w = begin(false);
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    stop_endpoint(w);
    assert_int_equal(doctor_look(w->broker, &w->target, out), EXIT_UNREACHABLE);
    char *marks = marks_of(out, &text);

    assert_non_null(strstr(marks, "ERROR coap\n"));
    assert_non_null(strstr(marks, "- publish\n"));
    free(marks);
    end(w);
}

static void removes_what_a_run_has_left(void **state)
{
    UNUSED(state);
    struct world *w = begin(false);
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_int_equal(doctor_clean(w->broker, out), EXIT_GOOD);
    char *marks = marks_of(out, &text);

    assert_string_equal(marks, "ok list_applications\napplication left\nok delete_application\n");
    free(marks);
    stop_endpoint(w);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_at_every_adapter_once),
        cmocka_unit_test(a_silent_target_is_not_reachable),
        cmocka_unit_test(removes_what_a_run_has_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
