#include "lib/mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/entropy.h"

#define FIRST_PAUSE_US (100 * US_PER_MS) /* between attempts to connect; doubles */
#define LONGEST_PAUSE_US (2 * US_PER_S)
#define CONNECT_LIMIT_US (10 * US_PER_S)
#define LOOK_US (200 * US_PER_MS) /* libmosquitto's own deadlines: keep alive */

enum {
    KEEP_ALIVE_S = 20,
    QOS = 1,
    PACKETS = 100, /* read at once */
    PORT = 1883,   /* MQTT 5 4.2, IANA */
    PORT_TLS = 8883,
    HOST_LEN = 256,
};

struct mqtt {
    struct mqtt_options options;
    char host[HOST_LEN];
    uint16_t port;
    bool tls;
    struct mosquitto *mosq; /* NULL: between two connections */
    enum mqtt_state state;
    bool lost; /* mosq is of no use any more */
    int64_t pause_us;
    int64_t due_us;  /* next attempt; while one is under way: its end */
    int64_t next_us; /* when mqtt_work wants to be called */
    char why[MQTT_WHY_LEN];
};

/* --- addresses -----------------------------------------------------------------------------------
 */

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool take_port(const char *text, uint16_t *port)
{
    unsigned long number = 0;

    if (*text == '\0' || strlen(text) > 5)
        return false;
    for (; *text >= '0' && *text <= '9'; text++)
        number = 10 * number + (unsigned long)(*text - '0');
    *port = (uint16_t)number;
    return *text == '\0' && number > 0 && number <= UINT16_MAX;
}

/* `host[:port]`, the host in brackets when it is an IPv6 address. */
static bool take_authority(const char *text, char *host, uint16_t *port)
{
    bool bracket = *text == '[';
    const char *begin = text + bracket;
    size_t len = strcspn(begin, bracket ? "]" : ":/?#@");
    const char *rest = begin + len;

    if (len == 0 || len >= HOST_LEN || (bracket && *rest++ != ']'))
        return false;
    memcpy(host, begin, len);
    host[len] = '\0';
    return *rest == '\0' || (*rest == ':' && take_port(rest + 1, port));
}

static bool take_url(const char *url, char *host, uint16_t *port, bool *tls)
{
    *tls = starts(url, "mqtts://");
    *port = *tls ? PORT_TLS : PORT;
    return (*tls || starts(url, "mqtt://")) &&
           take_authority(url + (*tls ? sizeof "mqtts://" : sizeof "mqtt://") - 1, host, port);
}

bool mqtt_url_check(const char *url, char *why)
{
    char host[HOST_LEN];
    uint16_t port;
    bool tls;

    if (take_url(url, host, &port, &tls))
        return true;
    (void)snprintf(why, MQTT_WHY_LEN,
                   "expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT], got \"%.80s\"", url);
    return false;
}

/* --- what libmosquitto tells ---------------------------------------------------------------------
 */

/* Reasons of a CONNACK that trying again does not cure: MQTT 5 3.2.2.2, MQTT 3.1.1 3.2.2.3. */
static bool is_final(const struct mqtt *m, int reason)
{
    static const uint8_t finals[] = {
        MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION,
        MQTT_RC_CLIENTID_NOT_VALID,
        MQTT_RC_BAD_USERNAME_OR_PASSWORD,
        MQTT_RC_NOT_AUTHORIZED,
        MQTT_RC_BANNED,
        MQTT_RC_BAD_AUTHENTICATION_METHOD,
        MQTT_RC_SERVER_MOVED,
    };

    if (m->options.version_311)
        return reason != CONNACK_REFUSED_SERVER_UNAVAILABLE;
    for (size_t i = 0; i < COUNT(finals); i++)
        if (finals[i] == reason)
            return true;
    return false;
}

static void on_connect(struct mosquitto *mosq, void *arg, int reason, int flags,
                       const mosquitto_property *properties)
{
    struct mqtt *m = arg;

    UNUSED(mosq);
    UNUSED(flags);
    UNUSED(properties);
    if (reason == 0) {
        m->state = MQTT_UP;
        m->pause_us = 0;
        m->why[0] = '\0';
        if (m->options.up != NULL)
            m->options.up(m->options.arg);
        return;
    }
    m->state = is_final(m, reason) ? MQTT_REFUSED : MQTT_DOWN;
    m->lost = true;
    (void)snprintf(m->why, sizeof m->why, "%s",
                   m->options.version_311 ? mosquitto_connack_string(reason)
                                          : mosquitto_reason_string(reason));
}

static void on_publish(struct mosquitto *mosq, void *arg, int id, int reason,
                       const mosquitto_property *properties)
{
    struct mqtt *m = arg;

    UNUSED(mosq);
    UNUSED(properties);
    if (m->options.published != NULL)
        m->options.published(m->options.arg, id, reason);
}

static void on_subscribe(struct mosquitto *mosq, void *arg, int id, int count, const int *granted)
{
    struct mqtt *m = arg;

    UNUSED(mosq);
    if (m->options.subscribed != NULL)
        m->options.subscribed(m->options.arg, id, count == 0 ? MQTT_RC_UNSPECIFIED : granted[0]);
}

/* A text that libmosquitto has allocated, into the arena. */
static const char *keep_text(struct arena *arena, char *text)
{
    const char *kept = text == NULL ? "" : arena_str(arena, str_from(text)).ptr;

    free(text);
    return kept;
}

static void take_properties(struct mqtt_message *m, struct arena *arena,
                            const mosquitto_property *first)
{
    struct mqtt_pair *pairs;
    size_t count = 0;

    for (const mosquitto_property *p = first; p != NULL; p = mosquitto_property_next(p))
        count += mosquitto_property_identifier(p) == MQTT_PROP_USER_PROPERTY;
    pairs = arena_take(arena, count + 1, sizeof *pairs);
    for (const mosquitto_property *p = first; p != NULL; p = mosquitto_property_next(p)) {
        char *name = NULL, *value = NULL;

        if (mosquitto_property_identifier(p) == MQTT_PROP_USER_PROPERTY) {
            (void)mosquitto_property_read_string_pair(p, MQTT_PROP_USER_PROPERTY, &name, &value,
                                                      false);
            pairs[m->pair_count].name = keep_text(arena, name);
            pairs[m->pair_count++].value = keep_text(arena, value);
        } else if (mosquitto_property_identifier(p) == MQTT_PROP_CONTENT_TYPE) {
            (void)mosquitto_property_read_string(p, MQTT_PROP_CONTENT_TYPE, &value, false);
            m->content_type = keep_text(arena, value);
        }
    }
    m->pairs = pairs;
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *from,
                       const mosquitto_property *properties)
{
    struct mqtt *m = arg;
    struct arena arena = {0};
    struct mqtt_message message = {
        .topic = from->topic,
        .payload = {from->payload, (size_t)from->payloadlen},
    };

    UNUSED(mosq);
    if (from->retain) /* MQTT 3.1.1 cannot ask for none */
        return;
    take_properties(&message, &arena, properties);
    if (m->options.message != NULL)
        m->options.message(m->options.arg, &message);
    arena_fini(&arena);
}

/* --- the connection ------------------------------------------------------------------------------
 */

struct mqtt *mqtt_new(const struct mqtt_options *options)
{
    struct mqtt *m = xcalloc(1, sizeof *m);

    m->options = *options;
    bool good = take_url(options->url, m->host, &m->port, &m->tls);

    assert(good && "the URL was checked");
    UNUSED(good);
    (void)mosquitto_lib_init();
    return m;
}

static void end_connection(struct mqtt *m)
{
    bool was_up = m->state == MQTT_UP;

    mosquitto_destroy(m->mosq);
    m->mosq = NULL;
    m->lost = false;
    if (was_up)
        m->state = MQTT_DOWN;
    if (was_up && m->options.down != NULL)
        m->options.down(m->options.arg);
}

void mqtt_free(struct mqtt **m)
{
    if (*m == NULL)
        return;
    if ((*m)->mosq != NULL && (*m)->state == MQTT_UP) {
        (void)mosquitto_disconnect_v5((*m)->mosq, 0, NULL);
        (void)mosquitto_loop_write((*m)->mosq, 1);
    }
    mosquitto_destroy((*m)->mosq);
    (void)mosquitto_lib_cleanup();
    free(*m);
    *m = NULL;
}

static void say_why(struct mqtt *m, int error, int system_error)
{
    const char *text = mosquitto_strerror(error);

    if (error == MOSQ_ERR_ERRNO && system_error != 0)
        text = strerror(system_error);
    if (error == MOSQ_ERR_EAI)
        text = "the host's name cannot be found";
    if (m->why[0] == '\0')
        (void)snprintf(m->why, sizeof m->why, "%s", text);
}

static void set_up(struct mqtt *m)
{
    struct mosquitto *mosq = m->mosq;
    int error = MOSQ_ERR_SUCCESS;

    (void)mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION,
                               m->options.version_311 ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5);
    (void)mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
    (void)mosquitto_int_option(mosq, MOSQ_OPT_RECEIVE_MAXIMUM, UINT16_MAX);
    (void)mosquitto_int_option(mosq, MOSQ_OPT_SEND_MAXIMUM, UINT16_MAX);
    if (m->options.user != NULL || m->options.password != NULL)
        (void)mosquitto_username_pw_set(mosq, m->options.user == NULL ? "" : m->options.user,
                                        m->options.password);
    mosquitto_connect_v5_callback_set(mosq, on_connect);
    mosquitto_publish_v5_callback_set(mosq, on_publish);
    mosquitto_subscribe_callback_set(mosq, on_subscribe);
    mosquitto_message_v5_callback_set(mosq, on_message);
    if (m->tls && m->options.ca_file != NULL)
        error = mosquitto_tls_set(mosq, m->options.ca_file, NULL, NULL, NULL, NULL);
    else if (m->tls)
        error = mosquitto_int_option(mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    if (error != MOSQ_ERR_SUCCESS) {
        say_why(m, error, 0);
        m->lost = true;
    }
}

static void begin_connection(struct mqtt *m, int64_t now_us)
{
    char id[24];
    uint64_t random;

    entropy_fill(&random, sizeof random);
    (void)snprintf(id, sizeof id, "seatrial%012llx", (unsigned long long)(random & 0xFFFFFFFFFFFF));
    m->pause_us = m->pause_us == 0 ? FIRST_PAUSE_US : 2 * m->pause_us;
    if (m->pause_us > LONGEST_PAUSE_US)
        m->pause_us = LONGEST_PAUSE_US;
    m->due_us = now_us + CONNECT_LIMIT_US;
    m->why[0] = '\0';
    m->mosq = mosquitto_new(id, true, m);
    assert(m->mosq != NULL);
    set_up(m);
    if (m->lost)
        return;
    errno = 0;
    int error = mosquitto_connect_async(m->mosq, m->host, m->port, KEEP_ALIVE_S);

    if (error != MOSQ_ERR_SUCCESS) {
        say_why(m, error, errno);
        m->lost = true;
    }
}

enum mqtt_state mqtt_state(const struct mqtt *m)
{
    return m->state;
}

const char *mqtt_why(const struct mqtt *m)
{
    return m->why[0] == '\0' ? "it is not connected yet" : m->why;
}

void mqtt_restart(struct mqtt *m)
{
    m->lost = true;
    (void)snprintf(m->why, sizeof m->why, "it does not answer");
}

size_t mqtt_fds(struct mqtt *m, struct pollfd *fds)
{
    int fd = m->mosq == NULL ? -1 : mosquitto_socket(m->mosq);

    if (fd < 0)
        return 0;
    fds[0] = (struct pollfd){
        .fd = fd, .events = (short)(mosquitto_want_write(m->mosq) ? POLLIN | POLLOUT : POLLIN)};
    return 1;
}

/* Whether records were decrypted that nobody has read: no descriptor tells of them. */
static bool has_more(struct mqtt *m)
{
    SSL *ssl = m->tls ? mosquitto_ssl_get(m->mosq) : NULL;

    return ssl != NULL && SSL_pending(ssl) > 0;
}

static int move(struct mqtt *m)
{
    int error;

    do {
        errno = 0;
        error = mosquitto_loop_read(m->mosq, PACKETS);
    } while (error == MOSQ_ERR_SUCCESS && !m->lost && has_more(m));
    if (error == MOSQ_ERR_SUCCESS && mosquitto_want_write(m->mosq))
        error = mosquitto_loop_write(m->mosq, 1);
    if (error == MOSQ_ERR_SUCCESS)
        error = mosquitto_loop_misc(m->mosq);
    return error;
}

/* True when a failed handshake is the certificate's fault, or that of the settings. */
static bool is_untrusted(const struct mqtt *m)
{
    SSL *ssl = m->mosq == NULL ? NULL : mosquitto_ssl_get(m->mosq);

    return ssl != NULL && SSL_get_verify_result(ssl) != X509_V_OK;
}

static void note_loss(struct mqtt *m, int error)
{
    if (m->state == MQTT_UP)
        m->why[0] = '\0';
    if (m->tls && (error == MOSQ_ERR_TLS || error == MOSQ_ERR_TLS_HANDSHAKE || is_untrusted(m))) {
        m->state = m->state == MQTT_UP ? MQTT_UP : MQTT_REFUSED;
        (void)snprintf(m->why, sizeof m->why,
                       "TLS: its certificate is not trusted, or it has no TLS");
    }
    say_why(m, error, errno);
    m->lost = true;
}

static int64_t work(struct mqtt *m, int64_t now_us)
{
    if (m->mosq == NULL && now_us >= m->due_us)
        begin_connection(m, now_us);
    if (m->mosq == NULL)
        return m->due_us;
    int error = m->lost ? MOSQ_ERR_SUCCESS : move(m);

    if (error != MOSQ_ERR_SUCCESS)
        note_loss(m, error);
    if (m->state != MQTT_UP && !m->lost && now_us >= m->due_us) {
        (void)snprintf(m->why, sizeof m->why, "it does not answer");
        m->lost = true;
    }
    if (!m->lost)
        return now_us + LOOK_US;
    if (m->state == MQTT_CONNECTING)
        m->state = MQTT_DOWN;
    end_connection(m);
    m->due_us = now_us + m->pause_us;
    return m->due_us;
}

int64_t mqtt_work(struct mqtt *m, int64_t now_us)
{
    m->next_us = work(m, now_us);
    return m->next_us;
}

void mqtt_wait(struct mqtt *m, int wake_fd, int64_t now_us, int timeout_ms)
{
    struct pollfd fds[2] = {
        {.fd = wake_fd, .events = POLLIN}
    };
    int64_t left_ms = m->next_us <= now_us ? 0 : (m->next_us - now_us) / US_PER_MS + 1;
    nfds_t count = 1 + (nfds_t)mqtt_fds(m, &fds[1]);

    (void)poll(fds, count, left_ms < timeout_ms ? (int)left_ms : timeout_ms);
}

/* --- messages ------------------------------------------------------------------------------------
 */

/* What a failure to send means, in the words of a PUBACK. */
static int reason_of(int error)
{
    switch (error) {
    case MOSQ_ERR_SUCCESS:
        return 0;
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE:
        return MQTT_RC_PACKET_TOO_LARGE;
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
        return MQTT_RC_TOPIC_NAME_INVALID;
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
        return MQTT_RC_QOS_NOT_SUPPORTED;
    default:
        return MQTT_RC_UNSPECIFIED;
    }
}

static mosquitto_property *properties_of(const struct mqtt_message *message)
{
    mosquitto_property *list = NULL;

    if (message->content_type != NULL)
        (void)mosquitto_property_add_string(&list, MQTT_PROP_CONTENT_TYPE, message->content_type);
    for (size_t i = 0; i < message->pair_count; i++)
        (void)mosquitto_property_add_string_pair(&list, MQTT_PROP_USER_PROPERTY,
                                                 message->pairs[i].name, message->pairs[i].value);
    return list;
}

int mqtt_publish(struct mqtt *m, const struct mqtt_message *message, int *id)
{
    mosquitto_property *list = m->options.version_311 ? NULL : properties_of(message);

    assert(m->state == MQTT_UP && m->mosq != NULL);
    int error = message->payload.len > INT32_MAX
                    ? MOSQ_ERR_PAYLOAD_SIZE
                    : mosquitto_publish_v5(m->mosq, id, message->topic, (int)message->payload.len,
                                           message->payload.ptr, QOS, false, list);

    mosquitto_property_free_all(&list);
    return reason_of(error);
}

int mqtt_subscribe(struct mqtt *m, const char *topic, int qos, const struct mqtt_pair *pair,
                   int *id)
{
    mosquitto_property *list = NULL;

    assert(m->state == MQTT_UP && m->mosq != NULL);
    if (pair != NULL && !m->options.version_311)
        (void)mosquitto_property_add_string_pair(&list, MQTT_PROP_USER_PROPERTY, pair->name,
                                                 pair->value);
    int error =
        mosquitto_subscribe_v5(m->mosq, id, topic, qos, MQTT_SUB_OPT_SEND_RETAIN_NEVER, list);

    mosquitto_property_free_all(&list);
    return reason_of(error);
}

void mqtt_unsubscribe(struct mqtt *m, const char *topic)
{
    if (m->state == MQTT_UP && m->mosq != NULL)
        (void)mosquitto_unsubscribe(m->mosq, NULL, topic);
}
