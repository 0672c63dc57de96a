/*
 * Commands to Kafka, as Drogue Cloud's command endpoint writes them for its endpoints: topic
 * `iot-commands`, a CloudEvent in binary mode. Only the record for the device itself: whose
 * gateways there are, the registry knows.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/adapter_command.h"
#include "lib/adapter_kafka.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/entropy.h"

static const char section[] = "commands.kafka", topic[] = "iot-commands";

struct kafka_commands {
    struct adapter adapter;
    const struct target_broker *broker;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    char why[KAFKA_WHY_LEN]; /* what went wrong last */
};

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    struct kafka_commands *a = arg;
    struct adapter_call *call = m->_private;

    UNUSED(rk);
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        call->answered(call, adapter_reply_ok());
    else
        call->answered(call, adapter_kafka_failed(a->adapter.world, a->broker, section,
                                                  m->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT &&
                                                          a->why[0] != '\0'
                                                      ? a->why
                                                      : rd_kafka_err2str(m->err)));
}

static void failed(rd_kafka_t *rk, int error, const char *reason, void *arg)
{
    struct kafka_commands *a = arg;

    UNUSED(rk);
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || a->why[0] == '\0')
        (void)snprintf(a->why, sizeof a->why, "%s", reason);
}

static void add(rd_kafka_headers_t *list, const char *name, const char *value)
{
    (void)rd_kafka_header_add(list, name, -1, value, (ssize_t)strlen(value));
}

/* As Drogue percent-encodes names: letters and digits stay. */
static void add_encoded(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++) {
        uint8_t c = (uint8_t)*name;

        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            buf_add_char(out, (char)c);
        else
            buf_add_format(out, "%%%02X", c);
    }
}

/* `drogue://APPLICATION/DEVICE`, and behind it a NUL and the key, `APPLICATION/DEVICE`. */
static struct buf source_of(const struct adapter_command *c)
{
    struct buf out = buf_growing();

    buf_add_format(&out, "drogue://%s/", c->application);
    add_encoded(&out, c->device);
    buf_add_char(&out, '\0');
    add_encoded(&out, c->application);
    buf_add_char(&out, '/');
    add_encoded(&out, c->device);
    buf_add_char(&out, '\0');
    return out;
}

static rd_kafka_headers_t *headers_of(const struct adapter_command *c, const char *source,
                                      const char *key)
{
    rd_kafka_headers_t *list = rd_kafka_headers_new(12);
    char id[40];
    uint64_t random[2];

    entropy_fill(random, sizeof random);
    (void)snprintf(id, sizeof id, "%016llx%016llx", (unsigned long long)random[0],
                   (unsigned long long)random[1]);
    add(list, "ce_specversion", "1.0");
    add(list, "ce_id", id);
    add(list, "ce_type", "io.drogue.event.v1");
    add(list, "ce_source", source);
    add(list, "ce_subject", c->name);
    add(list, "ce_application", c->application);
    add(list, "ce_device", c->device);
    add(list, "ce_sender", c->device);
    add(list, "ce_instance", "seatrial");
    add(list, "ce_partitionkey", key);
    add(list, "content-type",
        c->content_type == NULL ? "application/octet-stream" : c->content_type);
    return list;
}

static void call_commands(struct adapter *adapter, struct adapter_call *call)
{
    struct kafka_commands *a = (struct kafka_commands *)adapter;
    struct adapter_command c;

    if (!adapter_command_read(call, &c))
        return;
    struct buf source = source_of(&c);
    const char *key = source.ptr + strlen(source.ptr) + 1;
    rd_kafka_headers_t *list = headers_of(&c, source.ptr, key);
    rd_kafka_resp_err_t error = kafka_produce(a->rk, topic, str_from(key), c.payload, list, call);

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        call->answered(call, adapter_kafka_failed(a->adapter.world, a->broker, section,
                                                  rd_kafka_err2str(error)));
    buf_fini(&source);
    adapter_command_fini(&c);
}

static size_t commands_fds(struct adapter *adapter, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = ((struct kafka_commands *)adapter)->fd, .events = POLLIN};
    return 1;
}

static int64_t commands_work(struct adapter *adapter, int64_t now_us)
{
    struct kafka_commands *a = (struct kafka_commands *)adapter;

    UNUSED(now_us);
    kafka_fd_clear(a->fd);
    while (rd_kafka_poll(a->rk, 0) > 0)
        ;
    return INT64_MAX;
}

static void commands_free(struct adapter *adapter)
{
    enum { REPORTS_MS = 1000 };
    struct kafka_commands *a = (struct kafka_commands *)adapter;

    (void)rd_kafka_purge(a->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(a->rk, REPORTS_MS);
    rd_kafka_queue_io_event_enable(a->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(a->queue);
    rd_kafka_destroy(a->rk);
    (void)close(a->fd);
    free(a);
}

struct adapter *adapter_commands_kafka(const struct adapter_world *world, char *why)
{
    static const struct adapter_functions functions = {.name = section,
                                                       .call = call_commands,
                                                       .fds = commands_fds,
                                                       .work = commands_work,
                                                       .free = commands_free};
    const struct target_broker *broker = &world->target->commands.broker;
    struct kafka_options options;
    char number[32], text[KAFKA_WHY_LEN];

    if (!adapter_kafka_options(world, broker, section, &options, why))
        return NULL;
    struct kafka_commands *a = xcalloc(1, sizeof *a);
    rd_kafka_conf_t *conf = kafka_conf_new(&options);

    (void)snprintf(number, sizeof number, "%lld", (long long)(world->timeout_us / US_PER_MS + 1));
    kafka_conf_set(conf, "message.timeout.ms", number);
    kafka_conf_set(conf, "linger.ms", "0");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_error_cb(conf, failed);
    rd_kafka_conf_set_opaque(conf, a);
    *a = (struct kafka_commands){
        .adapter = {&functions, world},
          .broker = broker
    };
    a->rk = kafka_new(RD_KAFKA_PRODUCER, conf, text);
    if (a->rk == NULL) {
        (void)snprintf(why, ADAPTER_WHY_LEN, "%s: %s (in the target file check %s.ca)", section,
                       text, section);
        free(a);
        return NULL;
    }
    a->queue = rd_kafka_queue_get_main(a->rk);
    a->fd = kafka_fd_new(a->queue);
    return &a->adapter;
}
