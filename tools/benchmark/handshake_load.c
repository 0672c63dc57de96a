/*
 * bench_handshake_load: what bench_dtls_load does, by the swarm's own handshakes: each client has
 * its keys taken over and its SSL object freed, says close_notify by them and is forgotten. Beside
 * each other the two say what the swarm's part costs. Prints one line of JSON.
 *
 * With --publish (and --count) none is forgotten: when all have finished, each sends a message in
 * its session, and how many were answered is printed too.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/clock.h"
#include "simulator/handshake.h"
#include "tools/benchmark/bench.h"

enum { MAX_TIMES = 4 * 1024 * 1024, GIVE_UP_US = 20000000, NAP_MS = 20, PUBLISH_WINDOW = 256 };

struct load {
    struct addr_list to;
    int64_t window;
    int64_t duration_us;
    int64_t count;
    const char *identity;
    const char *psk;
    const char *cert_file;
    const char *key_file;
    const char *suite;
    bool publish;
    struct handshake_wish wish;
    struct handshakes *handshakes;
    struct record_crypto *crypto;
    struct udp_io *io;
    int fd;
    uint32_t next_device;
    int64_t done;
    int64_t failed;
    int64_t repeated;
    int64_t answered;
    struct record_keys *keys; /* by device, with publish */
    int64_t *start_us;        /* by device */
    int64_t *took_us;
};

/* clang-format off */
static const struct opt options[] = {
    OPT_ROW(load, to, "to", ADDRESS, NULL, "ADDR", NULL, NULL, "The server, in 127.0.0.0/8.", 0),
    OPT_ROW(load, window, "window", INTEGER, "64", "N", "1", "65536", "Handshakes in flight.", 0),
    OPT_ROW(load, duration_us, "time", DURATION, "5s", "TIME", "10ms", "10min", "How long.", 0),
    OPT_ROW(load, count, "count", INTEGER, "0", "N", "0", NULL, "End after so many; 0: by time.", 0),
    OPT_ROW(load, identity, "identity", TEXT, "device1@example-app", "TEXT", NULL, NULL,
            "The PSK identity.", 0),
    OPT_ROW(load, psk, "psk", TEXT, NULL, "TEXT", NULL, NULL, "The pre-shared key.", 0),
    OPT_ROW(load, cert_file, "cert", TEXT, NULL, "FILE", NULL, NULL,
            "The clients' certificate; without it they have the key.", 0),
    OPT_ROW(load, key_file, "key", TEXT, NULL, "FILE", NULL, NULL, "Its key.", 0),
    OPT_ROW(load, suite, "suite", TEXT, NULL, "TEXT", NULL, NULL, "Instead of GCM.", 0),
    OPT_ROW(load, publish, "publish", FLAG, NULL, NULL, NULL, NULL, "A message each at the end.", 0),
};
/* clang-format on */

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_handshake_load: %s: ", what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static FILE *open_file(const char *name)
{
    FILE *f = fopen(name, "re");

    if (f == NULL)
        die(name);
    return f;
}

static void read_certificate(struct load *l)
{
    FILE *f = open_file(l->cert_file);
    X509 *x509 = PEM_read_X509(f, NULL, NULL, NULL);
    uint8_t *der = NULL;
    int len = x509 != NULL ? i2d_X509(x509, &der) : 0;

    (void)fclose(f);
    l->wish.certificate_der = (struct str){(const char *)der, (size_t)len};
    f = open_file(l->key_file);
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    (void)fclose(f);
    der = NULL;
    int key_len = key != NULL ? i2d_PrivateKey(key, &der) : 0;

    if (len <= 0 || key_len <= 0)
        die("certificate or key");
    l->wish.key_der = (struct str){(const char *)der, (size_t)key_len};
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void send_it(void *arg, uint32_t device, const uint8_t *bytes, size_t len)
{
    struct load *l = arg;
    struct udp_path path = bench_path(&l->to.addr[0], device);

    udp_send(l->io, l->fd, &path, bytes, len);
}

static void take_result(void *arg, uint32_t device, const struct handshake_result *result,
                        int64_t now_us)
{
    static const uint8_t close_notify[] = {1, 0};
    struct load *l = arg;
    struct record_keys keys;
    uint8_t out[sizeof close_notify + RECORD_OVERHEAD];

    l->repeated += result->repeats;
    if (result->outcome != HANDSHAKE_DONE) {
        l->failed++;
        return;
    }
    l->took_us[l->done++ % MAX_TIMES] = now_us - l->start_us[device];
    keys = *result->keys;
    if (l->publish)
        l->keys[device] = keys;
    else
        send_it(
            l, device, out,
            record_seal(l->crypto, &keys, RECORD_ALERT, close_notify, sizeof close_notify, out));
}

static void on_datagram(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    static uint8_t plain[RECORD_MAX_PLAIN];
    struct load *l = arg;
    uint32_t device = (uint32_t)bench_peer_of(path);
    struct record_opened opened;

    if (!handshake_receive(l->handshakes, device, bytes, len, clock_mono_us()) &&
        device < l->next_device && l->publish && l->keys[device].next_write != 0)
        l->answered +=
            record_open(l->crypto, &l->keys[device], bytes, len, plain, &opened) == RECORD_GOOD &&
            opened.type == RECORD_DATA;
}

static void fill(struct load *l)
{
    while (l->count == 0 || l->next_device < l->count) {
        int64_t now_us = clock_mono_us();

        if (l->next_device == BENCH_MAX_PEERS)
            die("every address was used: take less time");
        if (!handshake_start(l->handshakes, l->next_device, &l->wish, now_us))
            return;
        l->start_us[l->next_device++] = now_us;
    }
}

static void run_until(struct load *l, int64_t end_us, bool starting)
{
    struct pollfd wait = {.fd = l->fd, .events = POLLIN};

    while (clock_mono_us() < end_us) {
        if (starting)
            fill(l);
        (void)udp_flush(l->io);
        if (handshakes_in_flight(l->handshakes) == 0)
            return;
        (void)poll(&wait, 1, NAP_MS);
        while (udp_receive(l->io, l->fd, 0, on_datagram, l) == UDP_BATCH) {
        }
        if (handshakes_deadline_us(l->handshakes) <= clock_mono_us())
            handshakes_tick(l->handshakes, clock_mono_us());
    }
    (void)udp_flush(l->io);
}

/* A window at a time; what is not answered in time is lost. */
static void publish(struct load *l)
{
    static const uint8_t message[] = {0x40, 0x02, 0x12, 0x34, 0xff, '{', '}'};
    struct pollfd wait = {.fd = l->fd, .events = POLLIN};
    uint8_t out[sizeof message + RECORD_OVERHEAD];
    int64_t sent = 0;
    uint32_t next = 0;

    for (bool heard = true; heard || next < l->next_device;) {
        for (; next < l->next_device && sent - l->answered < PUBLISH_WINDOW; next++) {
            if (l->keys[next].next_write == 0)
                continue;
            sent++;
            send_it(
                l, next, out,
                record_seal(l->crypto, &l->keys[next], RECORD_DATA, message, sizeof message, out));
        }
        (void)udp_flush(l->io);
        heard = sent > l->answered && poll(&wait, 1, US_PER_S / 1000) > 0;
        if (!heard)
            sent = l->answered;
        while (udp_receive(l->io, l->fd, 0, on_datagram, l) == UDP_BATCH) {
        }
    }
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
    if (l->publish)
        publish(l);
    size_t times = l->done < MAX_TIMES ? (size_t)l->done : MAX_TIMES;
    double p50_ms = bench_percentile_ms(l->took_us, times, 0.5);

    (void)printf("{\"started\":%u,\"done\":%lld,\"failed\":%lld,\"repeated\":%lld,"
                 "\"seconds\":%.3f,\"rate_per_s\":%.0f,\"cpu_s\":%.3f,\"p50_ms\":%.3f,"
                 "\"p99_ms\":%.3f,\"answered\":%lld}\n",
                 l->next_device, (long long)l->done, (long long)l->failed, (long long)l->repeated,
                 seconds, (double)in_time / seconds, used_s, p50_ms,
                 bench_percentile_ms(l->took_us, times, 0.99), (long long)l->answered);
}

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_handshake_load", "handshakes of the swarm", options,
                                    COUNT(options)};
    struct load l = {.io = udp_io_new(), .crypto = record_crypto_new()};
    char why[HANDSHAKE_WHY_LEN];

    bench_options(&program, &l, argc, argv);
    if (l.to.count != 1 || (l.psk == NULL) == (l.cert_file == NULL) ||
        (l.cert_file == NULL) != (l.key_file == NULL))
        die("one --to, and either --psk or --cert and --key");
    if (l.psk != NULL) {
        l.wish.psk_identity = str_from(l.identity);
        l.wish.psk_key = str_from(l.psk);
    } else
        read_certificate(&l);
    if (l.publish && l.count == 0)
        die("--publish needs --count");
    l.keys = xcalloc((size_t)l.count + 1, sizeof *l.keys);
    l.start_us = xcalloc(BENCH_MAX_PEERS, sizeof *l.start_us);
    l.took_us = xcalloc(MAX_TIMES, sizeof *l.took_us);
    l.fd = bench_socket(0);
    l.handshakes = handshakes_new(
        &(struct handshake_options){
            .cap = l.window,
            .mtu = 1200,
            .limit_us = GIVE_UP_US,
            .psk_suites = l.suite != NULL ? l.suite : "PSK-AES128-GCM-SHA256",
            .ecdhe_suites = l.suite != NULL ? l.suite : "ECDHE-ECDSA-AES128-GCM-SHA256",
            .send = send_it,
            .done = take_result,
            .arg = &l,
        },
        why);
    if (l.handshakes == NULL)
        die(why);
    run(&l);
    handshakes_free(&l.handshakes);
    record_crypto_free(&l.crypto);
    udp_io_free(&l.io);

    free(l.keys);
    free(l.start_us);
    free(l.took_us);
    OPENSSL_free((char *)l.wish.certificate_der.ptr);
    OPENSSL_free((char *)l.wish.key_der.ptr);
    return 0;
}
