#include "reference/sink_kafka.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/entropy.h"
#include "lib/kafka.h"
#include "lib/siphash.h"
#include "reference/event_pairs.h"
#include "reference/sink_attempt.h"
#include "reference/sink_flow.h"
#include "reference/token_file.h"

enum {
    TOPIC_MAX = 63,
    KNOWN = 4096,
    ASK_MS = 100, /* while no broker answers there is little else to do */
    PURGE_MS = 1000,
};

#define ASK_US US_PER_S /* how often brokers that are down are asked */

struct kafka_carrier {
    struct sink_carrier carrier;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* delivery reports, errors */
    int fd;
    struct sink_attempt *records;
    struct sink_attempts attempts;
    bool up;
    bool refused; /* no broker takes us as we are configured */
    int64_t ask_us;
    uint8_t key[SIPHASH_KEY_LEN];
    uint64_t known[KNOWN]; /* hashes of topics that were asked for */
};

static struct kafka_carrier *of(struct sink_carrier *c)
{
    return CONTAINER_OF(c, struct kafka_carrier, carrier);
}

/* --- encoding ------------------------------------------------------------------------------------
 */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_plain_name(struct str s)
{
    bool plain = s.len > 0 && is_plain(s.ptr[0]) && is_plain(s.ptr[s.len - 1]);

    for (size_t i = 0; i < s.len; i++)
        plain = plain && (is_plain(s.ptr[i]) || s.ptr[i] == '-');
    return plain;
}

void sink_kafka_topic(struct str application, struct buf *out)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    size_t begin = out->len;
    unsigned len = 0;

    if (sizeof "events-" - 1 + application.len < TOPIC_MAX && is_plain_name(application)) {
        buf_add_str(out, STR("events-"));
        buf_add_str(out, application);
        return;
    }
    int hashed = EVP_Digest(application.ptr, application.len, hash, &len, EVP_md5(), NULL);

    assert(hashed == 1);
    UNUSED(hashed);
    buf_add_str(out, STR("evt-"));
    for (unsigned i = 0; i < len; i++)
        buf_add_format(out, "%02x", hash[i]);
    buf_add_char(out, '-');
    for (size_t i = 0; i < application.len && out->len - begin < TOPIC_MAX; i++)
        buf_add_char(out, is_plain(application.ptr[i]) ? application.ptr[i] : '-');
    while (out->ptr[out->len - 1] == '-')
        out->len--;
}

/* The texts: topic, key, content type (may be empty), then names and values in turn. */
static size_t encode(const struct sink_carrier *carrier, const struct event *e, struct buf *texts,
                     struct buf *space, struct str *body)
{
    UNUSED(carrier);
    sink_kafka_topic(e->application, texts);
    buf_add_char(texts, '\0');
    event_add_partition_key(e, space);
    event_add_text(texts, buf_str(space));
    event_add_text(texts, e->content_type);
    *body = e->payload;
    return 3 + 2 * event_pairs(e, "ce_", texts);
}

/* --- answers -------------------------------------------------------------------------------------
 */

/* What is not here may work later. */
static const struct failure {
    rd_kafka_resp_err_t code;
    enum sink_verdict verdict;
} failures[] = {
    {RD_KAFKA_RESP_ERR_NO_ERROR,                     SINK_VERDICT_TAKEN  },
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,           SINK_VERDICT_REFUSED},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,        SINK_VERDICT_REFUSED},
    {RD_KAFKA_RESP_ERR_INVALID_MSG,                  SINK_VERDICT_REFUSED},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD,               SINK_VERDICT_REFUSED},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION,             SINK_VERDICT_REFUSED},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,               SINK_VERDICT_BROKEN },
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,        SINK_VERDICT_BROKEN },
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,              SINK_VERDICT_BROKEN },
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,   SINK_VERDICT_BROKEN },
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, SINK_VERDICT_BROKEN },
    {RD_KAFKA_RESP_ERR__AUTHENTICATION,              SINK_VERDICT_BROKEN },
};

static struct sink_answer answer_of(rd_kafka_resp_err_t code, bool maybe_taken)
{
    struct sink_answer answer = {.verdict = SINK_VERDICT_FAILED,
                                 .maybe_taken = maybe_taken,
                                 .status = code,
                                 .error = rd_kafka_err2str(code)};

    for (size_t i = 0; i < COUNT(failures); i++)
        if (failures[i].code == code)
            answer.verdict = failures[i].verdict;
    return answer;
}

/* A delivery report. */
static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    struct kafka_carrier *c = arg;
    struct sink_attempt *r = m->_private;

    UNUSED(rk);
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        c->up = true;
    if (r->arg == NULL) /* was cancelled */
        sink_attempts_give(&c->attempts, r);
    else
        sink_attempts_end(
            &c->attempts, r,
            answer_of(m->err, rd_kafka_message_status(m) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED));
}

static void failed(rd_kafka_t *rk, int error, const char *reason, void *arg)
{
    struct kafka_carrier *c = arg;

    UNUSED(rk);
    UNUSED(reason);
    if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL)
        c->refused = true;
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || c->refused)
        c->up = false;
}

/* --- the carrier ---------------------------------------------------------------------------------
 */

static void add_header(rd_kafka_headers_t *list, const char *name, const char *value)
{
    (void)rd_kafka_header_add(list, name, -1, value, (ssize_t)strlen(value));
}

static rd_kafka_resp_err_t produce(struct kafka_carrier *c, const struct sink_letter *letter,
                                   struct sink_attempt *r)
{
    const char *at = letter->texts;
    const char *topic = sink_letter_next(&at), *key = sink_letter_next(&at),
               *type = sink_letter_next(&at);
    rd_kafka_headers_t *list = rd_kafka_headers_new(letter->text_count / 2);

    if (*type != '\0')
        add_header(list, "content-type", type);
    for (size_t i = 3; i + 1 < letter->text_count; i += 2) {
        const char *name = sink_letter_next(&at);

        add_header(list, name, sink_letter_next(&at));
    }
    return kafka_produce(c->rk, topic, str_from(key), letter->body, list, r);
}

/* librdkafka looks for topics that it does not know once a second; a device does not wait so long
 * for the first event of its application. */
static void look_for_topic(struct kafka_carrier *c, const char *topic)
{
    uint64_t hash = siphash13(c->key, topic, strlen(topic));
    const struct rd_kafka_metadata *ignored;

    if (c->known[hash % KNOWN] == hash || !c->up)
        return;
    c->known[hash % KNOWN] = hash;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(c->rk, topic, NULL);

    if (rkt == NULL)
        return;
    if (rd_kafka_metadata(c->rk, 0, rkt, &ignored, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(ignored);
    rd_kafka_topic_destroy(rkt);
}

static struct sink_request *send_letter(struct sink_carrier *carrier,
                                        const struct sink_letter *letter, void *arg)
{
    struct kafka_carrier *c = of(carrier);
    struct sink_attempt *r = sink_attempts_take(&c->attempts);

    if (r == NULL)
        return NULL;
    r->arg = arg;
    rd_kafka_resp_err_t error =
        c->refused ? RD_KAFKA_RESP_ERR__AUTHENTICATION : produce(c, letter, r);

    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        sink_attempts_give(&c->attempts, r);
        return NULL;
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        sink_attempts_end(&c->attempts, r, answer_of(error, false));
    else
        look_for_topic(c, letter->texts);
    return (struct sink_request *)r;
}

/* librdkafka cannot take one record back: its report comes later, and is not looked at. */
static bool cancel(struct sink_carrier *carrier, struct sink_request *request)
{
    UNUSED(carrier);
    ((struct sink_attempt *)request)->arg = NULL;
    return true;
}

static bool is_up(struct sink_carrier *carrier)
{
    return of(carrier)->up;
}

/* Without events nothing else would say that brokers are there again. */
static void ask(struct kafka_carrier *c)
{
    const struct rd_kafka_metadata *all;
    int64_t now_us = clock_mono_us();

    if (c->up || now_us < c->ask_us)
        return;
    c->ask_us = now_us + ASK_US;
    if (rd_kafka_metadata(c->rk, 0, NULL, &all, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_metadata_destroy(all);
    c->up = true;
    c->refused = false;
}

static void work(struct sink_carrier *carrier)
{
    struct kafka_carrier *c = of(carrier);

    kafka_fd_clear(c->fd);
    while (rd_kafka_poll(c->rk, 0) > 0)
        ;
    ask(c);
}

static void *next(struct sink_carrier *carrier, struct sink_answer *out)
{
    return sink_attempts_next(&of(carrier)->attempts, out);
}

static void wait_for_work(struct sink_carrier *carrier, int wake_fd, int timeout_ms)
{
    struct kafka_carrier *c = of(carrier);
    struct pollfd fds[2] = {
        {.fd = wake_fd, .events = POLLIN},
        {.fd = c->fd,   .events = POLLIN},
    };
    int most_ms = c->up ? timeout_ms : (int)(ASK_US / US_PER_MS);

    (void)poll(fds, COUNT(fds), timeout_ms < most_ms ? timeout_ms : most_ms);
}

static void carrier_free(struct sink_carrier **carrier)
{
    struct kafka_carrier *c = of(*carrier);

    (void)rd_kafka_purge(c->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(c->rk, PURGE_MS); /* the reports of what was cancelled */
    rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(c->queue);
    rd_kafka_destroy(c->rk);
    (void)close(c->fd);
    free(c->records);
    free(c);
    *carrier = NULL;
}

/* --- start ---------------------------------------------------------------------------------------
 */

static bool check(const struct sink_options *options, char *why)
{
    char text[KAFKA_WHY_LEN];

    if (!kafka_url_check(options->url, text)) {
        (void)snprintf(why, SINK_WHY_LEN, "sink: %.240s", text);
        return false;
    }
    if (options->mode == SINK_STRUCTURED) {
        (void)snprintf(why, SINK_WHY_LEN,
                       "sink-mode: a Kafka sink is binary, as Drogue Cloud's is");
        return false;
    }
    return sink_check_files(options, why);
}

/* NULL and why. */
static rd_kafka_t *producer_new(const struct sink_options *options, struct kafka_carrier *c,
                                char *why)
{
    char password[TOKEN_FILE_CAP] = "", number[32], text[KAFKA_WHY_LEN];

    if (options->token_file != NULL && !sink_load_token(options->token_file, password, why))
        return NULL;
    rd_kafka_conf_t *conf = kafka_conf_new(&(struct kafka_options){.url = options->url,
                                                                   .user = options->user,
                                                                   .password = password,
                                                                   .ca_file = options->ca_file});

    OPENSSL_cleanse(password, sizeof password);
    /* an attempt takes at most half of the time, as the flow has it */
    (void)snprintf(number, sizeof number, "%lld",
                   (long long)(options->timeout_us / 2 / US_PER_MS + 1));
    kafka_conf_set(conf, "message.timeout.ms", number);
    kafka_conf_set(conf, "linger.ms", "0");
    kafka_conf_set(conf, "acks", "all");
    kafka_conf_set(conf, "message.max.bytes", "8388608"); /* the broker decides */
    kafka_conf_set(conf, "retry.backoff.ms", "100");
    kafka_conf_set(conf, "topic.metadata.propagation.max.ms", "5000");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_error_cb(conf, failed);
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_t *rk = kafka_new(RD_KAFKA_PRODUCER, conf, text);

    if (rk == NULL)
        (void)snprintf(why, SINK_WHY_LEN, "sink: %.240s", text);
    return rk;
}

static struct sink *open_sink(const struct sink_options *options, char *why)
{
    static const struct sink_carrier_functions functions = {
        .name = "kafka",
        .free = carrier_free,
        .encode = encode,
        .send = send_letter,
        .cancel = cancel,
        .is_up = is_up,
        .work = work,
        .next = next,
        .wait = wait_for_work,
    };
    struct kafka_carrier *c = xcalloc(1, sizeof *c);
    size_t count = (size_t)options->connections;

    c->carrier.fn = &functions;
    c->rk = producer_new(options, c, why);
    if (c->rk == NULL) {
        free(c);
        return NULL;
    }
    c->queue = rd_kafka_queue_get_main(c->rk);
    c->fd = kafka_fd_new(c->queue);
    c->up = true;
    entropy_fill(c->key, sizeof c->key);
    sink_attempts_init(&c->attempts);
    c->records = xcalloc(count, sizeof *c->records);
    for (size_t i = 0; i < count; i++)
        sink_attempts_give(&c->attempts, &c->records[i]);
    return sink_flow_open(options, &c->carrier, why);
}

const struct sink_functions sink_kafka_functions = SINK_FLOW_FUNCTIONS(check, open_sink);
