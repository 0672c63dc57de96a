#include "reference/dtls_server.h"

#include <stdlib.h>

#include "lib/log.h"
#include "reference/dtls_cookie.h"
#include "reference/dtls_session.h"
#include "reference/dtls_table.h"
#include "reference/mutant.h"

enum { MAX_HELLOS = 4 }; /* that a client sends because its cookies are refused */

struct dtls_server {
    struct dtls_shared shared;
    struct dtls_table table;
    struct dtls_cookies cookies;
    struct metrics *metrics;
    int64_t handshake_timeout_us;
    size_t max_handshakes;
    size_t max_sessions;
    size_t handshakes;
    size_t sessions;            /* established */
    struct dtls_session *queue; /* handshakes that have something to read */
    struct dtls_session **queue_tail;
    struct dtls_session *oldest; /* of the handshakes */
    struct dtls_session *youngest;
    struct dtls_session *dead; /* freed when the outermost call leaves: a hook may have closed the
                                  session that is being read */
    unsigned depth;
};

static struct dtls_server *server_of(const struct dtls_session *s)
{
    return CONTAINER_OF(s->shared, struct dtls_server, shared);
}

static size_t share_of(int64_t limit, int workers)
{
    int64_t share = limit / (workers > 0 ? workers : 1);

    return share > 0 ? (size_t)share : 1;
}

struct dtls_server *dtls_server_new(struct dtls_context *context, const struct config *config,
                                    struct metrics *metrics, const struct dtls_hooks *hooks,
                                    void *arg, int64_t now_us)
{
    struct dtls_server *s = xcalloc(1, sizeof *s);

    s->metrics = metrics;
    s->handshake_timeout_us = config->dtls_handshake_timeout_us;
    s->max_handshakes = share_of(config->dtls_max_handshakes, config->workers);
    s->max_sessions = share_of(config->dtls_max_sessions, config->workers);
    s->queue_tail = &s->queue;
    s->shared.context = context;
    s->shared.hooks = *hooks;
    s->shared.arg = arg;
    s->shared.peer = BIO_ADDR_new();
    assert(s->shared.peer != NULL);
    s->shared.mtu = (long)config->dtls_mtu;
    s->shared.retransmit_us = config->dtls_retransmit_us;
    s->shared.idle_us = config->dtls_idle_us;
    dtls_bio_init(&s->shared.bio, hooks->send, arg);
    timer_wheel_init(&s->shared.wheel, now_us);
    dtls_cookie_init(&s->cookies, now_us);
    dtls_table_init(&s->table, s->max_sessions + s->max_handshakes);
    return s;
}

/* --- life and death -------------------------------------------------------------------------- */

static void enter(struct dtls_server *s)
{
    s->depth++;
}

static void leave(struct dtls_server *s)
{
    struct dtls_session *next;

    if (--s->depth > 0)
        return;
    for (struct dtls_session *dead = s->dead; dead != NULL; dead = next) {
        next = dead->queue_next;
        dtls_session_free(dead);
    }
    s->dead = NULL;
}

/* The handshake is over, well or not. */
static void leave_line(struct dtls_server *s, struct dtls_session *session)
{
    *(session->older == NULL ? &s->oldest : &session->older->younger) = session->younger;
    *(session->younger == NULL ? &s->youngest : &session->younger->older) = session->older;
    session->older = session->younger = NULL;
    s->handshakes--;
    metrics_add(s->metrics, METRIC_HANDSHAKES_OPEN, -1);
}

static void enter_line(struct dtls_server *s, struct dtls_session *session)
{
    session->older = s->youngest;
    *(s->youngest == NULL ? &s->oldest : &s->youngest->younger) = session;
    s->youngest = session;
    s->handshakes++;
    metrics_add(s->metrics, METRIC_HANDSHAKES_OPEN, 1);
}

static void bury(struct dtls_server *s, struct dtls_session *session)
{
    session->queue_next = s->dead;
    s->dead = session;
}

static void end_session(struct dtls_server *s, struct dtls_session *session)
{
    bool established = session->state == DTLS_ESTABLISHED;

    session->state = DTLS_CLOSED;
    timer_cancel(&s->shared.wheel, &session->timer);
    dtls_table_remove(&s->table, session);
    if (established) {
        s->sessions--;
        metrics_add(s->metrics, METRIC_SESSIONS, -1);
        s->shared.hooks.closed(s->shared.arg, session);
    } else {
        leave_line(s, session);
        metrics_add(s->metrics, METRIC_HANDSHAKES_FAILED, 1);
    }
    if (!session->queued)
        bury(s, session);
}

void dtls_session_close(struct dtls_session *session)
{
    struct dtls_server *s = server_of(session);

    if (session->state == DTLS_CLOSED)
        return;
    enter(s);
    dtls_session_send_close(session);
    end_session(s, session);
    leave(s);
}

void dtls_server_free(struct dtls_server **server)
{
    struct dtls_server *s = *server;
    struct dtls_session *session;
    size_t bucket = 0;

    if (s == NULL)
        return;
    enter(s);
    while ((session = dtls_table_any(&s->table, &bucket)) != NULL) {
        if (session->state == DTLS_ESTABLISHED)
            dtls_session_send_close(session);
        end_session(s, session);
    }
    while ((session = s->queue) != NULL) {
        s->queue = session->queue_next;
        bury(s, session);
    }
    leave(s);
    dtls_table_fini(&s->table);
    dtls_cookie_fini(&s->cookies);
    dtls_bio_fini(&s->shared.bio);
    BIO_ADDR_free(s->shared.peer);
    free(s);
    *server = NULL;
}

static void fail_handshake(struct dtls_server *s, struct dtls_session *session, const char *why)
{
    static struct log_limit limit;
    char peer[ADDR_TEXT_LEN];

    log_limited(&limit, LOG_INFO, "dtls", "handshake-failed", "peer=%s why=\"%s\"",
                addr_format(&session->path.peer, peer), why != NULL ? why : "unknown");
    end_session(s, session);
}

/* The new association takes the place of the old one, whose keys the peer has given up: nothing is
 * sent for it (RFC 6347 4.2.8). */
static void establish(struct dtls_server *s, struct dtls_session *session, int64_t now_us)
{
    struct dtls_session *old = dtls_table_find(&s->table, &session->path).established;

    if (old != NULL)
        end_session(s, old);
    session->state = DTLS_ESTABLISHED;
    session->heard_us = now_us;
    leave_line(s, session);
    s->sessions++;
    metrics_add(s->metrics, METRIC_HANDSHAKES_OK, 1);
    metrics_add(s->metrics, METRIC_SESSIONS, 1);
    dtls_session_arm(session, now_us);
}

static void enqueue(struct dtls_server *s, struct dtls_session *session)
{
    if (session->queued || session->held)
        return;
    session->queued = true;
    session->queue_next = NULL;
    *s->queue_tail = session;
    s->queue_tail = &session->queue_next;
}

/* --- timers ---------------------------------------------------------------------------------- */

/* The work of a handshake's timer is done in its turn, within the budget: a flood of stalled
 * handshakes comes due at once. */
static void on_timer(struct timer *t, int64_t now_us)
{
    struct dtls_session *session = CONTAINER_OF(t, struct dtls_session, timer);
    struct dtls_server *s = server_of(session);

    if (session->state == DTLS_HANDSHAKING) {
        session->held = session->held && now_us < session->deadline_us;
        if (session->held) { /* set before it was held: nothing is sent again meanwhile */
            dtls_session_arm(session, now_us);
            return;
        }
        session->due = true;
        enqueue(s, session);
        return;
    }
    if (mutant_is(MUTANT_SESSION_ENDS_BY_AGE) &&
        now_us >= session->deadline_us + MUTANT_AGE_S * US_PER_S) {
        end_session(s, session); /* without a word */
        return;
    }
    if (session->holds == 0 && now_us - session->heard_us >= s->shared.idle_us) {
        dtls_session_close(session);
        return;
    }
    dtls_session_rest(session, now_us);
    dtls_session_arm(session, now_us);
}

void dtls_server_tick(struct dtls_server *s, int64_t now_us)
{
    enter(s);
    timer_wheel_advance(&s->shared.wheel, now_us);
    leave(s);
}

int64_t dtls_server_deadline_us(const struct dtls_server *s)
{
    return s->queue != NULL ? 0 : timer_wheel_deadline_us(&s->shared.wheel);
}

/* --- datagrams in ---------------------------------------------------------------------------- */

static void drop(struct dtls_server *s)
{
    metrics_add(s->metrics, METRIC_DTLS_DROPPED, 1);
}

static void read_established(struct dtls_session *session, const uint8_t *bytes, size_t len,
                             int64_t now_us)
{
    if (dtls_session_read(session, bytes, len, now_us) == DTLS_ENDED)
        dtls_session_close(session);
}

static void queue_input(struct dtls_server *s, struct dtls_session *session, const uint8_t *bytes,
                        size_t len)
{
    if (!dtls_session_add_input(session, bytes, len)) {
        drop(s);
        return;
    }
    enqueue(s, session);
}

/*
 * A handshake that stands still for longer than its client needs to repeat itself gives way, so
 * that who begins thousands and ends none keeps nobody out (TLS-05). Authenticated sessions never
 * do (ROB-04).
 */
static bool oldest_gives_way(struct dtls_server *s, int64_t now_us)
{
    if (s->oldest == NULL || s->sessions >= s->max_sessions ||
        now_us - (s->oldest->deadline_us - s->handshake_timeout_us) < s->shared.retransmit_us)
        return false;
    fail_handshake(s, s->oldest, "gave way to a newer one");
    return true;
}

static bool refuse_handshake(struct dtls_server *s, const struct dtls_pair *pair, int64_t now_us)
{
    static struct log_limit limit;
    bool full = s->handshakes >= s->max_handshakes;

    /* One that replaces another on its path adds nothing. */
    if (pair->handshaking != NULL)
        return false;
    if (!full && (pair->established != NULL || s->sessions + s->handshakes < s->max_sessions))
        return false;
    if (oldest_gives_way(s, now_us))
        return false;
    metrics_add(s->metrics, METRIC_HANDSHAKES_CAPPED, 1);
    log_limited(&limit, LOG_WARN, "dtls", "limit-reached", "limit=%s handshakes=%zu sessions=%zu",
                full ? "dtls-max-handshakes" : "dtls-max-sessions", s->handshakes, s->sessions);
    return true;
}

/* A ClientHello whose cookie is good, and that no association of its path has seen. */
static struct dtls_session *begin_handshake(struct dtls_server *s, const struct udp_path *path,
                                            const struct dtls_pair *pair,
                                            const struct dtls_hello *hello, int64_t now_us)
{
    struct dtls_session *session;

    if (refuse_handshake(s, pair, now_us))
        return NULL;
    if (pair->handshaking != NULL)
        fail_handshake(s, pair->handshaking, "the client began again");
    session = dtls_session_new(&s->shared, path, hello->random, now_us);
    session->timer.fn = on_timer;
    session->deadline_us = now_us + s->handshake_timeout_us;
    dtls_table_add(&s->table, session);
    enter_line(s, session);
    dtls_session_arm(session, now_us);
    return session;
}

static bool same_hello(const struct dtls_session *session, const struct dtls_hello *hello)
{
    return session != NULL && memcmp(session->random, hello->random, DTLS_RANDOM_LEN) == 0;
}

static void receive_hello(struct dtls_server *s, const struct udp_path *path,
                          const struct dtls_record *record, const struct dtls_hello *hello,
                          int64_t now_us)
{
    const uint8_t *bytes = record->body - DTLS_RECORD_HEADER_LEN;
    size_t len = DTLS_RECORD_HEADER_LEN + record->body_len;
    struct dtls_pair pair = dtls_table_find(&s->table, path);
    uint8_t cookie[DTLS_COOKIE_LEN];
    uint8_t answer[DTLS_VERIFY_REQUEST_LEN];

    if (pair.established != NULL && mutant_is(MUTANT_CLIENT_HELLO_ENDS_SESSION)) {
        dtls_session_close(pair.established);
        pair.established = NULL;
    }

    /* A first message with a good cookie is a client that begins again: it gets the cookie anew,
     * and counts as OpenSSL does. */
    if (hello->message_seq == 0 || hello->message_seq > MAX_HELLOS ||
        !dtls_cookie_good(&s->cookies, path, hello, now_us)) {
        dtls_cookie_make(&s->cookies, path, hello, now_us, cookie);
        dtls_hello_verify_request(record, hello, cookie, answer);
        s->shared.hooks.send(s->shared.arg, path, answer, sizeof answer);
        return;
    }
    /* A copy that was late; after a while it is a device whose random numbers begin again. */
    if (same_hello(pair.established, hello) && now_us < pair.established->deadline_us)
        return;
    if (!same_hello(pair.handshaking, hello))
        pair.handshaking = begin_handshake(s, path, &pair, hello, now_us);
    if (pair.handshaking != NULL)
        queue_input(s, pair.handshaking, bytes, len);
}

/*
 * Everything but the start of a ClientHello. Renegotiation is refused, so there is no epoch behind
 * 1; OpenSSL would keep such records.
 */
static void receive_rest(struct dtls_server *s, const struct udp_path *path,
                         struct dtls_record *record, const uint8_t *bytes, size_t len,
                         int64_t now_us)
{
    struct dtls_pair pair = dtls_table_find(&s->table, path);
    const uint8_t *end = bytes + len;

    /* A client that has not got our Finished repeats its last flight: the Finished at its end, the
     * one record that the session can read, makes OpenSSL repeat ours (RFC 6347 4.2.4). */
    while (record->epoch == 0 && pair.established != NULL && pair.handshaking == NULL) {
        bytes = record->body + record->body_len;
        if (!dtls_record_read(bytes, (size_t)(end - bytes), record))
            break;
    }
    if (record->epoch == 1 && pair.established != NULL &&
        (record->type != DTLS_HANDSHAKE || pair.handshaking == NULL))
        read_established(pair.established, bytes, (size_t)(end - bytes), now_us);
    else if (record->epoch <= 1 && pair.handshaking != NULL)
        queue_input(s, pair.handshaking, bytes, (size_t)(end - bytes));
    else
        drop(s);
}

void dtls_server_receive(struct dtls_server *s, const struct udp_path *path, const uint8_t *bytes,
                         size_t len, int64_t now_us, int64_t wall_us)
{
    struct dtls_record record;
    struct dtls_hello hello;

    enter(s);
    s->shared.wall_us = wall_us;
    if (!dtls_record_read(bytes, len, &record)) {
        drop(s);
        leave(s);
        return;
    }
    if (dtls_hello_read(&record, &hello)) {
        /* DTLSv1_listen reads one record of a datagram: what follows comes as one of its own. */
        const uint8_t *rest = record.body + record.body_len;

        receive_hello(s, path, &record, &hello, now_us);
        len -= (size_t)(rest - bytes);
        bytes = rest;
        if (dtls_record_read(bytes, len, &record))
            receive_rest(s, path, &record, bytes, len, now_us);
    } else {
        receive_rest(s, path, &record, bytes, len, now_us);
    }
    leave(s);
}

/* --- handshakes ------------------------------------------------------------------------------ */

/* The timer has fired. */
static void run_due(struct dtls_server *s, struct dtls_session *session, int64_t now_us)
{
    session->due = false;
    if (now_us >= session->deadline_us)
        fail_handshake(s, session, "timeout");
    else if (dtls_session_retransmit(session) == DTLS_ENDED)
        fail_handshake(s, session, "too many retransmissions");
}

/* Reads what the peer has sent. Returns with the session alive or dead. */
static void run_handshake(struct dtls_server *s, struct dtls_session *session, int64_t now_us)
{
    struct dtls_input *input;

    if (session->due)
        run_due(s, session, now_us);
    if (session->state == DTLS_CLOSED)
        return;
    for (;;) {
        enum dtls_progress progress = DTLS_FINISHED;

        session->held = session->state == DTLS_HANDSHAKING && !dtls_session_ready(session);
        input = session->held ? NULL : dtls_session_take_input(session);
        if (input == NULL)
            break;

        if (session->state == DTLS_HANDSHAKING)
            progress = dtls_session_handshake(session, input->bytes, input->len);
        else
            read_established(session, input->bytes, input->len, now_us);
        free(input);
        if (progress == DTLS_ENDED)
            fail_handshake(s, session, session->why);
        if (session->state == DTLS_CLOSED)
            return;
        if (progress == DTLS_FINISHED && session->state == DTLS_HANDSHAKING) {
            establish(s, session, now_us);
            read_established(session, NULL, 0, now_us);
        }
        if (session->state == DTLS_CLOSED)
            return;
    }
    dtls_session_arm(session, now_us);
}

void dtls_server_resume(struct dtls_server *s, uint64_t handshake)
{
    struct dtls_session *session = s->oldest;

    while (session != NULL && session->id != handshake)
        session = session->younger;
    if (session == NULL || !session->held)
        return;
    session->held = false;
    enqueue(s, session);
}

/* Computes for a fifth of the time since began_us. */
static void dawdle(int64_t (*clock_us)(void), int64_t began_us)
{
    int64_t now_us = clock_us();
    int64_t until_us = now_us + (now_us - began_us + 4) / 5;

    while (clock_us() < until_us)
        continue;
}

bool dtls_server_work(struct dtls_server *s, int64_t budget_us, int64_t (*clock_us)(void),
                      int64_t now_us, int64_t wall_us)
{
    int64_t stop_us = clock_us() + budget_us;
    struct dtls_session *session;

    enter(s);
    s->shared.wall_us = wall_us;
    while ((session = s->queue) != NULL) {
        int64_t began_us = mutant_is(MUTANT_HANDSHAKE_SLOW) ? clock_us() : 0;

        s->queue = session->queue_next;
        if (s->queue == NULL)
            s->queue_tail = &s->queue;
        session->queued = false;
        if (session->state == DTLS_CLOSED)
            bury(s, session);
        else
            run_handshake(s, session, now_us);
        if (began_us != 0)
            dawdle(clock_us, began_us);
        if (clock_us() >= stop_us)
            break;
    }
    leave(s);
    return s->queue != NULL;
}
