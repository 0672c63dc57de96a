#include "lib/kafka.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/buf.h"

/*
 * librdkafka waits with C11's cnd_timedwait until a time of clock_gettime. libfaketime scales that
 * clock, and waits of pthreads, but knows no C11: with it librdkafka would wait for hours. Under
 * glibc both are the same thing; what stands in a program comes before what stands in a library.
 * The types and results are those of glibc's threads.h.
 */
int cnd_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int cnd_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
    enum { SUCCESS = 0, FAILURE = 2, TIMED_OUT = 4 };
    int error = pthread_cond_timedwait(condition, mutex, until);

    if (error == 0)
        return SUCCESS;
    return error == ETIMEDOUT ? TIMED_OUT : FAILURE;
}

static const char plain[] = "kafka://", secure[] = "kafkas://";

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* `host[:port]`; librdkafka reads it in full. */
static bool is_broker(struct str s)
{
    static const char refused[] = "/?#@ ";

    for (size_t i = 0; i < s.len; i++)
        if (strchr(refused, s.ptr[i]) != NULL)
            return false;
    return s.len > 0 && s.ptr[0] != ':' && s.ptr[s.len - 1] != ':';
}

static const char *brokers_of(const char *url)
{
    if (starts(url, plain))
        return url + strlen(plain);
    return starts(url, secure) ? url + strlen(secure) : "";
}

bool kafka_url_check(const char *url, char *why)
{
    const char *at = brokers_of(url);
    bool good = true;

    do {
        struct str broker = {at, strcspn(at, ",")};

        good = good && is_broker(broker);
        at += broker.len;
    } while (*at++ == ',');
    if (!good)
        (void)snprintf(why, KAFKA_WHY_LEN,
                       "expected kafka://HOST[:PORT][,HOST[:PORT]] or kafkas://..., got \"%.80s\"",
                       url);
    return good;
}

void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, text, sizeof text);

    assert(result == RD_KAFKA_CONF_OK);
    UNUSED(result);
}

static void log_nothing(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    UNUSED(rk);
    UNUSED(level);
    UNUSED(facility);
    UNUSED(text);
}

rd_kafka_conf_t *kafka_conf_new(const struct kafka_options *options)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool tls = starts(options->url, secure), user = options->user != NULL;
    struct buf brokers = buf_growing();

    /* without a port it is 9092 */
    buf_add_str(&brokers, str_from(brokers_of(options->url)));
    buf_add_char(&brokers, '\0');
    kafka_conf_set(conf, "bootstrap.servers", brokers.ptr);
    buf_fini(&brokers);
    kafka_conf_set(conf, "client.id", "seatrial");
    kafka_conf_set(conf, "security.protocol",
                   tls ? (user ? "sasl_ssl" : "ssl") : (user ? "sasl_plaintext" : "plaintext"));
    if (tls && options->ca_file != NULL)
        kafka_conf_set(conf, "ssl.ca.location", options->ca_file);
    if (user) {
        kafka_conf_set(conf, "sasl.mechanism", "PLAIN");
        kafka_conf_set(conf, "sasl.username", options->user);
        kafka_conf_set(conf, "sasl.password", options->password == NULL ? "" : options->password);
    }
    kafka_conf_set(conf, "socket.nagle.disable", "true");
    kafka_conf_set(conf, "reconnect.backoff.ms", "100");
    kafka_conf_set(conf, "reconnect.backoff.max.ms", "2000");
    rd_kafka_conf_set_log_cb(conf, log_nothing);
    return conf;
}

rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *why)
{
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, KAFKA_WHY_LEN);

    if (rk == NULL)
        rd_kafka_conf_destroy(conf);
    return rk;
}

/* By rd_kafka_produceva: the macros of rd_kafka_producev are no standard C. */
rd_kafka_resp_err_t kafka_produce(rd_kafka_t *rk, const char *topic, struct str key,
                                  struct str value, rd_kafka_headers_t *headers, void *opaque)
{
    /* librdkafka does not write to what it copies */
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC,    .u.cstr = topic                                   },
        {.vtype = RD_KAFKA_VTYPE_KEY,      .u.mem = {(void *)(uintptr_t)key.ptr, key.len}    },
        {.vtype = RD_KAFKA_VTYPE_VALUE,    .u.mem = {(void *)(uintptr_t)value.ptr, value.len}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY                        },
        {.vtype = RD_KAFKA_VTYPE_HEADERS,  .u.headers = headers                              },
        {.vtype = RD_KAFKA_VTYPE_OPAQUE,   .u.ptr = opaque                                   },
    };
    rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, COUNT(parts));

    if (error == NULL)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);

    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers);
    return code;
}

int kafka_fd_new(rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    assert(fd >= 0);
    rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
    return fd;
}

void kafka_fd_clear(int fd)
{
    uint64_t ignored;

    (void)!read(fd, &ignored, sizeof ignored);
}
