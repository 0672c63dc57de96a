/*
 * bench_coap_load: CoAP requests from many peers through one socket, as fast as they are answered.
 *
 * Each peer is an address of 127.0.0.0/8, the source of its datagrams by packet info. A closed
 * loop: `window` requests are in flight; an answer lets the next peer send its next message ID, so
 * that none comes back before the peer has sent 65 535 others, and the run ends before that. A
 * request that is not answered within a second is counted as lost; a run with losses measures the
 * queue, not the endpoint.
 *
 * Prints one line of JSON: sent, answered (by class), lost, seconds, rate_per_s, own CPU seconds.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/udp.h"

enum { FIRST_PEER = 0x7f010001, MESSAGE_MAX = 512, LOST_US = 1000000, MAX_WINDOW = 65536 };

struct peer {
    uint16_t next_mid;
    bool busy;
};

struct load {
    struct addr to;
    size_t peers;
    size_t window;
    int64_t seconds;
    const char *credential;
    const char *query;
    bool non;
    struct udp_io *io;
    int fd;
    struct peer *peer;
    size_t next_peer;
    size_t in_flight;
    uint64_t sent;
    uint64_t answered[8]; /* by class */
    uint64_t lost;
    uint8_t message[MESSAGE_MAX];
    size_t message_len;
    int64_t last_answer_us;
};

static void add_option(struct buf *b, unsigned delta, struct str value)
{
    unsigned d = delta < 13 ? delta : delta < 269 ? 13 : 14;
    unsigned l = value.len < 13 ? (unsigned)value.len : 13;

    assert(value.len < 269);
    buf_add_char(b, (char)(d << 4 | l));
    if (d == 13)
        buf_add_char(b, (char)(delta - 13));
    if (d == 14) {
        buf_add_char(b, (char)((delta - 269) >> 8));
        buf_add_char(b, (char)(delta - 269));
    }
    if (l == 13)
        buf_add_char(b, (char)(value.len - 13));
    buf_add_str(b, value);
}

/* POST /v1/bench with a token of 2 bytes; type and message ID are patched for each datagram. */
static void make_message(struct load *l)
{
    struct buf b = buf_over(l->message, sizeof l->message);
    struct buf basic = buf_growing();
    unsigned last = 11;

    buf_add(&b, l->non ? "\x52\x02\0\0be" : "\x42\x02\0\0be", 6);
    add_option(&b, 11, STR("v1"));
    add_option(&b, 0, STR("bench"));
    add_option(&b, 1, STR("\x32")); /* Content-Format 50, JSON */
    last = 12;
    if (l->query != NULL) {
        add_option(&b, 15 - last, str_from(l->query));
        last = 15;
    }
    buf_add_str(&basic, STR("Basic "));
    base64_encode(&basic, l->credential, strlen(l->credential));
    add_option(&b, 4209 - last, buf_str(&basic));
    buf_add_str(&b, STR("\xff{\"temp\":21.5,\"unit\":\"C\",\"seq\":1}"));
    assert(!b.overflow);
    l->message_len = b.len;
    buf_fini(&basic);
}

static void send_one(struct load *l)
{
    struct udp_path path = {.peer = l->to};
    size_t tries = 0;

    while (l->peer[l->next_peer].busy && tries++ < l->peers)
        l->next_peer = (l->next_peer + 1) % l->peers;
    struct peer *p = &l->peer[l->next_peer];

    path.local.in = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl((uint32_t)(FIRST_PEER + l->next_peer))};
    path.local.len = sizeof path.local.in;
    l->message[2] = (uint8_t)(p->next_mid >> 8);
    l->message[3] = (uint8_t)p->next_mid;
    if (++p->next_mid == 0) {
        (void)fputs("a peer has used every message ID: take more peers or fewer seconds\n", stderr);
        exit(1);
    }
    udp_send(l->io, l->fd, &path, l->message, l->message_len);
    p->busy = true;
    l->next_peer = (l->next_peer + 1) % l->peers;
    l->in_flight++;
    l->sent++;
}

static void on_answer(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct load *l = arg;
    size_t i = ntohl(path->local.in.sin_addr.s_addr) - FIRST_PEER;

    if (len < 4 || i >= l->peers || !l->peer[i].busy || (bytes[1] == 0 && len == 4))
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
    for (size_t i = 0; i < l->peers; i++)
        l->peer[i].busy = false;
}

static void run_until(struct load *l, int64_t end_us, bool sending)
{
    struct pollfd wait = {.fd = l->fd, .events = POLLIN};

    while (clock_mono_us() < end_us && (sending || l->in_flight > 0)) {
        while (sending && l->in_flight < l->window)
            send_one(l);
        (void)udp_flush(l->io);
        if (poll(&wait, 1, LOST_US / 1000) == 0) {
            give_up_lost(l);
            continue;
        }
        while (udp_receive(l->io, l->fd, 0, on_answer, l) == UDP_BATCH) {
        }
    }
    (void)udp_flush(l->io);
}

static double cpu_s(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void run(struct load *l)
{
    struct addr any;
    char why[UDP_WHY_LEN];
    int64_t start_us = clock_mono_us();
    double start_cpu_s = cpu_s();

    if (!addr_parse(STR("0.0.0.0"), 0, &any) || (l->fd = udp_open(&any, UDP_FIRST, why)) < 0) {
        (void)fprintf(stderr, "%s\n", why);
        exit(2);
    }
    run_until(l, start_us + l->seconds * US_PER_S, true);
    double seconds = (double)(clock_mono_us() - start_us) / 1e6;
    uint64_t answered = l->answered[2] + l->answered[4] + l->answered[5];
    double used_s = cpu_s() - start_cpu_s;

    run_until(l, clock_mono_us() + 2 * LOST_US, false);
    (void)printf("{\"sent\":%llu,\"answered\":%llu,\"success\":%llu,\"lost\":%llu,\"seconds\":%.3f,"
                 "\"rate_per_s\":%.0f,\"cpu_s\":%.3f}\n",
                 (unsigned long long)l->sent,
                 (unsigned long long)(l->answered[2] + l->answered[4] + l->answered[5]),
                 (unsigned long long)l->answered[2], (unsigned long long)l->lost, seconds,
                 (double)answered / seconds, used_s);
}

static int usage(void)
{
    (void)fputs("usage: bench_coap_load -t HOST:PORT [-p PEERS] [-w WINDOW] [-s SECONDS] [-c "
                "DEV@APP:PASSWORD]\n"
                "                       [-q QUERY] [-n]\n",
                stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct load l = {
        .peers = 1000, .window = 256, .seconds = 5, .credential = "device1@example-app:hey-rodney"};
    int option;

    while ((option = getopt(argc, argv, "t:p:w:s:c:q:n")) != -1) {
        switch (option) {
        case 't':
            if (!addr_parse(str_from(optarg), 5683, &l.to))
                return usage();
            break;
        case 'p':
            l.peers = (size_t)atol(optarg);
            break;
        case 'w':
            l.window = (size_t)atol(optarg);
            break;
        case 's':
            l.seconds = atol(optarg);
            break;
        case 'c':
            l.credential = optarg;
            break;
        case 'q':
            l.query = optarg;
            break;
        case 'n':
            l.non = true;
            break;
        default:
            return usage();
        }
    }
    if (l.to.len == 0 || l.peers == 0 || l.window == 0 || l.window > l.peers ||
        l.window > MAX_WINDOW)
        return usage();
    l.peer = xcalloc(l.peers, sizeof *l.peer);
    l.io = udp_io_new();
    make_message(&l);
    run(&l);
    udp_io_free(&l.io);
    free(l.peer);
    return 0;
}
