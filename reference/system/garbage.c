/*
 * garbage ADDR:PORT SEED BARRIER-HEX: datagrams of every length 0..2000 and some of up to the
 * largest, with random bytes, with a header of CoAP, and with a header of DTLS before them. After
 * every few it sends the barrier, a datagram that the endpoint answers, and waits for an answer: so
 * the endpoint has read all of them, none was lost in a full receive queue.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/addr.h"

enum { EVERY_LENGTH = 2000, MAX_DATAGRAM = 65507, BIG = 60, BURST = 16, ANSWER_MS = 10000 };

/* Each kind is random bytes with these ones at its beginning. */
static const struct beginning {
    const char *bytes;
    size_t len;
} beginnings[] = {
    {"",                                                         0 },
    {"\x40\x02",                                                 2 }, /* CON POST, no token */
    {"\x58\x02\x12\x34"
     "12345678"
     "\xb2v1\x03"
     "foo",                                                 19}, /* NON POST /v1/foo */
    {"\x40\x00",                                                 2 }, /* CON, empty */
    {"\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00",             11}, /* DTLS handshake, epoch 0 */
    {"\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x01",             11}, /* DTLS data, epoch 1 */
    {"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\x01", 14}, /* almost a ClientHello */
};

struct sender {
    int fd;
    uint8_t barrier[256];
    size_t barrier_len;
    unsigned unanswered;
    unsigned long sent;
};

static void die(const char *what)
{
    fprintf(stderr, "garbage: %s: %s\n", what, strerror(errno));
    exit(1);
}

static size_t from_hex(const char *hex, uint8_t *out, size_t size)
{
    size_t len = 0;
    unsigned byte;

    while (len < size && sscanf(hex + 2 * len, "%2x", &byte) == 1)
        out[len++] = (uint8_t)byte;
    return len;
}

/* What the garbage was answered with is read and forgotten; the barrier comes last. */
static void pass_barrier(struct sender *s)
{
    static uint8_t answer[MAX_DATAGRAM];
    struct pollfd wait = {.fd = s->fd, .events = POLLIN};

    while (recv(s->fd, answer, sizeof answer, MSG_DONTWAIT) >= 0)
        ;
    if (send(s->fd, s->barrier, s->barrier_len, 0) < 0)
        die("cannot send the barrier");
    if (poll(&wait, 1, ANSWER_MS) != 1)
        die("the endpoint does not answer any more");
    s->unanswered = 0;
}

static void send_garbage(struct sender *s, const struct beginning *b, size_t len)
{
    static uint8_t bytes[MAX_DATAGRAM];

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(random() >> 7);
    memcpy(bytes, b->bytes, b->len < len ? b->len : len);
    if (send(s->fd, bytes, len, 0) != (ssize_t)len)
        die("cannot send");
    s->sent++;
    if (++s->unanswered == BURST)
        pass_barrier(s);
}

int main(int argc, char **argv)
{
    struct sender s = {.fd = -1};
    struct addr to;

    if (argc != 4 || !addr_parse(str_from(argv[1]), 5683, &to))
        die("usage: garbage ADDR:PORT SEED BARRIER-HEX");
    srandom((unsigned)atoi(argv[2]));
    s.barrier_len = from_hex(argv[3], s.barrier, sizeof s.barrier);
    s.fd = socket(to.sa.sa_family, SOCK_DGRAM, 0);
    if (connect(s.fd, &to.sa, to.len) != 0)
        die(argv[1]);
    for (size_t kind = 0; kind < COUNT(beginnings); kind++) {
        for (size_t len = 0; len <= EVERY_LENGTH; len++)
            send_garbage(&s, &beginnings[kind], len);
        for (int i = 0; i < BIG; i++)
            send_garbage(&s, &beginnings[kind], (size_t)random() % (MAX_DATAGRAM + 1));
        send_garbage(&s, &beginnings[kind], MAX_DATAGRAM);
    }
    pass_barrier(&s);
    printf("%lu\n", s.sent);
    close(s.fd);
    return 0;
}
