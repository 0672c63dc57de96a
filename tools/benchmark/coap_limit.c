/*
 * bench_coap_limit: the fastest thing that could answer. Every datagram of at least four bytes
 * comes back as an ACK 2.04 with its message ID and token; nothing is parsed, kept or checked. Ends
 * when stdin does or by SIGTERM, and says how many it has answered.
 */
#include <stdio.h>

#include "tools/benchmark/bench.h"

struct limit {
    int port;
    struct udp_io *io;
    int fd;
    long long answered;
};

static const struct opt options[] = {
    OPT_ROW(limit, port, "port", INTEGER, "0", "N", "0", "65535", "Serve this UDP port.", 0),
};

static void answer(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct limit *l = arg;
    uint8_t ack[12];
    size_t token_len = len < 4 ? 0 : (size_t)(bytes[0] & 0x0f);

    if (len < 4 + token_len || token_len > 8)
        return;
    ack[0] = (uint8_t)(0x60 | token_len);
    ack[1] = 0x44;
    memcpy(ack + 2, bytes + 2, 2 + token_len);
    udp_send(l->io, l->fd, path, ack, 4 + token_len);
    l->answered += bytes[1] == 0x02; /* POST; not what first asks whether anybody is there */
}

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_coap_limit", "the fastest thing that could answer",
                                    options, COUNT(options)};
    struct limit l = {.io = udp_io_new()};

    bench_options(&program, &l, argc, argv);
    l.fd = bench_socket((uint16_t)l.port);
    bench_catch_end();
    bench_say_ready(l.fd);
    while (bench_wait(l.fd)) {
        while (udp_receive(l.io, l.fd, 0, answer, &l) == UDP_BATCH) {
        }
        (void)udp_flush(l.io);
    }
    (void)printf("{\"answered\":%lld}\n", l.answered);
    udp_io_free(&l.io);
    return 0;
}
