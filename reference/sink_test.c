#include "reference/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/alloc_count.h"
#include "lib/log.h"

enum { MAX_BYTES = 64 * 1024 };

struct fixture {
    char dir[64];
    char url[128];
    char *path;
    struct sink *sink;
    struct sink_port *port;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    log_setup(LOG_ERROR, LOG_LOGFMT);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/seatrial-sink-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->url, sizeof f->url, "file:%s/events.ndjson", f->dir);
    f->path = f->url + strlen("file:");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    DIR *dir = opendir(f->dir);
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static void start(struct fixture *f, int64_t rotate_bytes, int64_t max_bytes)
{
    const struct sink_options options = {
        .url = f->url, .rotate_bytes = rotate_bytes, .max_bytes = max_bytes};
    char why[SINK_WHY_LEN] = "";

    f->sink = sink_open(&options, why);
    assert_string_equal(why, "");
    assert_non_null(f->sink);
    f->port = sink_port_open(f->sink, metrics_new());
}

static void stop(struct fixture *f)
{
    sink_port_close(&f->port);
    sink_close(&f->sink);
}

static struct event event_of(const char *text)
{
    struct event e = {
        .id = "6e8bc430-9c3a-41d9-9669-0800200c9a66",
        .application = STR("app"),
        .device = STR("device"),
        .sender = STR("device"),
        .subject = STR("foo"),
        .time_us = INT64_C(1700000000123456),
        .content_format = 0,
        .payload = str_from(text),
    };

    assert_int_equal(event_classify(&e), EVENT_OK);
    return e;
}

static enum sink_err put(struct sink_port *port, uint64_t ticket, const char *text)
{
    struct event e = event_of(text);

    return sink_put(port, ticket, &e);
}

/* Waits for count results, which must come in the order of tickets from first on. */
static void expect_results(struct sink_port *port, uint64_t first, size_t count, enum sink_err err)
{
    while (count > 0) {
        struct sink_result results[7];
        struct pollfd wait = {.fd = sink_port_wake_fd(port), .events = POLLIN};
        size_t got = sink_poll(port, results, COUNT(results));

        if (got == 0)
            assert_int_equal(poll(&wait, 1, 10000), 1);
        assert_true(got <= count);
        for (size_t i = 0; i < got; i++, first++, count--) {
            assert_int_equal(results[i].ticket, first);
            assert_int_equal(results[i].err, err);
        }
    }
}

static void publish(struct fixture *f, uint64_t ticket, const char *text, enum sink_err err)
{
    assert_int_equal(put(f->port, ticket, text), SINK_OK);
    sink_flush(f->port);
    expect_results(f->port, ticket, 1, err);
}

static char *content_of(const struct fixture *f, const char *suffix)
{
    char path[256];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s%s", f->path, suffix);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    char *text = xcalloc(1, (size_t)st.st_size + 1);

    assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
    (void)close(fd);
    return text;
}

/* The file holds these texts as data, in this order, one a line, and nothing else. */
static void expect_file(const struct fixture *f, const char *suffix, const char *const *texts)
{
    char *content = content_of(f, suffix);
    char *line = content;

    for (; *texts != NULL; texts++) {
        char data[128];
        char *end = strchr(line, '\n');

        assert_non_null(end);
        *end = '\0';
        (void)snprintf(data, sizeof data, ",\"data\":\"%s\"}", *texts);
        assert_true(strlen(line) > strlen(data));
        assert_string_equal(line + strlen(line) - strlen(data), data);
        line = end + 1;
    }
    assert_string_equal(line, "");
    free(content);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void fill_file(const struct fixture *f, const char *suffix, const char *text)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s%s", f->path, suffix);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

static void confirms_what_is_in_the_file(void **state)
{
    struct fixture *f = *state;

    start(f, 0, MAX_BYTES);
    assert_true(sink_is_up(f->sink));
    publish(f, 1, "one", SINK_OK);
    expect_file(f, "", TEXTS("one"));
    assert_int_equal(put(f->port, 2, "two"), SINK_OK);
    assert_int_equal(put(f->port, 3, "three"), SINK_OK);
    sink_flush(f->port);
    expect_results(f->port, 2, 2, SINK_OK);
    expect_file(f, "", TEXTS("one", "two", "three"));
    stop(f);
    start(f, 0, MAX_BYTES); /* goes on in the same file */
    publish(f, 4, "four", SINK_OK);
    expect_file(f, "", TEXTS("one", "two", "three", "four"));
    stop(f);
}

static void writes_nothing_before_a_flush_and_all_at_close(void **state)
{
    struct fixture *f = *state;

    start(f, 0, MAX_BYTES);
    assert_int_equal(put(f->port, 1, "one"), SINK_OK);
    assert_int_equal(put(f->port, 2, "two"), SINK_OK);
    char *content = content_of(f, "");

    assert_string_equal(content, "");
    free(content);
    stop(f);
    expect_file(f, "", TEXTS("one", "two"));
}

static void a_null_sink_takes_everything_at_once(void **state)
{
    struct fixture f = {.url = "null:"};

    UNUSED(state);
    start(&f, 0, 1000);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(put(f.port, i, "text"), SINK_DONE);
    sink_flush(f.port);
    assert_true(sink_is_up(f.sink));
    stop(&f);
}

/* The ring wraps many times, with groups in all states. */
static void keeps_order_when_the_ring_wraps(void **state)
{
    struct fixture *f = *state;
    static const char filler[] =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    uint64_t next = 0, polled = 0;

    start(f, 0, 4000);
    while (polled < 2000) {
        struct sink_result results[3];
        char text[128];

        (void)snprintf(text, sizeof text, "%llu %.*s", (unsigned long long)next,
                       (int)(next * 7 % sizeof filler), filler);
        bool taken = next < 2000 && put(f->port, next, text) == SINK_OK;

        next += taken;
        if (next % 3 == 0 || !taken)
            sink_flush(f->port);
        if (next % 5 == 0 || !taken) {
            size_t got = sink_poll(f->port, results, COUNT(results));

            for (size_t i = 0; i < got; i++, polled++) {
                assert_int_equal(results[i].ticket, polled);
                assert_int_equal(results[i].err, SINK_OK);
            }
        }
    }
    stop(f);
    char *content = content_of(f, "");
    char *line = content;

    for (uint64_t i = 0; i < 2000; i++) {
        char data[64];
        char *end = strchr(line, '\n');

        assert_non_null(end);
        *end = '\0';
        (void)snprintf(data, sizeof data, ",\"data\":\"%llu ", (unsigned long long)i);
        assert_non_null(strstr(line, data));
        line = end + 1;
    }
    assert_string_equal(line, "");
    free(content);
}

static void is_full_at_max_bytes_and_takes_again_after_a_confirmation(void **state)
{
    struct fixture *f = *state;
    uint64_t taken = 0;
    char large[2001];

    start(f, 0, 2000);
    while (put(f->port, taken, "text") == SINK_OK)
        taken++;
    assert_in_range(taken, 2000 / 400, 2000 / 128);
    assert_int_equal(put(f->port, taken, "text"), SINK_FULL);
    sink_flush(f->port);
    expect_results(f->port, 0, taken, SINK_OK);
    publish(f, taken, "again", SINK_OK);
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_int_equal(put(f->port, 0, large), SINK_FULL);
    publish(f, taken + 1, "and again", SINK_OK);
    stop(f);
}

/* More flushes than groups: they are merged, none is forgotten. */
static void any_number_of_flushes_is_confirmed(void **state)
{
    struct fixture *f = *state;

    start(f, 0, 1 << 20);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(put(f->port, i, "text"), SINK_OK);
        sink_flush(f->port);
        sink_flush(f->port);
    }
    expect_results(f->port, 0, 1000, SINK_OK);
    stop(f);
}

static void cuts_a_torn_last_line(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        {"",                     ""           },
        {"{\"a\":1}\n",          "{\"a\":1}\n"},
        {"{\"a\":1}\n{\"b\"",    "{\"a\":1}\n"},
        {"{\"a\":1}\n{\"b\":2}", "{\"a\":1}\n"},
        {"{\"a\":",              ""           },
        {"x",                    ""           },
        {"\n",                   "\n"         },
        {"not json\n",           "not json\n" }, /* whole, so it is not ours to judge */
        {"not json\nx",          "not json\n" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        fill_file(f, "", cases[i].before);
        start(f, 0, MAX_BYTES);
        stop(f);
        char *content = content_of(f, "");

        assert_string_equal(content, cases[i].after);
        free(content);
    }
}

/* The search for the last newline goes block by block. */
static void cuts_a_torn_line_of_any_length(void **state)
{
    static const size_t lens[] = {1, 4094, 4095, 4096, 4097, 8192, 20000};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(lens); i++) {
        for (int whole = 0; whole < 2; whole++) {
            char *text = xcalloc(1, lens[i] + 10);

            if (whole)
                strcpy(text, "first\n");
            memset(text + strlen(text), 'x', lens[i]);
            fill_file(f, "", text);
            free(text);
            start(f, 0, MAX_BYTES);
            stop(f);
            char *content = content_of(f, "");

            assert_string_equal(content, whole ? "first\n" : "");
            free(content);
        }
    }
}

static void begins_a_new_file_beyond_the_size(void **state)
{
    struct fixture *f = *state;

    fill_file(f, ".000007", "from an earlier run\n");
    fill_file(f, ".7x", "");
    fill_file(f, ".000003.gz", "");
    start(f, 750, MAX_BYTES); /* two lines fit */
    for (uint64_t i = 0; i < 5; i++)
        publish(f, i, (const char *[]){"a", "b", "c", "d", "e"}[i], SINK_OK);
    stop(f);
    expect_file(f, ".000008", TEXTS("a", "b"));
    expect_file(f, ".000009", TEXTS("c", "d"));
    expect_file(f, "", TEXTS("e"));
    char *old = content_of(f, ".000007");

    assert_string_equal(old, "from an earlier run\n");
    free(old);
}

static void never_overwrites_a_file_of_another(void **state)
{
    struct fixture *f = *state;

    start(f, 300, MAX_BYTES);
    fill_file(f, ".000001", "put here meanwhile\n");
    publish(f, 0, "a", SINK_OK);
    publish(f, 1, "b", SINK_OK);
    stop(f);
    char *other = content_of(f, ".000001");

    assert_string_equal(other, "put here meanwhile\n");
    free(other);
    expect_file(f, ".000002", TEXTS("a"));
    expect_file(f, "", TEXTS("b"));
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void begins_a_new_file_when_it_was_moved_or_removed(void **state)
{
    struct fixture *f = *state;
    char moved[160];

    log_setup((enum log_level) - 1, LOG_LOGFMT);
    (void)snprintf(moved, sizeof moved, "%s.moved", f->path);
    start(f, 0, MAX_BYTES);
    publish(f, 0, "a", SINK_OK);
    assert_int_equal(rename(f->path, moved), 0);
    publish(f, 1, "b", SINK_OK);
    expect_file(f, ".moved", TEXTS("a"));
    expect_file(f, "", TEXTS("b"));
    assert_int_equal(unlink(f->path), 0);
    publish(f, 2, "c", SINK_OK);
    expect_file(f, "", TEXTS("c"));
    assert_int_equal(truncate(f->path, 0), 0);
    publish(f, 3, "d", SINK_OK);
    expect_file(f, "", TEXTS("d"));
    limit_file_size(450); /* after the cut, too, a refused line leaves nothing */
    publish(f, 4, "refused", SINK_FAILED);
    limit_file_size(RLIM_INFINITY);
    expect_file(f, "", TEXTS("d"));
    stop(f);
}

static void a_second_process_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct sink_options options = {.url = f->url, .max_bytes = MAX_BYTES};
    char why[SINK_WHY_LEN] = "";

    start(f, 0, MAX_BYTES);
    assert_null(sink_open(&options, why));
    assert_non_null(strstr(why, "another process writes to "));
    assert_non_null(strstr(why, f->path));
    stop(f);
    start(f, 0, MAX_BYTES);
    stop(f);
}

static void says_what_it_cannot_open(void **state)
{
    static const struct {
        const char *url;
        const char *why;
    } cases[] = {
        {"file:/nonexistent/x/events",
         "sink: cannot open the directory of /nonexistent/x/events: "        },
        {"file:/tmp/",                      "sink: cannot open /tmp/: "      },
        {"file:",                           "sink: expected file:PATH, null:"},
        {"file:/tmp/seatrial-dir-for-test", "/tmp/seatrial-dir-for-test: "   },
        {"kafka:x",                         "got \"kafka:x\""                },
        {"null:x",                          "got \"null:x\""                 },
        {"",                                "got \"\""                       },
    };

    UNUSED(state);
    (void)mkdir("/tmp/seatrial-dir-for-test", 0700);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct sink_options options = {.url = cases[i].url, .max_bytes = MAX_BYTES};
        char why[SINK_WHY_LEN] = "";

        assert_null(sink_open(&options, why));
        if (strstr(why, cases[i].why) == NULL)
            fail_msg("%s", why);
    }
    (void)rmdir("/tmp/seatrial-dir-for-test");
    (void)unlink("/tmp/seatrial-dir-for-test.lock");
}

/* As a disk that fills up and gets space again: the second line is written half. */
static void refuses_while_there_is_no_space_and_recovers(void **state)
{
    struct fixture *f = *state;

    log_setup((enum log_level) - 1, LOG_LOGFMT);
    start(f, 0, MAX_BYTES);
    publish(f, 0, "a", SINK_OK);
    limit_file_size(450);
    publish(f, 1, "refused", SINK_FAILED);
    assert_false(sink_is_up(f->sink));
    expect_file(f, "", TEXTS("a"));
    limit_file_size(100); /* nor in the new file */
    publish(f, 2, "refused too", SINK_FAILED);
    publish(f, 3, "and this", SINK_FAILED);
    limit_file_size(RLIM_INFINITY);
    publish(f, 4, "b", SINK_OK);
    assert_true(sink_is_up(f->sink));
    stop(f);
    expect_file(f, ".000001", TEXTS("a"));
    expect_file(f, "", TEXTS("b"));
}

static void comes_up_again_without_an_event(void **state)
{
    struct fixture *f = *state;
    struct pollfd nothing = {.fd = -1};

    log_setup((enum log_level) - 1, LOG_LOGFMT);
    start(f, 0, MAX_BYTES);
    limit_file_size(100);
    publish(f, 0, "refused", SINK_FAILED);
    assert_false(sink_is_up(f->sink));
    limit_file_size(RLIM_INFINITY);
    for (int i = 0; i < 1000 && !sink_is_up(f->sink); i++)
        (void)poll(&nothing, 1, 10);
    assert_true(sink_is_up(f->sink));
    stop(f);
}

enum { THREADS = 4, EVENTS_EACH = 500 };

struct producer {
    struct sink *sink;
    int number;
    pthread_t thread;
    bool failed;
};

static void *produce(void *arg)
{
    struct producer *p = arg;
    struct sink_port *port = sink_port_open(p->sink, metrics_new());
    size_t polled = 0;

    for (uint64_t i = 0; i < EVENTS_EACH; i++) {
        struct sink_result results[8];
        struct event e = event_of("text");
        char device[32];

        (void)snprintf(device, sizeof device, "%d-%llu", p->number, (unsigned long long)i);
        e.device_uid = str_from(device);
        p->failed |= sink_put(port, i, &e) != SINK_OK;
        if (i % 7 == 0)
            sink_flush(port);
        size_t got = sink_poll(port, results, COUNT(results));

        for (size_t k = 0; k < got; k++, polled++)
            p->failed |= results[k].ticket != polled || results[k].err != SINK_OK;
    }
    sink_port_close(&port);
    return NULL;
}

static void keeps_the_order_of_each_port(void **state)
{
    struct fixture *f = *state;
    struct producer producers[THREADS];
    unsigned next[THREADS] = {0};

    start(f, 0, 1 << 20);
    for (int i = 0; i < THREADS; i++) {
        producers[i] = (struct producer){.sink = f->sink, .number = i};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(producers[i].thread, NULL), 0);
        assert_false(producers[i].failed);
    }
    stop(f);
    char *content = content_of(f, "");

    for (char *line = strtok(content, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *at = strstr(line, "\"deviceuid\":\"");
        unsigned port, number;

        assert_non_null(at);
        assert_int_equal(sscanf(at, "\"deviceuid\":\"%u-%u\"", &port, &number), 2);
        assert_int_equal(number, next[port]++);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(next[i], EVENTS_EACH);
    free(content);
}

static void does_not_allocate_on_the_way_of_an_event(void **state)
{
    struct fixture *f = *state;

    start(f, 0, MAX_BYTES);
    publish(f, 0, "first", SINK_OK);
    long before = alloc_count();

    for (uint64_t i = 1; i < 200; i++)
        publish(f, i, "text", SINK_OK);
    assert_int_equal(alloc_count(), before);
    stop(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(confirms_what_is_in_the_file),
        TEST(writes_nothing_before_a_flush_and_all_at_close),
        cmocka_unit_test(a_null_sink_takes_everything_at_once),
        TEST(keeps_order_when_the_ring_wraps),
        TEST(is_full_at_max_bytes_and_takes_again_after_a_confirmation),
        TEST(any_number_of_flushes_is_confirmed),
        TEST(cuts_a_torn_last_line),
        TEST(cuts_a_torn_line_of_any_length),
        TEST(begins_a_new_file_beyond_the_size),
        TEST(never_overwrites_a_file_of_another),
        TEST(begins_a_new_file_when_it_was_moved_or_removed),
        TEST(a_second_process_is_refused),
        cmocka_unit_test(says_what_it_cannot_open),
        TEST(refuses_while_there_is_no_space_and_recovers),
        TEST(comes_up_again_without_an_event),
        TEST(keeps_the_order_of_each_port),
        TEST(does_not_allocate_on_the_way_of_an_event),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
