/*
 * Events from Kafka, as Drogue Cloud's endpoints write them: a topic an application, CloudEvents in
 * binary mode.
 *
 * librdkafka asks brokers in calls that block: they are made in a thread of their own, which gives
 * records to the loop, and is told by it what to watch.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/adapter_kafka.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/cloudevent_message.h"
#include "lib/kafka_reader.h"
#include "lib/mailbox.h"
#include "lib/thread.h"

enum { TOPIC_MAX = 63, LOOK_MS = 100 };

static const char section[] = "events.kafka";

enum wish_kind { WISH_WATCH, WISH_UNWATCH, WISH_STOP };

/* A wish on its way to the thread, and back with what became of it. */
struct wish {
    struct mail mail;
    struct wish *next; /* the thread's */
    char topic[TOPIC_MAX + 1];
    enum wish_kind kind;
    struct adapter_call *call; /* the loop's: of a watch */
    int64_t deadline_us;
    bool ready;
    char why[KAFKA_WHY_LEN];
};

/* A record on its way to the loop, in one piece of memory. */
struct record {
    struct mail mail;
    struct str value;
    struct str raw; /* headers and value, for people */
    size_t header_count;
    struct cloudevent_header header[];
};

struct kafka_events {
    struct adapter adapter;
    const struct target_broker *broker;
    struct kafka_reader *reader; /* the thread's */
    struct wish *waiting;        /* the thread's: watched topics that are not ready */
    bool stopped;                /* the thread's */
    pthread_t thread;
    struct mailbox wishes;  /* to the thread */
    struct mailbox records; /* to the loop */
    struct mailbox answers; /* to the loop */
};

/* --- the thread ----------------------------------------------------------------------------------
 */

/* Copies s behind *at, which moves. */
static struct str pack(char **at, struct str s)
{
    char *to = *at;

    if (s.len > 0)
        memcpy(to, s.ptr, s.len);
    *at += s.len;
    return (struct str){to, s.len};
}

static struct buf raw_of(const struct kafka_record *r)
{
    struct buf raw = buf_growing();

    for (size_t i = 0; i < r->header_count; i++) {
        buf_add_format(&raw, "%s: ", r->headers[i].name);
        buf_add_str(&raw, r->headers[i].value);
        buf_add_char(&raw, '\n');
    }
    buf_add_char(&raw, '\n');
    buf_add_str(&raw, r->value);
    return raw;
}

static void take_record(void *arg, const struct kafka_record *r)
{
    struct kafka_events *a = arg;
    struct buf raw = raw_of(r);
    size_t len = r->value.len + raw.len;

    for (size_t i = 0; i < r->header_count; i++)
        len += strlen(r->headers[i].name) + r->headers[i].value.len;
    struct record *copy = xcalloc(1, sizeof *copy + r->header_count * sizeof copy->header[0] + len);
    char *at = (char *)&copy->header[r->header_count];

    copy->header_count = r->header_count;
    for (size_t i = 0; i < r->header_count; i++) {
        copy->header[i].name = pack(&at, str_from(r->headers[i].name));
        copy->header[i].value = pack(&at, r->headers[i].value);
    }
    copy->value = pack(&at, r->value);
    copy->raw = pack(&at, buf_str(&raw));
    buf_fini(&raw);
    mailbox_post(&a->records, &copy->mail);
}

static void take_wishes(struct kafka_events *a)
{
    for (struct mail *mail = mailbox_take(&a->wishes); mail != NULL;) {
        struct wish *w = CONTAINER_OF(mail, struct wish, mail);

        mail = mail->next;
        switch (w->kind) {
        case WISH_WATCH:
            kafka_reader_add(a->reader, w->topic);
            w->next = a->waiting;
            a->waiting = w;
            break;
        case WISH_UNWATCH:
            kafka_reader_remove(a->reader, w->topic);
            free(w);
            break;
        case WISH_STOP:
            a->stopped = true;
            free(w);
            break;
        }
    }
}

/* Sends back what is ready, or too late. */
static void answer_wishes(struct kafka_events *a)
{
    struct wish **link = &a->waiting;

    while (*link != NULL) {
        struct wish *w = *link;

        w->ready = kafka_reader_is_ready(a->reader, w->topic);
        if (!w->ready && !a->stopped && clock_mono_us() < w->deadline_us) {
            link = &w->next;
            continue;
        }
        (void)snprintf(w->why, sizeof w->why, "%s", kafka_reader_why(a->reader));
        *link = w->next;
        mailbox_post(&a->answers, &w->mail);
    }
}

static void *run(void *arg)
{
    struct kafka_events *a = arg;

    while (!a->stopped) {
        take_wishes(a);
        kafka_reader_work(a->reader, clock_mono_us());
        answer_wishes(a);
        kafka_reader_wait(a->reader, a->wishes.wake_fd, clock_mono_us(), LOOK_MS);
    }
    answer_wishes(a);
    return NULL;
}

/* --- the loop ------------------------------------------------------------------------------------
 */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Drogue Cloud's name of the topic: `events-NAME`, or `evt-MD5-NAME` where that cannot be one. */
static void name_topic(const char *application, char out[TOPIC_MAX + 1])
{
    size_t len = strlen(application), used;
    uint8_t hash[EVP_MAX_MD_SIZE];
    bool plain = len > 0 && is_plain(application[0]) && is_plain(application[len - 1]);

    for (size_t i = 0; i < len; i++)
        plain = plain && (is_plain(application[i]) || application[i] == '-');
    if (plain && len + sizeof "events-" - 1 < TOPIC_MAX) {
        (void)snprintf(out, TOPIC_MAX + 1, "events-%s", application);
        return;
    }
    if (EVP_Digest(application, len, hash, NULL, EVP_md5(), NULL) != 1)
        memset(hash, 0, sizeof hash);
    used = (size_t)snprintf(out, TOPIC_MAX + 1, "evt-");
    for (size_t i = 0; i < 16; i++)
        used += (size_t)snprintf(out + used, TOPIC_MAX + 1 - used, "%02x", hash[i]);
    out[used++] = '-';
    for (size_t i = 0; i < len && used < TOPIC_MAX; i++)
        out[used++] = is_plain(application[i]) ? application[i] : '-';
    while (out[used - 1] == '-')
        used--;
    out[used] = '\0';
}

static void send_wish(struct kafka_events *a, enum wish_kind kind, const char *application,
                      struct adapter_call *call)
{
    struct wish *w = xcalloc(1, sizeof *w);

    w->kind = kind;
    if (application != NULL)
        name_topic(application, w->topic);
    w->call = call;
    w->deadline_us = clock_mono_us() + a->adapter.world->timeout_us;
    mailbox_post(&a->wishes, &w->mail);
}

static void call_events(struct adapter *adapter, struct adapter_call *call)
{
    struct kafka_events *a = (struct kafka_events *)adapter;
    const char *op = adapter_text(call->request, "op");
    const char *application = adapter_text(call->request, "application");

    if (op != NULL && application != NULL && strcmp(op, "watch") == 0) {
        send_wish(a, WISH_WATCH, application, call);
    } else if (op != NULL && application != NULL && strcmp(op, "unwatch") == 0) {
        send_wish(a, WISH_UNWATCH, application, NULL);
        call->answered(call, adapter_reply_ok());
    } else {
        call->answered(call,
                       adapter_reply_failed(ADAPTER_UNAVAILABLE, 0, "events come from a broker"));
    }
}

static void give_records(struct kafka_events *a)
{
    for (struct mail *mail = mailbox_take(&a->records); mail != NULL;) {
        struct record *r = CONTAINER_OF(mail, struct record, mail);
        struct cloudevent e;

        mail = mail->next;
        (void)!cloudevent_read_kafka(&e, r->header, r->header_count, r->value);
        adapter_give(a->adapter.world, &e, r->raw);
        cloudevent_fini(&e);
        free(r);
    }
}

static void give_answers(struct kafka_events *a)
{
    for (struct mail *mail = mailbox_take(&a->answers); mail != NULL;) {
        struct wish *w = CONTAINER_OF(mail, struct wish, mail);

        mail = mail->next;
        w->call->answered(
            w->call, w->ready ? adapter_reply_ok()
                              : adapter_kafka_failed(a->adapter.world, a->broker, section, w->why));
        free(w);
    }
}

static size_t events_fds(struct adapter *adapter, struct pollfd *fds)
{
    const struct kafka_events *a = (const struct kafka_events *)adapter;

    fds[0] = (struct pollfd){.fd = a->records.wake_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = a->answers.wake_fd, .events = POLLIN};
    return 2;
}

static int64_t events_work(struct adapter *adapter, int64_t now_us)
{
    struct kafka_events *a = (struct kafka_events *)adapter;

    UNUSED(now_us);
    give_records(a);
    give_answers(a);
    return INT64_MAX;
}

static void drop(struct mailbox *box, size_t offset)
{
    for (struct mail *mail = mailbox_take(box); mail != NULL;) {
        struct mail *next = mail->next;

        free((char *)mail - offset);
        mail = next;
    }
    mailbox_fini(box);
}

static void events_free(struct adapter *adapter)
{
    struct kafka_events *a = (struct kafka_events *)adapter;

    send_wish(a, WISH_STOP, NULL, NULL);
    (void)pthread_join(a->thread, NULL);
    kafka_reader_free(&a->reader);
    drop(&a->records, offsetof(struct record, mail));
    drop(&a->answers, offsetof(struct wish, mail));
    drop(&a->wishes, offsetof(struct wish, mail));
    free(a);
}

struct adapter *adapter_events_kafka(const struct adapter_world *world, char *why)
{
    static const struct adapter_functions functions = {.name = section,
                                                       .watches = true,
                                                       .call = call_events,
                                                       .fds = events_fds,
                                                       .work = events_work,
                                                       .free = events_free};
    struct kafka_reader_options options = {.record = take_record};
    const struct target_broker *broker = &world->target->events.broker;
    struct kafka_events *a = xcalloc(1, sizeof *a);
    char text[KAFKA_WHY_LEN];

    a->adapter = (struct adapter){&functions, world};
    a->broker = broker;
    options.arg = a;
    if (!adapter_kafka_options(world, broker, section, &options.brokers, why)) {
        free(a);
        return NULL;
    }
    a->reader = kafka_reader_new(&options, text);
    if (a->reader == NULL) {
        (void)snprintf(why, ADAPTER_WHY_LEN, "%s: %s (in the target file check %s.ca)", section,
                       text, section);
        free(a);
        return NULL;
    }
    mailbox_init(&a->wishes);
    mailbox_init(&a->records);
    mailbox_init(&a->answers);
    bool started = thread_start(&a->thread, run, a);

    assert(started);
    UNUSED(started);
    return &a->adapter;
}
