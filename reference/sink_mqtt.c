#include "reference/sink_mqtt.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/mqtt.h"
#include "reference/event_pairs.h"
#include "reference/sink_attempt.h"
#include "reference/sink_flow.h"
#include "reference/token_file.h"

struct message {
    struct sink_attempt attempt;
    int id;
    bool sent;             /* and has no acknowledgement yet */
    uint64_t acknowledged; /* how many were when it was sent */
};

struct mqtt_carrier {
    struct sink_carrier carrier;
    enum sink_mode mode;
    struct mqtt *mqtt;
    char password[TOKEN_FILE_CAP];
    struct message *messages;
    size_t count;
    struct sink_attempts attempts;
    uint64_t acknowledged;
};

static struct mqtt_carrier *of(struct sink_carrier *c)
{
    return CONTAINER_OF(c, struct mqtt_carrier, carrier);
}

/* --- encoding ------------------------------------------------------------------------------------
 */

/* The texts: topic, content type (may be empty), then names and values in turn. */
static size_t encode(const struct sink_carrier *carrier, const struct event *e, struct buf *texts,
                     struct buf *space, struct str *body)
{
    const struct mqtt_carrier *c = (const struct mqtt_carrier *)carrier;
    size_t pairs = 0;

    buf_add_str(texts, STR("app/"));
    event_add_text(texts, e->application);
    if (c->mode == SINK_STRUCTURED) {
        event_add_text(texts, STR("application/cloudevents+json; charset=utf-8"));
        event_encode(e, space);
        *body = buf_str(space);
    } else {
        event_add_text(texts, e->content_type);
        pairs = event_pairs(e, "", texts);
        *body = e->payload;
    }
    return 2 + 2 * pairs;
}

/* --- answers -------------------------------------------------------------------------------------
 */

/* MQTT 5 3.4.2.1; what is not here may work later, and was not taken. */
static const struct reason {
    int code;
    enum sink_verdict verdict;
    const char *text;
} reasons[] = {
    {0,   SINK_VERDICT_TAKEN,   "taken"               },
    {16,  SINK_VERDICT_FAILED,  "nobody subscribes"   },
    {135, SINK_VERDICT_BROKEN,  "not authorized"      },
    {144, SINK_VERDICT_REFUSED, "the topic is refused"},
    {149, SINK_VERDICT_REFUSED, "too large"           },
    {153, SINK_VERDICT_REFUSED, "payload format"      },
};

static struct sink_answer answer_of(int code)
{
    struct sink_answer answer = {
        .verdict = SINK_VERDICT_FAILED, .status = code, .error = "the broker says no"};

    for (size_t i = 0; i < COUNT(reasons); i++) {
        if (reasons[i].code == code) {
            answer.verdict = reasons[i].verdict;
            answer.error = reasons[i].text;
        }
    }
    return answer;
}

static void end(struct mqtt_carrier *c, struct message *m, struct sink_answer answer)
{
    m->sent = false;
    sink_attempts_end(&c->attempts, &m->attempt, answer);
}

static void published(void *arg, int id, int reason)
{
    struct mqtt_carrier *c = arg;

    c->acknowledged++;
    for (size_t i = 0; i < c->count; i++) {
        if (c->messages[i].sent && c->messages[i].id == id) {
            end(c, &c->messages[i], answer_of(reason));
            return;
        }
    }
}

/* Its session is gone, and what was on its way with it. */
static void down(void *arg)
{
    struct mqtt_carrier *c = arg;

    for (size_t i = 0; i < c->count; i++)
        if (c->messages[i].sent)
            end(c, &c->messages[i],
                (struct sink_answer){.verdict = SINK_VERDICT_FAILED,
                                     .maybe_taken = true,
                                     .error = "the connection was lost"});
}

/* --- the carrier ---------------------------------------------------------------------------------
 */

/* The letter's message; pairs has room for all. */
static struct mqtt_message message_of(const struct sink_letter *letter, struct mqtt_pair *pairs)
{
    const char *at = letter->texts;
    struct mqtt_message m = {.topic = sink_letter_next(&at), .payload = letter->body};

    m.content_type = sink_letter_next(&at);
    if (m.content_type[0] == '\0')
        m.content_type = NULL;
    m.pairs = pairs;
    m.pair_count = letter->text_count / 2 - 1;
    assert(m.pair_count <= EVENT_PAIRS_MAX);
    for (size_t i = 0; i < m.pair_count; i++) {
        pairs[i].name = sink_letter_next(&at);
        pairs[i].value = sink_letter_next(&at);
    }
    return m;
}

static struct sink_request *send_letter(struct sink_carrier *carrier,
                                        const struct sink_letter *letter, void *arg)
{
    struct mqtt_carrier *c = of(carrier);
    struct mqtt_pair pairs[EVENT_PAIRS_MAX];
    enum mqtt_state state = mqtt_state(c->mqtt);
    struct sink_attempt *attempt =
        state == MQTT_UP || state == MQTT_REFUSED ? sink_attempts_take(&c->attempts) : NULL;

    if (attempt == NULL)
        return NULL;
    struct message *m = CONTAINER_OF(attempt, struct message, attempt);

    *m = (struct message){.attempt.arg = arg, .acknowledged = c->acknowledged};
    if (state == MQTT_REFUSED) {
        end(c, m,
            (struct sink_answer){.verdict = SINK_VERDICT_BROKEN,
                                 .error = "the broker refuses the connection"});
        return (struct sink_request *)m;
    }
    const struct mqtt_message message = message_of(letter, pairs);
    int reason = mqtt_publish(c->mqtt, &message, &m->id);

    m->sent = reason == 0;
    if (reason != 0)
        end(c, m, answer_of(reason));
    return (struct sink_request *)m;
}

static bool cancel(struct sink_carrier *carrier, struct sink_request *request)
{
    struct mqtt_carrier *c = of(carrier);
    struct message *m = (struct message *)request;

    assert(m->sent);
    if (m->acknowledged == c->acknowledged) /* nothing was since: the connection is a dead one */
        mqtt_restart(c->mqtt);
    m->sent = false;
    sink_attempts_give(&c->attempts, &m->attempt);
    return true;
}

static bool is_up(struct sink_carrier *carrier)
{
    enum mqtt_state state = mqtt_state(of(carrier)->mqtt);

    return state == MQTT_UP || state == MQTT_CONNECTING;
}

static void work(struct sink_carrier *carrier)
{
    (void)mqtt_work(of(carrier)->mqtt, clock_mono_us());
}

static void *next(struct sink_carrier *carrier, struct sink_answer *out)
{
    return sink_attempts_next(&of(carrier)->attempts, out);
}

static void wait_for_work(struct sink_carrier *carrier, int wake_fd, int timeout_ms)
{
    mqtt_wait(of(carrier)->mqtt, wake_fd, clock_mono_us(), timeout_ms);
}

static void carrier_free(struct sink_carrier **carrier)
{
    struct mqtt_carrier *c = of(*carrier);

    mqtt_free(&c->mqtt);
    OPENSSL_cleanse(c->password, sizeof c->password);
    free(c->messages);
    free(c);
    *carrier = NULL;
}

/* --- start ---------------------------------------------------------------------------------------
 */

static bool check(const struct sink_options *options, char *why)
{
    char text[MQTT_WHY_LEN];

    if (!mqtt_url_check(options->url, text)) {
        (void)snprintf(why, SINK_WHY_LEN, "sink: %.240s", text);
        return false;
    }
    return sink_check_files(options, why);
}

static struct sink *open_sink(const struct sink_options *options, char *why)
{
    static const struct sink_carrier_functions functions = {
        .name = "mqtt",
        .free = carrier_free,
        .encode = encode,
        .send = send_letter,
        .cancel = cancel,
        .is_up = is_up,
        .work = work,
        .next = next,
        .wait = wait_for_work,
    };
    struct mqtt_carrier *c = xcalloc(1, sizeof *c);

    if (options->token_file != NULL && !sink_load_token(options->token_file, c->password, why)) {
        free(c);
        return NULL;
    }
    c->carrier.fn = &functions;
    c->mode = options->mode;
    c->count = (size_t)options->connections;
    c->messages = xcalloc(c->count, sizeof *c->messages);
    sink_attempts_init(&c->attempts);
    for (size_t i = 0; i < c->count; i++)
        sink_attempts_give(&c->attempts, &c->messages[i].attempt);
    c->mqtt = mqtt_new(&(struct mqtt_options){
        .url = options->url,
        .user = options->user,
        .password = options->token_file == NULL ? NULL : c->password,
        .ca_file = options->ca_file,
        .down = down,
        .published = published,
        .arg = c,
    });
    return sink_flow_open(options, &c->carrier, why);
}

const struct sink_functions sink_mqtt_functions = SINK_FLOW_FUNCTIONS(check, open_sink);
