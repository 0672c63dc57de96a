/*
 * bench_dtls_load: DTLS handshakes of many clients through one socket, each from an address of its
 * own that is used once. Prints rates and how long a handshake takes, as one line of JSON.
 *
 * `window` handshakes are at work at most. A client that has finished keeps its session until
 * `keep` others have finished too, then says close_notify; with --abandon it forgets it without a
 * word, so that the server keeps all. With --burst all of a window start at once and the next
 * window when they have finished. With --stall the first client of a burst sends its second
 * ClientHello and no more.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/clock.h"
#include "tools/benchmark/bench.h"
#include "tools/benchmark/datagram_bio.h"

enum { SWEEP_US = 200000, GIVE_UP_US = 20000000, MAX_TIMES = 4 * 1024 * 1024 };

enum state { IDLE, AT_WORK, STALLED, KEPT };

struct client {
    SSL *ssl;
    struct udp_path path;
    enum state state;
    int64_t start_us;
};

struct load {
    struct addr_list to;
    int64_t window;
    int64_t keep;
    int64_t duration_us;
    int64_t count;
    const char *identity;
    const char *psk;
    const char *cert_file;
    const char *key_file;
    const char *suite;
    bool abandon;
    bool burst;
    bool stall;
    struct udp_io *io;
    int fd;
    struct datagram_bio bio;
    SSL_CTX *context;
    struct client *clients; /* window + keep; in a ring */
    size_t client_count;
    struct client **by_peer; /* who uses an address */
    size_t next_peer;
    size_t next_kept; /* the one to close next */
    struct client **kept;
    size_t *idle;
    size_t idle_count;
    int64_t started;
    int64_t at_work;
    int64_t done;
    int64_t failed;
    int64_t repeated;
    struct client *stalled;
    int64_t *took_us;
};

/* clang-format off */
static const struct opt options[] = {
    OPT_ROW(load, to, "to", ADDRESS, NULL, "ADDR", NULL, NULL, "The server, in 127.0.0.0/8.", 0),
    OPT_ROW(load, window, "window", INTEGER, "64", "N", "1", "65536", "Handshakes at work.", 0),
    OPT_ROW(load, keep, "keep", INTEGER, "100", "N", "0", "100000", "Sessions kept.", 0),
    OPT_ROW(load, duration_us, "time", DURATION, "5s", "TIME", "10ms", "10min", "How long.", 0),
    OPT_ROW(load, count, "count", INTEGER, "0", "N", "0", NULL, "End after so many; 0: by time.", 0),
    OPT_ROW(load, identity, "identity", TEXT, "device1@example-app", "TEXT", NULL, NULL,
            "The PSK identity.", 0),
    OPT_ROW(load, psk, "psk", TEXT, NULL, "TEXT", NULL, NULL, "The pre-shared key.", 0),
    OPT_ROW(load, cert_file, "cert", TEXT, NULL, "FILE", NULL, NULL,
            "The clients' certificate; without it they have the key.", 0),
    OPT_ROW(load, key_file, "key", TEXT, NULL, "FILE", NULL, NULL, "Its key.", 0),
    OPT_ROW(load, suite, "suite", TEXT, "PSK-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
            "TEXT", NULL, NULL, "OpenSSL's names; those of the other kind are left out.", 0),
    OPT_ROW(load, abandon, "abandon", FLAG, NULL, NULL, NULL, NULL, "No close_notify.", 0),
    OPT_ROW(load, burst, "burst", FLAG, NULL, NULL, NULL, NULL, "All of a window at once.", 0),
    OPT_ROW(load, stall, "stall", FLAG, NULL, NULL, NULL, NULL, "One of a burst goes silent.", 0),
};
/* clang-format on */

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_dtls_load: %s: ", what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static unsigned give_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_cap,
                         unsigned char *key, unsigned key_cap)
{
    struct load *l = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    size_t len = strlen(l->psk);

    UNUSED(hint);
    if (strlen(l->identity) >= identity_cap || len > key_cap)
        return 0;
    memcpy(identity, l->identity, strlen(l->identity) + 1);
    memcpy(key, l->psk, len);
    return (unsigned)len;
}

static void make_context(struct load *l)
{
    SSL_CTX *c = SSL_CTX_new(DTLS_client_method());

    if (c == NULL || SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(c, l->suite) != 1 || SSL_CTX_set1_groups_list(c, "P-256") != 1)
        die("context");
    if (l->cert_file != NULL &&
        (SSL_CTX_use_certificate_chain_file(c, l->cert_file) != 1 ||
         SSL_CTX_use_PrivateKey_file(c, l->key_file, SSL_FILETYPE_PEM) != 1))
        die(l->cert_file);
    if (l->cert_file == NULL)
        SSL_CTX_set_psk_client_callback(c, give_psk);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL); /* the server's side is what is measured */
    SSL_CTX_set_app_data(c, l);
    l->context = c;
}

/* --- one client --------------------------------------------------------------------------------
 */

static void aim(struct load *l, struct client *c, const uint8_t *bytes, size_t len)
{
    datagram_bio_aim(&l->bio, &c->path, bytes, len);
    ERR_clear_error();
}

static SSL *new_ssl(struct load *l)
{
    BIO *bio = datagram_bio_new(&l->bio);
    SSL *ssl = SSL_new(l->context);

    assert(ssl != NULL);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    SSL_set_mtu(ssl, 1200);
    return ssl;
}

static void retire(struct load *l, struct client *c)
{
    if (c->state == KEPT && !l->abandon) {
        aim(l, c, NULL, 0);
        (void)SSL_shutdown(c->ssl);
    }
    SSL_free(c->ssl);
    c->ssl = NULL;
    l->by_peer[bench_peer_of(&c->path)] = NULL;
    c->state = IDLE;
    l->idle[l->idle_count++] = (size_t)(c - l->clients);
}

static void start(struct load *l)
{
    struct client *c = &l->clients[l->idle[--l->idle_count]];

    if (l->next_peer == BENCH_MAX_PEERS)
        die("every address was used: take less time");
    c->path = bench_path(&l->to.addr[0], l->next_peer);
    l->by_peer[l->next_peer++] = c;
    c->ssl = new_ssl(l);
    c->state = AT_WORK;
    l->started++;
    l->at_work++;
    if (l->stall && l->stalled == NULL)
        l->stalled = c;
    aim(l, c, NULL, 0);
    c->start_us = clock_mono_us();
    (void)SSL_do_handshake(c->ssl);
}

/* A finished session takes the place of the one that was kept longest. */
static void keep(struct load *l, struct client *c)
{
    c->state = KEPT;
    if (l->keep == 0) {
        retire(l, c);
        return;
    }
    if (l->kept[l->next_kept] != NULL)
        retire(l, l->kept[l->next_kept]);
    l->kept[l->next_kept] = c;
    l->next_kept = (l->next_kept + 1) % (size_t)l->keep;
}

static void on_datagram(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct load *l = arg;
    size_t peer = bench_peer_of(path);
    struct client *c = peer < BENCH_MAX_PEERS ? l->by_peer[peer] : NULL;

    if (c == NULL || c->state != AT_WORK)
        return;
    aim(l, c, bytes, len);
    int result = SSL_do_handshake(c->ssl);

    if (c == l->stalled) {
        c->state = STALLED; /* its second ClientHello is out */
        l->at_work--;
        return;
    }
    if (result == 1) {
        l->took_us[l->done % MAX_TIMES] = clock_mono_us() - c->start_us;
        l->done++;
        l->at_work--;
        keep(l, c);
    } else if (SSL_get_error(c->ssl, result) != SSL_ERROR_WANT_READ) {
        l->failed++;
        l->at_work--;
        retire(l, c);
    }
}

/* --- the run -----------------------------------------------------------------------------------
 */

/* What OpenSSL's timers want, and the end of clients that hear nothing. */
static void sweep(struct load *l, int64_t now_us)
{
    for (size_t i = 0; i < l->client_count; i++) {
        struct client *c = &l->clients[i];

        if (c->state != AT_WORK)
            continue;
        aim(l, c, NULL, 0);
        if (DTLSv1_handle_timeout(c->ssl) == 1)
            l->repeated++;
        if (now_us - c->start_us > GIVE_UP_US) {
            l->failed++;
            l->at_work--;
            retire(l, c);
        }
    }
}

static void fill(struct load *l)
{
    if (l->burst && l->at_work > 0)
        return;
    if (l->burst && l->stalled != NULL) {
        retire(l, l->stalled);
        l->stalled = NULL;
    }
    while (l->at_work < l->window && l->idle_count > 0 && (l->count == 0 || l->started < l->count))
        start(l);
}

static void run_until(struct load *l, int64_t end_us, bool starting)
{
    struct pollfd wait = {.fd = l->fd, .events = POLLIN};
    int64_t sweep_us = clock_mono_us() + SWEEP_US;

    for (int64_t now_us = clock_mono_us(); now_us < end_us; now_us = clock_mono_us()) {
        if (starting)
            fill(l);
        (void)udp_flush(l->io);
        if (l->at_work == 0)
            return;
        (void)poll(&wait, 1, SWEEP_US / 1000);
        while (udp_receive(l->io, l->fd, 0, on_datagram, l) == UDP_BATCH) {
        }
        if (clock_mono_us() >= sweep_us) {
            sweep(l, clock_mono_us());
            sweep_us = clock_mono_us() + SWEEP_US;
        }
    }
    (void)udp_flush(l->io);
}

static void run(struct load *l)
{
    int64_t start_us = clock_mono_us();
    double start_cpu_s = bench_cpu_s();

    run_until(l, start_us + l->duration_us, true);
    double seconds = (double)(clock_mono_us() - start_us) / 1e6;
    double used_s = bench_cpu_s() - start_cpu_s;
    int64_t in_time = l->done;

    run_until(l, clock_mono_us() + GIVE_UP_US, false);
    for (size_t i = 0; i < l->client_count; i++) {
        if (l->clients[i].state == KEPT)
            retire(l, &l->clients[i]);
    }
    (void)udp_flush(l->io);
    size_t times = l->done < MAX_TIMES ? (size_t)l->done : MAX_TIMES;
    double p50_ms = bench_percentile_ms(l->took_us, times, 0.5);

    (void)printf("{\"started\":%lld,\"done\":%lld,\"failed\":%lld,\"repeated\":%lld,"
                 "\"seconds\":%.3f,\"rate_per_s\":%.0f,\"cpu_s\":%.3f,\"p50_ms\":%.3f,"
                 "\"p99_ms\":%.3f}\n",
                 (long long)l->started, (long long)l->done, (long long)l->failed,
                 (long long)l->repeated, seconds, (double)in_time / seconds, used_s, p50_ms,
                 bench_percentile_ms(l->took_us, times, 0.99));
}

static void tidy_up(struct load *l)
{
    for (size_t i = 0; i < l->client_count; i++)
        SSL_free(l->clients[i].ssl);
    SSL_CTX_free(l->context);
    datagram_bio_fini(&l->bio);
    udp_io_free(&l->io);
    free(l->clients);
    free(l->idle);
    free(l->kept);
    free(l->by_peer);
    free(l->took_us);
}

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_dtls_load", "handshakes of many clients", options,
                                    COUNT(options)};
    struct load l = {.io = udp_io_new()};

    bench_options(&program, &l, argc, argv);
    if (l.to.count != 1 || (l.psk == NULL) == (l.cert_file == NULL) ||
        (l.cert_file == NULL) != (l.key_file == NULL))
        die("one --to, and either --psk or --cert and --key");
    l.client_count = (size_t)(l.window + l.keep + 1);
    l.clients = xcalloc(l.client_count, sizeof *l.clients);
    l.idle = xcalloc(l.client_count, sizeof *l.idle);
    for (size_t i = 0; i < l.client_count; i++)
        l.idle[l.idle_count++] = i;
    l.kept = xcalloc((size_t)l.keep + 1, sizeof(*l.kept));
    l.by_peer = xcalloc(BENCH_MAX_PEERS, sizeof(*l.by_peer));
    l.took_us = xcalloc(MAX_TIMES, sizeof *l.took_us);
    l.fd = bench_socket(0);
    datagram_bio_init(&l.bio, l.io, l.fd);
    make_context(&l);
    run(&l);
    tidy_up(&l);
    return 0;
}
