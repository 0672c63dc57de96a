#include "reference/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/timer.h"
#include "lib/udp.h"
#include "reference/auth.h"
#include "reference/endpoint.h"
#include "reference/exchange.h"
#include "reference/peer_rate.h"

enum {
    HANDSHAKE_BUDGET_US = 2000, /* a turn; established traffic goes first */
    BATCHES_A_TURN = 4,         /* from one socket, so that none starves the others */
    MAX_SLEEP_MS = 1000,
    POLL_MAX = 64
};

/* What an epoll event is for; sockets come first, by their number. */
enum { WAKE_MAILBOX = 1000, WAKE_AUTH, WAKE_SINK };

enum stage { STAGE_RUN, STAGE_DRAIN, STAGE_STOP };

struct worker {
    pthread_t thread;
    bool started;
    _Atomic int stage; /* enum stage; only grows */
    _Atomic bool drained;
    _Atomic uint64_t turns;
    _Atomic(struct worker_settings *) fresh; /* whoever takes it out owns it; NULL: none */
    int epoll_fd;
    size_t socket_count;
    struct worker_socket *sockets;
    struct mailbox mailbox;
    struct timer_wheel wheel;
    struct udp_io *udp;
    struct peer_rate *peer_rate;
    struct metrics *metrics;
    struct registry_reader *reader;
    struct auth *auth;
    struct sink_port *sink;
    struct exchange_layer *exchanges;
    struct endpoint *endpoint;
    struct dtls_server *dtls;
    struct endpoint_now now; /* of this turn */
    bool draining;
    bool handshakes_left;
};

/* --- hooks of the message layer ------------------------------------------------------------------
 */

static void send_message(void *arg, const struct exchange_peer *to, const uint8_t *bytes,
                         size_t len)
{
    struct worker *w = arg;

    if (to->session != NULL)
        (void)dtls_session_send(to->session->dtls, bytes, len, w->now.mono_us);
    else
        udp_send(w->udp, w->sockets[to->path->socket].fd, to->path, bytes, len);
}

static void take_request(void *arg, uint32_t exchange, const struct pdu *request)
{
    struct worker *w = arg;

    endpoint_request(w->endpoint, exchange, request, &w->now);
}

static void cancel_request(void *arg, uint32_t exchange)
{
    struct worker *w = arg;

    endpoint_cancelled(w->endpoint, exchange);
}

/* A session with an open exchange does not end by inactivity (TLS-08). */
static void mark_busy(void *arg, struct exchange_session *session, bool busy)
{
    struct worker *w = arg;

    if (busy)
        dtls_session_hold(session->dtls);
    else
        dtls_session_release(session->dtls, w->now.mono_us);
}

static const struct exchange_hooks exchange_hooks = {send_message, take_request, cancel_request,
                                                     mark_busy};

static struct identity *identity_of(const struct exchange_session *session)
{
    return session == NULL ? NULL : dtls_session_identity(session->dtls);
}

static enum sink_err put_event(void *arg, uint64_t ticket, const struct event *event)
{
    struct worker *w = arg;

    return sink_put(w->sink, ticket, event);
}

/* --- hooks of DTLS -------------------------------------------------------------------------------
 */

static void send_record(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct worker *w = arg;

    udp_send(w->udp, w->sockets[path->socket].fd, path, bytes, len);
}

static void receive_message(void *arg, struct dtls_session *session, const uint8_t *bytes,
                            size_t len)
{
    struct worker *w = arg;
    struct exchange_session *s = dtls_session_user(session);

    if (s == NULL) {
        s = xcalloc(1, sizeof *s);
        s->id = dtls_session_id(session);
        s->dtls = session;
        dtls_session_set_user(session, s);
    }
    struct exchange_peer from = {dtls_session_path(session), s};

    exchange_receive(w->exchanges, &from, bytes, len, w->now.mono_us);
}

static void end_session(void *arg, struct dtls_session *session)
{
    struct worker *w = arg;
    struct exchange_session *s = dtls_session_user(session);

    if (s == NULL)
        return;
    exchange_session_closed(w->exchanges, s, w->now.mono_us);
    dtls_session_set_user(session, NULL);
    free(s);
}

static size_t find_psk(void *arg, struct str psk_identity, int64_t wall_us, struct identity *id,
                       uint8_t *key, size_t key_cap)
{
    struct worker *w = arg;

    return auth_psk(w->auth, psk_identity, wall_us, id, key, key_cap);
}

static bool is_psk_ready(void *arg, struct str psk_identity, uint64_t handshake)
{
    struct worker *w = arg;

    return auth_prepare_psk(w->auth, psk_identity, w->now.mono_us, w->now.wall_us, handshake) !=
           AUTH_PENDING;
}

static int check_certificate(void *arg, STACK_OF(X509) * chain, int64_t wall_us,
                             struct identity *id)
{
    struct worker *w = arg;

    return auth_certificate(w->auth, chain, wall_us, id);
}

static const struct dtls_hooks dtls_hooks = {
    .send = send_record,
    .receive = receive_message,
    .closed = end_session,
    .psk = find_psk,
    .certificate = check_certificate,
    .psk_ready = is_psk_ready,
};

/* --- the loop ------------------------------------------------------------------------------------
 */

static void receive_datagram(void *arg, const struct udp_path *path, const uint8_t *bytes,
                             size_t len)
{
    struct worker *w = arg;

    if (!peer_rate_allows(w->peer_rate, &path->peer, w->now.mono_us)) {
        metrics_add(w->metrics, METRIC_PEER_LIMITED, 1);
        return;
    }
    if (w->sockets[path->socket].dtls) {
        metrics_add(w->metrics, METRIC_DATAGRAMS_IN_DTLS, 1);
        dtls_server_receive(w->dtls, path, bytes, len, w->now.mono_us, w->now.wall_us);
        return;
    }
    struct exchange_peer from = {path, NULL};

    metrics_add(w->metrics, METRIC_DATAGRAMS_IN, 1);
    exchange_receive(w->exchanges, &from, bytes, len, w->now.mono_us);
}

static void read_socket(struct worker *w, size_t socket)
{
    for (int i = 0; i < BATCHES_A_TURN; i++) {
        if (udp_receive(w->udp, w->sockets[socket].fd, (int)socket, receive_datagram, w) <
            UDP_BATCH)
            return;
    }
}

static void take_commands(struct worker *w)
{
    struct mail *next;

    for (struct mail *m = mailbox_take(&w->mailbox); m != NULL; m = next) {
        next = m->next;
        endpoint_command(w->endpoint, CONTAINER_OF(m, struct command_delivery, mail),
                         w->now.mono_us);
    }
}

static void take_verdicts(struct worker *w)
{
    uint64_t tickets[POLL_MAX];
    size_t count;

    while ((count = auth_poll(w->auth, w->now.mono_us, tickets, POLL_MAX)) > 0) {
        for (size_t i = 0; i < count; i++)
            endpoint_authenticate_again(w->endpoint, tickets[i], &w->now);
    }
    while ((count = auth_poll_prepared(w->auth, tickets, POLL_MAX)) > 0) {
        for (size_t i = 0; i < count; i++)
            dtls_server_resume(w->dtls, tickets[i]);
    }
}

static void take_confirmations(struct worker *w)
{
    struct sink_result results[POLL_MAX];
    size_t count;

    while ((count = sink_poll(w->sink, results, POLL_MAX)) > 0) {
        for (size_t i = 0; i < count; i++)
            endpoint_confirmed(w->endpoint, &results[i], w->now.mono_us);
    }
}

static void drain_if_asked(struct worker *w)
{
    if (w->stage == STAGE_RUN)
        return;
    if (!w->draining) {
        w->draining = true;
        endpoint_drain(w->endpoint, w->now.mono_us);
    }
    w->drained = exchange_count(w->exchanges) == 0;
}

static void take_settings(struct worker *w)
{
    struct worker_settings *fresh = NULL;

    if (atomic_load_explicit(&w->fresh, memory_order_relaxed) != NULL)
        fresh = atomic_exchange(&w->fresh, NULL);
    if (fresh == NULL)
        return;
    endpoint_set_max_ct(w->endpoint, fresh->max_ct_us);
    exchange_set_retry_after(w->exchanges, fresh->retry_after_s);
    free(fresh);
}

static int sleep_ms(const struct worker *w)
{
    int64_t now_us = clock_mono_us();
    int64_t until_us = timer_wheel_deadline_us(&w->wheel);
    int64_t dtls_us = w->dtls == NULL ? INT64_MAX : dtls_server_deadline_us(w->dtls);

    if (w->handshakes_left)
        return 0;
    if (dtls_us < until_us)
        until_us = dtls_us;
    if (until_us <= now_us)
        return 0;
    int64_t ms = (until_us - now_us + US_PER_MS - 1) / US_PER_MS;

    return ms > MAX_SLEEP_MS ? MAX_SLEEP_MS : (int)ms;
}

static void serve(struct worker *w, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 < w->socket_count)
            read_socket(w, events[i].data.u64);
    }
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == WAKE_MAILBOX)
            take_commands(w);
        else if (events[i].data.u64 == WAKE_AUTH)
            take_verdicts(w);
        else if (events[i].data.u64 == WAKE_SINK)
            take_confirmations(w);
    }
}

/* Handshakes and DTLS timers, after established traffic. */
static void serve_dtls(struct worker *w)
{
    if (w->dtls == NULL)
        return;
    w->handshakes_left = dtls_server_work(w->dtls, HANDSHAKE_BUDGET_US, clock_mono_us,
                                          w->now.mono_us, w->now.wall_us);
    dtls_server_tick(w->dtls, w->now.mono_us);
}

static void turn(struct worker *w)
{
    struct epoll_event events[POLL_MAX];

    registry_offline(w->reader);
    int count = epoll_wait(w->epoll_fd, events, POLL_MAX, sleep_ms(w));

    registry_quiescent(w->reader);
    w->now = (struct endpoint_now){clock_mono_us(), clock_wall_us()};
    take_settings(w);
    serve(w, events, count);
    timer_wheel_advance(&w->wheel, w->now.mono_us);
    serve_dtls(w);
    drain_if_asked(w);
    sink_flush(w->sink);
    metrics_add(w->metrics, METRIC_DATAGRAMS_OUT, (int64_t)udp_flush(w->udp));
    metrics_add(w->metrics, METRIC_DATAGRAMS_LOST, (int64_t)udp_take_dropped(w->udp));
    atomic_fetch_add(&w->turns, 1);
}

static void *run(void *arg)
{
    struct worker *w = arg;

    while (w->stage != STAGE_STOP && !w->drained)
        turn(w);
    return NULL;
}

/* --- start and end -------------------------------------------------------------------------------
 */

static void watch(struct worker *w, int fd, uint64_t what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = what};
    int failed = epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &event);

    assert(failed == 0);
}

static size_t share_of(int64_t total, int workers)
{
    int64_t part = total / workers;

    return part < 1 ? 1 : (size_t)part;
}

static void make_layers(struct worker *w, const struct worker_shared *shared)
{
    const struct config *c = shared->config;
    bool bare = shared->authn != NULL;
    struct auth_options auth_options = {
        .cache_entries = (size_t)(bare ? c->auth_cache_entries : c->hash_cache_entries),
        .cache_us = bare ? c->auth_cache_us : c->hash_cache_us,
        .service = shared->authn,
    };
    struct exchange_options exchange_options = {
        .ack_timeout_us = c->ack_timeout_us,
        .ack_random_factor = c->ack_random_factor,
        .max_retransmit = c->max_retransmit,
        .exchange_lifetime_us = c->exchange_lifetime_us,
        .non_lifetime_us = c->non_lifetime_us,
        .empty_ack_delay_us = c->empty_ack_delay_us,
        .retry_after_s = (uint32_t)(c->retry_after_us / US_PER_S),
        .max_exchanges = share_of(c->max_exchanges, shared->workers),
        .dedup_entries = share_of(c->dedup_entries, shared->workers),
        .dedup_bytes = share_of(c->dedup_bytes, shared->workers),
    };
    struct endpoint_options endpoint_options = {
        .max_exchanges = exchange_options.max_exchanges,
        .max_ct_us = c->max_ct_us,
        .instance = str_from(c->instance),
        .request = {.allow_put = c->allow_put},
        .max_payload_bytes = (size_t)c->max_payload_bytes,
        .transfers =
            {
                    .max_count = share_of(c->max_transfers, shared->workers),
                    .max_body_bytes = (size_t)c->max_payload_bytes,
                    .max_bytes = share_of(c->max_transfer_bytes, shared->workers),
                    .lifetime_us = c->exchange_lifetime_us,
                    },
    };

    w->auth = auth_new(w->reader, shared->hashes, &auth_options, w->metrics);
    w->exchanges = exchange_layer_new(&exchange_options, &w->wheel, w->metrics, &exchange_hooks, w);
    struct endpoint_parts parts = {
        .exchanges = w->exchanges,
        .auth = w->auth,
        .wheel = &w->wheel,
        .metrics = w->metrics,
        .put = put_event,
        .put_arg = w,
        .identity = identity_of,
    };

    w->endpoint = endpoint_new(&parts, &endpoint_options);
    if (shared->dtls != NULL) {
        struct config counted = *c;
        struct dtls_hooks hooks = dtls_hooks;

        if (!bare)
            hooks.psk_ready = NULL;

        counted.workers = shared->workers; /* --workers may be 0 */
        w->dtls = dtls_server_new(shared->dtls, &counted, w->metrics, &hooks, w, w->now.mono_us);
    }
}

struct worker *worker_new(const struct worker_shared *shared, const struct worker_socket *sockets,
                          size_t count)
{
    struct worker *w = xcalloc(1, sizeof *w);

    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert(w->epoll_fd >= 0 && count <= POLL_MAX);
    w->sockets = xcalloc(count, sizeof *sockets);
    w->socket_count = count;
    memcpy(w->sockets, sockets, count * sizeof *sockets);
    mailbox_init(&w->mailbox);
    w->now = (struct endpoint_now){clock_mono_us(), clock_wall_us()};
    timer_wheel_init(&w->wheel, w->now.mono_us);
    w->udp = udp_io_new();
    w->peer_rate = peer_rate_new((uint32_t)shared->config->peer_rate_per_s);
    w->metrics = metrics_new();
    w->reader = registry_reader_new(shared->registry);
    w->sink = sink_port_open(shared->sink, w->metrics);
    make_layers(w, shared);
    command_bus_attach(shared->commands, &w->mailbox);
    for (size_t i = 0; i < count; i++)
        watch(w, sockets[i].fd, i);
    watch(w, w->mailbox.wake_fd, WAKE_MAILBOX);
    watch(w, auth_wake_fd(w->auth), WAKE_AUTH);
    watch(w, sink_port_wake_fd(w->sink), WAKE_SINK);
    return w;
}

void worker_start(struct worker *w)
{
    int failed = pthread_create(&w->thread, NULL, run, w);

    assert(failed == 0);
    w->started = true;
}

void worker_wake(struct worker *w)
{
    uint64_t one = 1;
    ssize_t ignored = write(w->mailbox.wake_fd, &one, sizeof one);

    UNUSED(ignored); /* a full counter is already readable */
}

uint64_t worker_turns(const struct worker *w)
{
    return w->turns;
}

void worker_change(struct worker *w, const struct worker_settings *settings)
{
    struct worker_settings *copy = xmalloc(sizeof *copy);

    *copy = *settings;
    free(atomic_exchange(&w->fresh, copy)); /* an older one that was not taken yet */
    worker_wake(w);
}

static void raise_stage(struct worker *w, enum stage stage)
{
    if (w->stage < (int)stage)
        w->stage = (int)stage;
    worker_wake(w);
}

void worker_drain(struct worker *w)
{
    raise_stage(w, STAGE_DRAIN);
}

bool worker_is_drained(const struct worker *w)
{
    return w->drained;
}

void worker_stop(struct worker **worker)
{
    struct worker *w = *worker;

    if (w == NULL)
        return;
    raise_stage(w, STAGE_STOP);
    if (w->started)
        (void)pthread_join(w->thread, NULL);
    take_commands(w);
    dtls_server_free(&w->dtls);
    endpoint_free(&w->endpoint);
    exchange_layer_free(&w->exchanges);
    auth_free(&w->auth);
    sink_port_close(&w->sink);
    registry_reader_free(&w->reader);
    peer_rate_free(&w->peer_rate);
    udp_io_free(&w->udp); /* sends what is queued */
    mailbox_fini(&w->mailbox);
    for (size_t i = 0; i < w->socket_count; i++)
        (void)close(w->sockets[i].fd);
    (void)close(w->epoll_fd);
    free(w->fresh);
    free(w->sockets);
    free(w);
    *worker = NULL;
}
