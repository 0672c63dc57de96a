/*
 * bench_wait_load: many devices that wait for a command at once (ct). Each is a peer of its own and
 * sends one confirmable publish, at a given rate; its empty ACK is counted, and its separate
 * response acknowledged. Prints how far the responses were from the end of ct.
 *
 * Prints `held` once all are acknowledged, and at the end one line of JSON. With --hold it does not
 * wait for the responses: it ends when stdin does.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "tools/benchmark/bench.h"

enum { GRACE_US = 10000000 };

struct load {
    struct addr_list to;
    int64_t count;
    int64_t rate_per_s;
    int64_t ct_us;
    const char *credential;
    bool hold;
    struct udp_io *io;
    int fd;
    struct bench_publish publish;
    int64_t *sent_us;  /* by peer; 0: not sent, or answered */
    int64_t *error_us; /* of the answers, in order of arrival */
    int64_t sent;
    int64_t acknowledged;
    int64_t answered;
    int64_t refused;
    bool told;
};

/* clang-format off */
static const struct opt options[] = {
    OPT_ROW(load, to, "to", ADDRESS, NULL, "ADDR", NULL, NULL, "The server, in 127.0.0.0/8.", 0),
    OPT_ROW(load, count, "count", INTEGER, "100000", "N", "1", "8000000", "Devices.", 0),
    OPT_ROW(load, rate_per_s, "rate", INTEGER, "20000", "N", "1", "1000000", "New ones a second.", 0),
    OPT_ROW(load, ct_us, "ct", DURATION, "30s", "TIME", "2s", "10min", "How long they wait.", 0),
    OPT_ROW(load, credential, "credential", TEXT, "device1@example-app:hey-rodney", "TEXT", NULL,
            NULL, "What option 4209 carries.", 0),
    OPT_ROW(load, hold, "hold", FLAG, NULL, NULL, NULL, NULL,
            "End with stdin, not with the responses.", 0),
};
/* clang-format on */

static void send_one(struct load *l)
{
    struct udp_path path = bench_path(&l->to.addr[0], (size_t)l->sent);

    bench_publish_number(&l->publish, BENCH_CON, 1);
    udp_send(l->io, l->fd, &path, l->publish.bytes, l->publish.len);
    (void)udp_flush(l->io); /* the time counts from here */
    l->sent_us[l->sent++] = clock_mono_us();
}

static void on_answer(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct load *l = arg;
    size_t i = bench_peer_of(path);
    uint8_t ack[4] = {0x60, 0, 0, 0};

    if (len < 4 || i >= (size_t)l->count)
        return;
    if (bytes[1] == 0) {
        l->acknowledged++;
        return;
    }
    if (bytes[0] >> 4 == 4) {
        ack[2] = bytes[2];
        ack[3] = bytes[3];
        udp_send(l->io, l->fd, path, ack, sizeof ack);
    }
    if (l->sent_us[i] == 0)
        return; /* its ACK was lost, and the response comes again */
    if (bytes[1] != 0x44) {
        l->refused++;
    } else {
        int64_t error_us = clock_mono_us() - l->sent_us[i] - l->ct_us;

        l->error_us[l->answered++] = error_us < 0 ? -error_us : error_us;
    }
    l->sent_us[i] = 0;
}

static void send_due(struct load *l, int64_t start_us)
{
    int64_t due = (clock_mono_us() - start_us) * l->rate_per_s / US_PER_S;

    for (int burst = 0; burst < UDP_BATCH && l->sent < l->count && l->sent < due; burst++)
        send_one(l);
}

static bool done(struct load *l, int64_t end_us)
{
    if (!l->told && (l->acknowledged >= l->count || clock_mono_us() >= end_us)) {
        l->told = true;
        (void)puts("held");
        (void)fflush(stdout);
    }
    return !l->hold && (l->answered + l->refused == l->count || clock_mono_us() >= end_us);
}

static void run(struct load *l)
{
    struct pollfd wait[2] = {
        {.fd = l->fd,        .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN}
    };
    int64_t start_us = clock_mono_us();
    int64_t end_us = start_us + l->count * US_PER_S / l->rate_per_s + GRACE_US + l->ct_us;
    bool open = true;

    while (open && !done(l, end_us)) {
        send_due(l, start_us);
        if (poll(wait, l->hold ? 2 : 1, 1) > 0 && l->hold)
            open = wait[1].revents == 0;
        while (udp_receive(l->io, l->fd, 0, on_answer, l) == UDP_BATCH) {
        }
        (void)udp_flush(l->io);
    }
}

static void report(struct load *l)
{
    size_t count = (size_t)l->answered;
    double p50_ms = bench_percentile_ms(l->error_us, count, 0.5);

    (void)printf("{\"sent\":%lld,\"acknowledged\":%lld,\"success\":%lld,\"refused\":%lld,"
                 "\"error_p50_ms\":%.3f,\"error_p99_ms\":%.3f,\"error_max_ms\":%.3f}\n",
                 (long long)l->sent, (long long)l->acknowledged, (long long)l->answered,
                 (long long)l->refused, p50_ms, bench_percentile_ms(l->error_us, count, 0.99),
                 bench_percentile_ms(l->error_us, count, 1));
}

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_wait_load", "devices that wait for a command", options,
                                    COUNT(options)};
    struct load l = {.io = udp_io_new()};
    struct buf query = buf_growing();

    bench_options(&program, &l, argc, argv);
    if (l.to.count != 1) {
        (void)fputs("bench_wait_load: one --to\n", stderr);
        return 2;
    }
    l.sent_us = xcalloc((size_t)l.count, sizeof *l.sent_us);
    l.error_us = xcalloc((size_t)l.count, sizeof *l.error_us);
    l.fd = bench_socket(0);
    buf_add_format(&query, "ct=%lld", (long long)(l.ct_us / US_PER_S));
    buf_add_char(&query, '\0');
    bench_publish_make(&l.publish, l.credential, query.ptr);
    run(&l);
    report(&l);
    udp_io_free(&l.io);
    buf_fini(&query);
    free(l.sent_us);
    free(l.error_us);
    return 0;
}
