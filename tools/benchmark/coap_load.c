/*
 * bench_coap_load: CoAP publishes from many peers through one socket, as fast as they are answered
 * or at a given rate.
 *
 * `window` requests are in flight at most; each goes to the next peer with its next message ID, so
 * that none comes back before the peer has sent 65 535 others, and the run ends before that (each
 * run has a port of its own, so its peers are new). What is not answered within a second of silence
 * is lost; a run with losses measures the queue, not the endpoint.
 *
 * Prints one line of JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "lib/clock.h"
#include "tools/benchmark/bench.h"

enum { LOST_US = 1000000, NAP_US = 30 };

struct peer {
    uint16_t next_mid;
    bool busy;
};

struct load {
    struct addr_list to;
    int64_t peers;
    int64_t window;
    int64_t duration_us;
    int64_t count;
    int64_t rate_per_s;
    const char *credential;
    const char *query;
    bool non;
    struct udp_io *io;
    int fd;
    struct bench_publish publish;
    struct peer *peer;
    size_t next_peer;
    int64_t in_flight;
    int64_t sent;
    uint64_t answered[8]; /* by class */
    int64_t lost;
};

/* clang-format off */
static const struct opt options[] = {
    OPT_ROW(load, to, "to", ADDRESS, NULL, "ADDR", NULL, NULL, "The server, in 127.0.0.0/8.", 0),
    OPT_ROW(load, peers, "peers", INTEGER, "1000", "N", "1", "8000000", "Addresses that send.", 0),
    OPT_ROW(load, window, "window", INTEGER, "256", "N", "1", "65536",
            "Requests in flight; beyond about 8000 the receive buffers lose some.", 0),
    OPT_ROW(load, duration_us, "time", DURATION, "5s", "TIME", "10ms", "10min", "How long.", 0),
    OPT_ROW(load, count, "count", INTEGER, "0", "N", "0", NULL, "End after so many; 0: by time.", 0),
    OPT_ROW(load, rate_per_s, "rate", INTEGER, "0", "N", "0", "10000000",
            "Requests a second; 0: as fast as they are answered.", 0),
    OPT_ROW(load, credential, "credential", TEXT, "device1@example-app:hey-rodney", "TEXT", NULL,
            NULL, "What option 4209 carries.", 0),
    OPT_ROW(load, query, "query", TEXT, NULL, "TEXT", NULL, NULL, "A Uri-Query option.", 0),
    OPT_ROW(load, non, "non", FLAG, NULL, NULL, NULL, NULL, "Non-confirmable requests.", 0),
};
/* clang-format on */

static void send_one(struct load *l)
{
    int64_t tries = 0;

    while (l->peer[l->next_peer].busy && tries++ < l->peers)
        l->next_peer = (l->next_peer + 1) % (size_t)l->peers;
    struct peer *p = &l->peer[l->next_peer];
    struct udp_path path = bench_path(&l->to.addr[0], l->next_peer);

    bench_publish_number(&l->publish, l->non ? BENCH_NON : BENCH_CON, p->next_mid);
    if (++p->next_mid == 0) {
        (void)fputs("a peer has used every message ID: take more peers or less time\n", stderr);
        exit(1);
    }
    udp_send(l->io, l->fd, &path, l->publish.bytes, l->publish.len);
    p->busy = true;
    l->next_peer = (l->next_peer + 1) % (size_t)l->peers;
    l->in_flight++;
    l->sent++;
}

static void on_answer(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct load *l = arg;
    size_t i = bench_peer_of(path);

    if (len < 4 || i >= (size_t)l->peers || !l->peer[i].busy || (bytes[1] == 0 && len == 4))
        return;
    l->peer[i].busy = false;
    l->in_flight--;
    l->answered[bytes[1] >> 5]++;
    if (bytes[0] >> 4 == 4) { /* a separate CON response wants its ACK */
        uint8_t ack[4] = {0x60, 0, bytes[2], bytes[3]};

        udp_send(l->io, l->fd, path, ack, sizeof ack);
    }
}

/* After a second without an answer, what is in flight is lost. */
static void give_up_lost(struct load *l)
{
    l->lost += l->in_flight;
    l->in_flight = 0;
    for (size_t i = 0; i < (size_t)l->peers; i++)
        l->peer[i].busy = false;
}

/* How many may have been sent by now. */
static int64_t allowed(const struct load *l, int64_t start_us)
{
    int64_t by_rate = INT64_MAX;

    if (l->rate_per_s > 0)
        by_rate = (clock_mono_us() - start_us) * l->rate_per_s / US_PER_S;
    return l->count > 0 && l->count < by_rate ? l->count : by_rate;
}

static void fill_window(struct load *l, int64_t limit)
{
    while (l->in_flight < l->window && l->sent < limit)
        send_one(l);
}

static int64_t count_answers(const struct load *l)
{
    return (int64_t)(l->answered[2] + l->answered[4] + l->answered[5]);
}

/* Not poll: who waits in it is woken by each answer, which costs the server a microsecond. */
static void nap(void)
{
    static const struct timespec time = {.tv_nsec = NAP_US * 1000};

    (void)nanosleep(&time, NULL);
}

static void run_until(struct load *l, int64_t end_us, bool sending)
{
    int64_t start_us = clock_mono_us();
    int64_t heard_us = start_us;

    for (int64_t now_us = start_us; now_us < end_us; now_us = clock_mono_us()) {
        int64_t before = count_answers(l);

        if (sending)
            fill_window(l, allowed(l, start_us));
        (void)udp_flush(l->io);
        if (l->in_flight == 0 && (!sending || (l->count > 0 && l->sent == l->count)))
            return;
        while (udp_receive(l->io, l->fd, 0, on_answer, l) == UDP_BATCH) {
        }
        if (count_answers(l) > before)
            heard_us = now_us;
        else if (now_us - heard_us >= LOST_US && l->in_flight > 0)
            give_up_lost(l);
        if (count_answers(l) - before < UDP_BATCH)
            nap();
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
    int64_t in_time = count_answers(l);

    run_until(l, clock_mono_us() + 5 * LOST_US, false); /* what is still in flight */
    l->lost += l->in_flight;
    (void)printf("{\"sent\":%lld,\"answered\":%lld,\"success\":%llu,\"lost\":%lld,"
                 "\"seconds\":%.3f,\"rate_per_s\":%.0f,\"cpu_s\":%.3f}\n",
                 (long long)l->sent, (long long)count_answers(l),
                 (unsigned long long)l->answered[2], (long long)l->lost, seconds,
                 (double)in_time / seconds, used_s);
}

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_coap_load", "publishes of many peers", options,
                                    COUNT(options)};
    struct load l = {.io = udp_io_new()};

    bench_options(&program, &l, argc, argv);
    if (l.to.count != 1 || l.window > l.peers) {
        (void)fputs("bench_coap_load: one --to, and not more in flight than peers\n", stderr);
        return 2;
    }
    l.peer = xcalloc((size_t)l.peers, sizeof *l.peer);
    l.fd = bench_socket(0);
    (void)prctl(PR_SET_TIMERSLACK, 1000L); /* so that a nap is short */
    bench_publish_make(&l.publish, l.credential, l.query);
    run(&l);
    udp_io_free(&l.io);
    free(l.peer);
    return 0;
}
