/*
 * bench_coap_limit PORT: the fastest thing that could answer. Every datagram of at least four bytes
 * comes back as an ACK 2.04 with its message ID and token; nothing is parsed, kept or checked. Ends
 * when stdin does.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/udp.h"

struct limit {
    struct udp_io *io;
    int fd;
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
}

int main(int argc, char **argv)
{
    char why[UDP_WHY_LEN];
    struct addr at;
    struct limit l = {.io = udp_io_new()};

    if (argc != 2 || !addr_parse(STR("0.0.0.0"), (uint16_t)atoi(argv[1]), &at)) {
        (void)fputs("usage: bench_coap_limit PORT\n", stderr);
        return 2;
    }
    l.fd = udp_open(&at, UDP_FIRST, why);
    if (l.fd < 0) {
        (void)fprintf(stderr, "%s\n", why);
        return 2;
    }
    struct pollfd wait[2] = {
        {.fd = l.fd,         .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN}
    };

    (void)puts("ready");
    (void)fflush(stdout);
    while (poll(wait, 2, -1) > 0 && wait[1].revents == 0) {
        while (udp_receive(l.io, l.fd, 0, answer, &l) == UDP_BATCH) {
        }
        (void)udp_flush(l.io);
    }
    udp_io_free(&l.io);
    return 0;
}
