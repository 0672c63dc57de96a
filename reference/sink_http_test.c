/* Events over HTTP to a real server that answers well, badly, late or not at all. */
#include "reference/sink_http.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "reference/sink_http_fixture.h"

/* --- what is sent --------------------------------------------------------------------------------
 */

static void sends_the_attributes_as_headers(void **state)
{
    static struct event_extension extensions[EVENT_MAX_EXTENSIONS];
    struct fixture *f = *state;
    char expected[2048];

    start(f);
    struct event e = event_of("my dev\"\xC3\xA9%\xFF", "000000000001", "hello\n\xE2\x82\xAC");

    e.device_uid = STR("uid-1");
    e.instance = STR("drogue");
    e.subject = STR("a b~!");
    e.data_schema = STR("http://x/y%20z");
    e.extensions = extensions;
    event_set_extension(&e, STR("empty"), STR(""));
    assert_int_equal(sink_put(f->port, 1, &e), SINK_OK);
    expect(f, 1, SINK_OK);
    (void)snprintf(expected, sizeof expected,
                   "Host: 127.0.0.1:%u\n"
                   "User-Agent: seatrial-endpoint/" SEATRIAL_VERSION "\n"
                   "ce-specversion: 1.0\n"
                   "ce-type: io.drogue.event.v1\n"
                   "ce-id: 6e8bc430-9c3a-41d9-9669-000000000001\n"
                   "ce-time: 2023-11-14T22:13:20.123456Z\n"
                   "ce-source: drogue://app/my%%2520dev%%2522%%25C3%%25A9%%2525%%25FF\n"
                   "ce-partitionkey: app/my%%2520dev%%2522%%25C3%%25A9%%2525%%25FF\n"
                   "ce-subject: a%%20b~!\n"
                   "Content-Type: text/plain; charset=utf-8\n"
                   "ce-dataschema: http://x/y%%2520z\n"
                   "ce-application: app\n"
                   "ce-device: my%%20dev%%22%%C3%%A9%%25%%EF%%BF%%BD\n"
                   "ce-deviceuid: uid-1\n"
                   "ce-sender: my%%20dev%%22%%C3%%A9%%25%%EF%%BF%%BD\n"
                   "ce-instance: drogue\n"
                   "ce-empty: \n"
                   "Content-Length: 9\n",
                   f->receiver.port);
    assert_string_equal(f->receiver.seen[0].headers.ptr, expected);
    assert_string_equal(f->receiver.seen[0].line, "POST /in/tray");
    assert_int_equal(f->receiver.seen[0].body.len, 9);
    assert_memory_equal(f->receiver.seen[0].body.ptr, "hello\n\xE2\x82\xAC", 9);
}

static void sends_an_empty_payload_and_no_type_that_was_removed(void **state)
{
    struct fixture *f = *state;

    start(f);
    struct event e = event_of("device", "000000000001", "");

    e.content_type = STR("");
    event_fit_data(&e);
    assert_int_equal(sink_put(f->port, 1, &e), SINK_OK);
    expect(f, 1, SINK_OK);
    assert_non_null(strstr(f->receiver.seen[0].headers.ptr, "Content-Length: 0\n"));
    assert_null(strcasestr(f->receiver.seen[0].headers.ptr, "content-type"));
    assert_int_equal(f->receiver.seen[0].body.len, 0);
}

static void sends_the_whole_event_as_json(void **state)
{
    struct fixture *f = *state;
    char json[1024];
    struct buf expected = buf_over(json, sizeof json);
    struct event e = event_of("device", "000000000001", "hello \"you\"");

    f->options.mode = SINK_STRUCTURED;
    start(f);
    assert_int_equal(sink_put(f->port, 1, &e), SINK_OK);
    expect(f, 1, SINK_OK);
    assert_non_null(strstr(f->receiver.seen[0].headers.ptr,
                           "\nContent-Type: application/cloudevents+json; charset=utf-8\n"));
    assert_null(strstr(f->receiver.seen[0].headers.ptr, "ce-"));
    event_encode(&e, &expected);
    assert_int_equal(f->receiver.seen[0].body.len, expected.len);
    assert_memory_equal(f->receiver.seen[0].body.ptr, json, expected.len);
}

static void keeps_its_connection_and_asks_no_proxy(void **state)
{
    struct fixture *f = *state;

    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    start(f);
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(publish(f, i), SINK_OK);
    (void)unsetenv("http_proxy");
    assert_int_equal(f->receiver.connections, 1);
    assert_true(sink_is_up(f->sink));
}

/* --- what is answered ----------------------------------------------------------------------------
 */

static int scripted[8];

/* The status of the n-th request; the last one goes on. */
static int by_script(struct receiver *r, const struct seen *request)
{
    size_t i = (size_t)(request - r->seen);

    for (size_t k = 0; k <= i; k++) {
        if (scripted[k + 1] == 0)
            return scripted[k];
    }
    return scripted[i];
}

static void a_status_decides(void **state)
{
    static const struct {
        int script[4];
        enum sink_err err;
        bool again; /* more requests than the script has */
    } cases[] = {
        {{200},           SINK_OK,      false},
        {{202},           SINK_OK,      false},
        {{299},           SINK_OK,      false},
        {{400},           SINK_REFUSED, false},
        {{401},           SINK_REFUSED, false},
        {{404},           SINK_REFUSED, false},
        {{413},           SINK_REFUSED, false},
        {{499},           SINK_REFUSED, false},
        {{301},           SINK_BROKEN,  false},
        {{304},           SINK_BROKEN,  false},
        {{408},           SINK_FAILED,  true },
        {{425},           SINK_FAILED,  true },
        {{429},           SINK_FAILED,  true },
        {{500},           SINK_FAILED,  true },
        {{503},           SINK_FAILED,  true },
        {{500, 200},      SINK_OK,      false},
        {{429, 503, 202}, SINK_OK,      false},
        {{429, 400},      SINK_REFUSED, false},
        {{500, 400},      SINK_FAILED,  false}, /* the first one may have put it there: no 4.06 */
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t requests = 1;

        memset(scripted, 0, sizeof scripted);
        memcpy(scripted, cases[i].script, sizeof cases[i].script);
        while (requests < 4 && scripted[requests] != 0)
            requests++;
        memset(&f->receiver, 0, sizeof f->receiver);
        f->receiver.decide = by_script;
        f->receiver.location = "/elsewhere";
        f->options.timeout_us = cases[i].again ? US_PER_S / 2 : 10 * US_PER_S;
        start(f);
        enum sink_err err = publish(f, i);
        size_t count = f->receiver.count;

        if (err != cases[i].err || (cases[i].again ? count < 2 : count != requests))
            fail_msg("case %zu (%d): err %d, requests %zu", i, scripted[0], (int)err, count);
        for (size_t k = 1; k < count; k++) {
            if (strncmp(f->receiver.seen[k].line, "POST", 4) == 0)
                assert_string_equal(f->receiver.seen[k].id, f->receiver.seen[0].id);
        }
        sink_port_close(&f->port);
        sink_close(&f->sink);
        receiver_stop(&f->receiver);
        f->receiver.daemon = NULL;
    }
}

static void does_not_read_an_endless_answer(void **state)
{
    struct fixture *f = *state;

    scripted[0] = 200;
    scripted[1] = 0;
    f->receiver.decide = by_script;
    f->receiver.answer_len = 32 << 20;
    start(f);
    assert_int_equal(publish(f, 1), SINK_OK);
    assert_int_equal(f->receiver.count, 1);
}

static int hang(struct receiver *r, const struct seen *request)
{
    UNUSED(r);
    UNUSED(request);
    return HANG;
}

static void a_receiver_that_hangs_is_given_up(void **state)
{
    struct fixture *f = *state;
    size_t first = 0;
    size_t posts = 0;

    f->receiver.decide = hang;
    f->options.timeout_us = 2 * US_PER_S;
    start(f);
    assert_int_equal(put(f, 1, "device", "first"), SINK_OK);
    assert_int_equal(put(f, 2, "device", "never sent"), SINK_OK);
    expect(f, 1, SINK_FAILED);
    expect(f, 2, SINK_FAILED);
    assert_false(sink_is_up(f->sink));
    (void)pthread_mutex_lock(&f->receiver.lock);
    for (size_t i = 0; i < f->receiver.count; i++) {
        const struct seen *s = &f->receiver.seen[i];

        posts += strncmp(s->line, "POST", 4) == 0;
        first += s->body.len == 5 && memcmp(s->body.ptr, "first", 5) == 0;
    }
    (void)pthread_mutex_unlock(&f->receiver.lock);
    assert_in_range(posts, 1, 2);
    assert_int_equal(first, posts);
}

/* Answers each connection's first bytes with text (an empty one: nothing), and closes it. */
struct rude {
    int fd;
    const char *text;
    pthread_t thread;
    _Atomic unsigned connections;
};

static void *be_rude(void *arg)
{
    struct rude *r = arg;
    char request[4096];

    for (int fd = accept(r->fd, NULL, NULL); fd >= 0; fd = accept(r->fd, NULL, NULL)) {
        r->connections++;
        assert_true(read(fd, request, sizeof request) > 0);
        assert_int_equal(write(fd, r->text, strlen(r->text)), (ssize_t)strlen(r->text));
        (void)close(fd);
    }
    return NULL;
}

static void a_connection_that_breaks_is_tried_again(void **state)
{
    static const struct {
        const char *text;
        enum sink_err err;
    } cases[] = {
        {"",                                                  SINK_FAILED},
        {"HTTP/1.1 200 O",                                    SINK_FAILED},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", SINK_FAILED},
        {"SSH-2.0-not HTTP at all\r\n",                       SINK_BROKEN},
    };
    struct fixture *f = *state;

    f->options.timeout_us = US_PER_S / 2;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sockaddr_in addr = {.sin_family = AF_INET};
        socklen_t len = sizeof addr;
        struct rude r = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                         .text = cases[i].text};

        addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        assert_int_equal(bind(r.fd, (struct sockaddr *)&addr, sizeof addr), 0);
        assert_int_equal(listen(r.fd, 8), 0);
        assert_int_equal(getsockname(r.fd, (struct sockaddr *)&addr, &len), 0);
        assert_int_equal(pthread_create(&r.thread, NULL, be_rude, &r), 0);
        (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/", ntohs(addr.sin_port));
        open_port(f);
        assert_int_equal(publish(f, i), cases[i].err);
        assert_true(r.connections >= (cases[i].err == SINK_FAILED ? 2 : 1));
        sink_port_close(&f->port);
        sink_close(&f->sink);
        (void)shutdown(r.fd, SHUT_RDWR);
        (void)pthread_join(r.thread, NULL);
        (void)close(r.fd);
    }
}

static void a_receiver_that_is_not_there_is_found_again_without_events(void **state)
{
    struct fixture *f = *state;
    const struct pollfd none = {.fd = -1};

    start(f);
    receiver_stop(&f->receiver);
    sink_port_close(&f->port);
    sink_close(&f->sink);
    f->options.timeout_us = 3 * US_PER_S / 10;
    open_port(f);
    assert_true(sink_is_up(f->sink)); /* nothing is known yet */
    assert_int_equal(publish(f, 1), SINK_FAILED);
    assert_false(sink_is_up(f->sink));
    uint16_t port = f->receiver.port;

    memset(&f->receiver, 0, sizeof f->receiver);
    f->receiver.port = port;
    receiver_start(&f->receiver, NULL, NULL);
    receiver_await(&f->receiver, 1);
    assert_string_equal(f->receiver.seen[0].line, "OPTIONS /in/tray");
    for (int i = 0; i < 1000 && !sink_is_up(f->sink); i++)
        (void)poll((struct pollfd *)&none, 0, 5);
    assert_true(sink_is_up(f->sink));
    assert_int_equal(publish(f, 2), SINK_OK);
}

/* --- order and bounds ----------------------------------------------------------------------------
 */

/* Device a is refused twice for a while. */
static int fail_a_twice(struct receiver *r, const struct seen *request)
{
    size_t before = 0;

    for (const struct seen *s = r->seen; s < request; s++)
        before += strcmp(s->device, "a") == 0;
    return strcmp(request->device, "a") == 0 && before < 2 ? 503 : 204;
}

static void keeps_the_order_of_a_device_and_lets_others_pass(void **state)
{
    static const char *const a_bodies[] = {"a1", "a1", "a1", "a2", "a3"};
    struct fixture *f = *state;
    size_t a_count = 0;
    size_t b_count = 0;

    f->receiver.decide = fail_a_twice;
    start(f);
    for (uint64_t i = 1; i <= 3; i++) {
        const char text[] = {'a', (char)('0' + i), '\0'};

        assert_int_equal(put(f, i, "a", text), SINK_OK);
        assert_int_equal(put(f, 10 + i, "b", "b"), SINK_OK);
    }
    for (uint64_t i = 1; i <= 3; i++)
        expect(f, 10 + i, SINK_OK); /* while a rests */
    for (uint64_t i = 1; i <= 3; i++)
        expect(f, i, SINK_OK);
    assert_int_equal(f->receiver.count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct seen *s = &f->receiver.seen[i];

        if (strcmp(s->device, "b") == 0)
            b_count++;
        else
            assert_memory_equal(s->body.ptr, a_bodies[a_count++], 2);
    }
    assert_int_equal(a_count, 5);
    assert_int_equal(b_count, 3);
}

static void sends_no_more_at_once_than_allowed(void **state)
{
    struct fixture *f = *state;

    f->receiver.decide = hang;
    f->options.connections = 3;
    start(f);
    for (uint64_t i = 0; i < 12; i++) {
        const char device[] = {(char)('a' + i), '\0'};

        assert_int_equal(put(f, i, device, "x"), SINK_OK);
    }
    receiver_await(&f->receiver, 3);
    receiver_release(&f->receiver);
    for (uint64_t i = 0; i < 12; i++)
        assert_int_equal(next_result(f).err, SINK_OK);
    assert_int_equal(f->receiver.most_open, 3);
    assert_int_equal(f->receiver.connections, 3);
}

static void takes_no_more_than_its_memory(void **state)
{
    struct fixture *f = *state;
    static char text[MAX_BYTES];
    uint64_t taken = 0;

    f->receiver.decide = hang;
    start(f);
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(put(f, 99, "device", text), SINK_FULL); /* with its headers too long */
    text[1000] = '\0';
    while (put(f, taken, "device", text) == SINK_OK)
        taken++;
    assert_in_range(taken, MAX_BYTES / 3000, MAX_BYTES / 1000);
    receiver_release(&f->receiver);
    for (uint64_t i = 0; i < taken; i++)
        expect(f, i, SINK_OK);
    assert_int_equal(publish(f, 100), SINK_OK); /* and has it again */
}

/* --- the end -------------------------------------------------------------------------------------
 */

static void a_drain_ends_what_would_last_longer(void **state)
{
    struct fixture *f = *state;
    int64_t before_us;

    f->receiver.decide = hang;
    f->options.timeout_us = 60 * US_PER_S;
    start(f);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(put(f, i, "device", "x"), SINK_OK);
    receiver_await(&f->receiver, 1);
    before_us = clock_mono_us();
    sink_drain(f->sink, before_us + 200 * US_PER_MS);
    for (uint64_t i = 0; i < 3; i++)
        expect(f, i, SINK_FAILED);
    assert_in_range(clock_mono_us() - before_us, 200 * US_PER_MS, 5 * US_PER_S);
    assert_int_equal(f->receiver.count, 1);
}

static void a_port_closes_while_the_receiver_hangs(void **state)
{
    struct fixture *f = *state;
    int64_t before_us = clock_mono_us();
    struct sink_port *other;

    f->receiver.decide = hang;
    f->options.timeout_us = 60 * US_PER_S;
    f->options.connections = 2;
    start(f);
    other = sink_port_open(f->sink, metrics_new());
    assert_int_equal(put(f, 1, "on its way", "x"), SINK_OK);
    assert_int_equal(put(f, 2, "on its way", "behind"), SINK_OK);
    struct event e = event_of("other", "000000000001", "x");

    assert_int_equal(sink_put(other, 1, &e), SINK_OK);
    receiver_await(&f->receiver, 2);
    assert_int_equal(put(f, 3, "no connection", "x"), SINK_OK);
    sink_port_close(&f->port);
    assert_in_range(clock_mono_us() - before_us, 0, 5 * US_PER_S);
    f->port = other; /* which is not broken off */
    receiver_release(&f->receiver);
    expect(f, 1, SINK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FIXTURE(sends_the_attributes_as_headers),
        IN_A_FIXTURE(sends_an_empty_payload_and_no_type_that_was_removed),
        IN_A_FIXTURE(sends_the_whole_event_as_json),
        IN_A_FIXTURE(keeps_its_connection_and_asks_no_proxy),
        IN_A_FIXTURE(a_status_decides),
        IN_A_FIXTURE(does_not_read_an_endless_answer),
        IN_A_FIXTURE(a_receiver_that_hangs_is_given_up),
        IN_A_FIXTURE(a_connection_that_breaks_is_tried_again),
        IN_A_FIXTURE(a_receiver_that_is_not_there_is_found_again_without_events),
        IN_A_FIXTURE(keeps_the_order_of_a_device_and_lets_others_pass),
        IN_A_FIXTURE(sends_no_more_at_once_than_allowed),
        IN_A_FIXTURE(takes_no_more_than_its_memory),
        IN_A_FIXTURE(a_drain_ends_what_would_last_longer),
        IN_A_FIXTURE(a_port_closes_while_the_receiver_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
