#include "lib/kafka_reader.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ASK_MS = 1000,     /* a broker's answer */
    MAX_HEADERS = 256, /* of a record */
    MAX_PARTITIONS = 1024,
};

#define LOOK_US (100 * US_PER_MS)     /* for topics that are not there */
#define LOOK_AGAIN_US (10 * US_PER_S) /* for partitions that have been added */

enum topic_state {
    TOPIC_NEW,    /* nothing is known of it */
    TOPIC_ABSENT, /* it does not exist: all of it will be new */
    TOPIC_READ,
};

struct topic {
    struct topic *next;
    rd_kafka_topic_t *rkt; /* NULL until it is read: to ask for a topic alone may make it */
    char *name;
    enum topic_state state;
    int32_t partitions; /* that are read: 0 to here */
};

struct kafka_reader {
    struct kafka_reader_options options;
    rd_kafka_t *rk;
    rd_kafka_queue_t *records;
    rd_kafka_queue_t *events; /* errors */
    int records_fd, events_fd;
    struct topic *topics;
    int64_t look_us; /* when topics are asked for next */
    bool up;
    char why[KAFKA_WHY_LEN];
};

static void say(struct kafka_reader *r, const char *text)
{
    (void)snprintf(r->why, sizeof r->why, "%s", text);
}

static void take_error(rd_kafka_t *rk, int error, const char *reason, void *arg)
{
    struct kafka_reader *r = arg;

    UNUSED(rk);
    say(r, error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && r->why[0] != '\0' ? r->why : reason);
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
        error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        r->up = false;
        r->look_us = 0;
    }
}

struct kafka_reader *kafka_reader_new(const struct kafka_reader_options *options, char *why)
{
    struct kafka_reader *r = xcalloc(1, sizeof *r);
    rd_kafka_conf_t *conf = kafka_conf_new(&options->brokers);

    r->options = *options;
    kafka_conf_set(conf, "auto.offset.reset", "earliest");
    kafka_conf_set(conf, "fetch.wait.max.ms", "100"); /* other questions wait for it */
    kafka_conf_set(conf, "fetch.error.backoff.ms", "50");
    kafka_conf_set(conf, "allow.auto.create.topics", "false");
    kafka_conf_set(conf, "enable.partition.eof", "false");
    kafka_conf_set(conf, "fetch.message.max.bytes", "8388608");
    kafka_conf_set(conf, "topic.metadata.refresh.interval.ms", "10000");
    rd_kafka_conf_set_error_cb(conf, take_error);
    rd_kafka_conf_set_opaque(conf, r);
    r->rk = kafka_new(RD_KAFKA_CONSUMER, conf, why);
    if (r->rk == NULL) {
        free(r);
        return NULL;
    }
    r->records = rd_kafka_queue_new(r->rk);
    r->events = rd_kafka_queue_get_main(r->rk);
    r->records_fd = kafka_fd_new(r->records);
    r->events_fd = kafka_fd_new(r->events);
    return r;
}

static void topic_free(struct topic *t)
{
    for (int32_t i = 0; i < t->partitions; i++)
        (void)rd_kafka_consume_stop(t->rkt, i);
    if (t->rkt != NULL)
        rd_kafka_topic_destroy(t->rkt);
    free(t->name);
    free(t);
}

void kafka_reader_free(struct kafka_reader **reader)
{
    struct kafka_reader *r = *reader;

    if (r == NULL)
        return;
    while (r->topics != NULL) {
        struct topic *t = r->topics;

        r->topics = t->next;
        topic_free(t);
    }
    rd_kafka_queue_io_event_enable(r->records, -1, NULL, 0);
    rd_kafka_queue_io_event_enable(r->events, -1, NULL, 0);
    rd_kafka_queue_destroy(r->records);
    rd_kafka_queue_destroy(r->events);
    rd_kafka_destroy(r->rk);
    (void)close(r->records_fd);
    (void)close(r->events_fd);
    free(r);
    *reader = NULL;
}

static struct topic **find(const struct kafka_reader *r, const char *name)
{
    struct topic **link = (struct topic **)(uintptr_t)&r->topics;

    while (*link != NULL && strcmp((*link)->name, name) != 0)
        link = &(*link)->next;
    return link;
}

void kafka_reader_add(struct kafka_reader *r, const char *name)
{
    struct topic **link = find(r, name);

    if (*link != NULL)
        return;
    struct topic *t = xcalloc(1, sizeof *t);

    t->name = xstrdup(str_from(name));
    t->next = r->topics;
    r->topics = t;
    r->look_us = 0;
}

void kafka_reader_remove(struct kafka_reader *r, const char *name)
{
    struct topic **link = find(r, name);
    struct topic *t = *link;

    if (t == NULL)
        return;
    *link = t->next;
    topic_free(t);
}

bool kafka_reader_is_ready(const struct kafka_reader *r, const char *name)
{
    const struct topic *t = *find(r, name);

    return t != NULL && t->state != TOPIC_NEW;
}

bool kafka_reader_is_up(const struct kafka_reader *r)
{
    return r->up;
}

const char *kafka_reader_why(const struct kafka_reader *r)
{
    return r->why;
}

/* --- topics --------------------------------------------------------------------------------------
 */

static const struct rd_kafka_metadata_topic *find_metadata(const struct rd_kafka_metadata *all,
                                                           const char *name)
{
    for (int i = 0; i < all->topic_cnt; i++)
        if (strcmp(all->topics[i].topic, name) == 0)
            return &all->topics[i];
    return NULL;
}

/* Where a topic that exists is read from: its ends now. False: a broker does not say. */
static bool find_ends(struct kafka_reader *r, const struct topic *t, int32_t count, int64_t *ends)
{
    for (int32_t i = 0; i < count; i++) {
        int64_t low;
        rd_kafka_resp_err_t error =
            rd_kafka_query_watermark_offsets(r->rk, t->name, i, &low, &ends[i], ASK_MS);

        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            say(r, rd_kafka_err2str(error));
            return false;
        }
    }
    return true;
}

/* Partitions that were not there when the topic became ready are new as a whole. */
static void read_topic(struct kafka_reader *r, struct topic *t, int32_t count)
{
    int64_t ends[MAX_PARTITIONS];

    if (count > MAX_PARTITIONS)
        count = MAX_PARTITIONS;
    if (t->state == TOPIC_NEW && !find_ends(r, t, count, ends))
        return;
    if (t->rkt == NULL)
        t->rkt = rd_kafka_topic_new(r->rk, t->name, NULL);
    for (int32_t i = t->partitions; i < count; i++)
        (void)rd_kafka_consume_start_queue(
            t->rkt, i, t->state == TOPIC_NEW ? ends[i] : RD_KAFKA_OFFSET_BEGINNING, r->records);
    if (count > t->partitions)
        t->partitions = count;
    t->state = TOPIC_READ;
}

static void take_metadata(struct kafka_reader *r, const struct rd_kafka_metadata *all)
{
    for (struct topic *t = r->topics; t != NULL; t = t->next) {
        const struct rd_kafka_metadata_topic *m = find_metadata(all, t->name);

        if (m != NULL && m->err == RD_KAFKA_RESP_ERR_NO_ERROR && m->partition_cnt > 0)
            read_topic(r, t, m->partition_cnt);
        else if (t->state == TOPIC_NEW &&
                 (m == NULL || m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART))
            t->state = TOPIC_ABSENT;
    }
}

static void look_for_topics(struct kafka_reader *r, int64_t now_us)
{
    const struct rd_kafka_metadata *all;
    int64_t again_us = LOOK_AGAIN_US;
    rd_kafka_resp_err_t error = rd_kafka_metadata(r->rk, 1, NULL, &all, ASK_MS);

    r->up = error == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (r->up) {
        r->why[0] = '\0';
        take_metadata(r, all);
        rd_kafka_metadata_destroy(all);
    } else if (r->why[0] == '\0') {
        say(r, rd_kafka_err2str(error));
    }
    for (const struct topic *t = r->topics; t != NULL; t = t->next)
        if (t->state != TOPIC_READ)
            again_us = LOOK_US;
    r->look_us = now_us + (r->up ? again_us : LOOK_US);
}

/* --- records -------------------------------------------------------------------------------------
 */

static void give_record(struct kafka_reader *r, const rd_kafka_message_t *m)
{
    struct kafka_header headers[MAX_HEADERS];
    struct kafka_record record = {
        .topic = rd_kafka_topic_name(m->rkt),
        .key = {m->key,     m->key_len},
        .value = {m->payload, m->len    },
        .headers = headers,
    };
    rd_kafka_headers_t *list = NULL;
    const char *name;
    const void *value;
    size_t len;

    (void)rd_kafka_message_headers(m, &list);
    while (list != NULL && record.header_count < MAX_HEADERS &&
           rd_kafka_header_get_all(list, record.header_count, &name, &value, &len) ==
               RD_KAFKA_RESP_ERR_NO_ERROR)
        headers[record.header_count++] = (struct kafka_header){
            name, {value, value == NULL ? 0 : len}
        };
    r->options.record(r->options.arg, &record);
}

static void take_records(struct kafka_reader *r)
{
    rd_kafka_message_t *m;

    kafka_fd_clear(r->records_fd);
    while ((m = rd_kafka_consume_queue(r->records, 0)) != NULL) {
        /* of a topic that was removed meanwhile nothing is wanted any more */
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR && *find(r, rd_kafka_topic_name(m->rkt)) != NULL)
            give_record(r, m);
        rd_kafka_message_destroy(m);
    }
}

void kafka_reader_work(struct kafka_reader *r, int64_t now_us)
{
    kafka_fd_clear(r->events_fd);
    while (rd_kafka_poll(r->rk, 0) > 0)
        ;
    if (now_us >= r->look_us && (r->topics != NULL || !r->up))
        look_for_topics(r, now_us);
    take_records(r);
}

void kafka_reader_wait(struct kafka_reader *r, int wake_fd, int64_t now_us, int timeout_ms)
{
    struct pollfd fds[3] = {
        {.fd = wake_fd,       .events = POLLIN},
        {.fd = r->records_fd, .events = POLLIN},
        {.fd = r->events_fd,  .events = POLLIN},
    };
    int64_t left_ms = r->look_us <= now_us ? 0 : (r->look_us - now_us) / US_PER_MS + 1;

    if (r->topics == NULL && r->up)
        left_ms = timeout_ms;
    (void)poll(fds, COUNT(fds), left_ms < timeout_ms ? (int)left_ms : timeout_ms);
}
