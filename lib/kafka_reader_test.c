/* labels: slow */
#include "lib/kafka_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "lib/clock.h"
#include "lib/kafka_testcluster.h"

struct world {
    struct testcluster cluster;
    struct kafka_reader *reader;
    size_t count;
    char last[128];   /* `topic value` */
    char header[128]; /* `name=value` of the first */
};

static void take_record(void *arg, const struct kafka_record *r)
{
    struct world *w = arg;

    w->count++;
    (void)snprintf(w->last, sizeof w->last, "%s %.*s", r->topic, (int)r->value.len, r->value.ptr);
    w->header[0] = '\0';
    if (r->header_count > 0)
        (void)snprintf(w->header, sizeof w->header, "%s=%.*s", r->headers[0].name,
                       (int)r->headers[0].value.len, r->headers[0].value.ptr);
}

static void begin(struct world *w)
{
    char why[KAFKA_WHY_LEN] = "";

    *w = (struct world){.count = 0};
    testcluster_start(&w->cluster);
    w->reader = kafka_reader_new(&(struct kafka_reader_options){.brokers = {.url = w->cluster.url},
                                                                .record = take_record,
                                                                .arg = w},
                                 why);
    assert_string_equal(why, "");
}

#define AWAIT(w, condition)                                                                        \
    do {                                                                                           \
        int64_t end_us = clock_mono_us() + 30 * US_PER_S;                                          \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_us() < end_us);                                                 \
            kafka_reader_work((w)->reader, clock_mono_us());                                       \
            kafka_reader_wait((w)->reader, -1, clock_mono_us(), 10);                               \
        }                                                                                          \
    } while (false)

static void end(struct world *w)
{
    kafka_reader_free(&w->reader);
    testcluster_end(&w->cluster);
}

static void reads_what_comes_after_it_was_ready(void **state)
{
    static const char *const headers[] = {"ce_id", "1 ü", NULL};
    struct world w;

    UNUSED(state);
    begin(&w);
    testcluster_topic(&w.cluster, "old", 3);
    for (int i = 0; i < 5; i++)
        testcluster_produce(&w.cluster, "old", "before", NULL);
    kafka_reader_add(w.reader, "old");
    AWAIT(&w, kafka_reader_is_ready(w.reader, "old"));
    testcluster_produce(&w.cluster, "old", "after", headers);
    AWAIT(&w, w.count > 0);
    assert_string_equal(w.last, "old after");
    assert_string_equal(w.header, "ce_id=1 ü");
    for (int i = 0; i < 20; i++)
        testcluster_produce(&w.cluster, "old", "more", NULL);
    AWAIT(&w, w.count == 21);
    end(&w);
}

/* Its first record makes the topic. */
static void misses_nothing_of_a_topic_that_is_made_later(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    kafka_reader_add(w.reader, "a");
    kafka_reader_add(w.reader, "b");
    AWAIT(&w, kafka_reader_is_ready(w.reader, "a") && kafka_reader_is_ready(w.reader, "b"));
    for (int i = 0; i < 10; i++)
        testcluster_produce(&w.cluster, i % 2 == 0 ? "a" : "b", "first", NULL);
    AWAIT(&w, w.count == 10);
    end(&w);
}

static void gives_nothing_of_a_topic_that_was_removed(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    kafka_reader_add(w.reader, "a");
    kafka_reader_add(w.reader, "b");
    AWAIT(&w, kafka_reader_is_ready(w.reader, "a") && kafka_reader_is_ready(w.reader, "b"));
    testcluster_produce(&w.cluster, "a", "x", NULL);
    AWAIT(&w, w.count == 1);
    kafka_reader_remove(w.reader, "a");
    testcluster_produce(&w.cluster, "a", "y", NULL);
    testcluster_produce(&w.cluster, "b", "z", NULL);
    AWAIT(&w, w.count == 2);
    assert_string_equal(w.last, "b z");
    end(&w);
}

static void is_up_again_when_the_broker_is(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    kafka_reader_add(w.reader, "a");
    AWAIT(&w, kafka_reader_is_ready(w.reader, "a"));
    (void)rd_kafka_mock_broker_set_down(w.cluster.mock, TESTCLUSTER_BROKER);
    AWAIT(&w, !kafka_reader_is_up(w.reader));
    assert_true(kafka_reader_why(w.reader)[0] != '\0');
    (void)rd_kafka_mock_broker_set_up(w.cluster.mock, TESTCLUSTER_BROKER);
    AWAIT(&w, kafka_reader_is_up(w.reader));
    testcluster_produce(&w.cluster, "a", "again", NULL);
    AWAIT(&w, w.count == 1);
    end(&w);
}

static void knows_urls(void **state)
{
    static const struct {
        const char *url;
        bool good;
    } rows[] = {
        {"kafka://host",        true },
        {"kafka://a:1,b:2",     true },
        {"kafkas://[::1]:9093", true },
        {"kafka://",            false},
        {"kafka://a,,b",        false},
        {"kafka://a,",          false},
        {"kafka://:9092",       false},
        {"kafka://host:",       false},
        {"kafka://host/topic",  false},
        {"mqtt://host",         false},
    };
    char why[KAFKA_WHY_LEN];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(kafka_url_check(rows[i].url, why), rows[i].good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_comes_after_it_was_ready),
        cmocka_unit_test(misses_nothing_of_a_topic_that_is_made_later),
        cmocka_unit_test(gives_nothing_of_a_topic_that_was_removed),
        cmocka_unit_test(is_up_again_when_the_broker_is),
        cmocka_unit_test(knows_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
