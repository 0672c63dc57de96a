/*
 * stalled ADDR:PORT COUNT: begins COUNT DTLS handshakes, each from a port of its own, goes as far
 * as the server's first flight, and then says nothing more. Prints `stalled ANSWERED` when all are
 * there: the endpoint may have answered fewer. Holds them until standard input ends; of more than
 * descriptors allow the oldest are closed, which the endpoint cannot know.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "lib/addr.h"

enum { DATAGRAM = 1400, ANSWER_MS = 10000, REFUSED_MS = 50, OPEN_MAX_COUNT = 512 };

static void die(const char *what)
{
    fprintf(stderr, "stalled: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The client goes on as far as it can; what it wants to say is sent as one datagram. */
static void step(SSL *ssl, BIO *out, int fd)
{
    uint8_t bytes[DATAGRAM];

    if (SSL_connect(ssl) == 1)
        die("connected");
    int len = BIO_read(out, bytes, sizeof bytes);

    if (len <= 0 || send(fd, bytes, (size_t)len, 0) != len)
        die("cannot send");
}

/* 0: none within the time. */
static size_t await_datagram(int fd, uint8_t *bytes, int most_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    if (poll(&wait, 1, most_ms) != 1)
        return 0;
    ssize_t len = recv(fd, bytes, DATAGRAM, 0);

    if (len < 0)
        die("cannot receive");
    return (size_t)len;
}

/*
 * A port that another handshake had before may still get what the endpoint repeats for that one:
 * only a HelloVerifyRequest (record type 22, message type 3; RFC 6347 4.2.1) answers a first
 * ClientHello.
 */
static size_t await_hello_verify(int fd, uint8_t *bytes)
{
    size_t len;

    do {
        len = await_datagram(fd, bytes, ANSWER_MS);
    } while (len > 13 && (bytes[0] != 22 || bytes[13] != 3));
    return len;
}

static void keep_open(int fd)
{
    static int open_fds[OPEN_MAX_COUNT];
    static size_t count;
    int *slot = &open_fds[count++ % OPEN_MAX_COUNT];

    if (count > OPEN_MAX_COUNT)
        close(*slot);
    *slot = fd;
}

/* The socket stays open; the client's state is not needed any more. False: it was not let in. */
static bool stall(SSL_CTX *context, const struct addr *to)
{
    int fd = socket(to->sa.sa_family, SOCK_DGRAM, 0);
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    uint8_t bytes[DATAGRAM];

    if (fd < 0 || ssl == NULL || in == NULL || out == NULL || connect(fd, &to->sa, to->len) != 0)
        die("cannot connect");
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_mtu(ssl, DATAGRAM);
    step(ssl, out, fd); /* ClientHello */
    size_t len = await_hello_verify(fd, bytes);

    if (len == 0)
        die("the endpoint does not answer");
    BIO_write(in, bytes, (int)len);              /* HelloVerifyRequest */
    step(ssl, out, fd);                          /* ClientHello with the cookie */
    len = await_datagram(fd, bytes, REFUSED_MS); /* ServerHello: never answered */
    SSL_free(ssl);
    keep_open(fd);
    return len > 0;
}

int main(int argc, char **argv)
{
    struct addr to;

    if (argc != 3 || !addr_parse(str_from(argv[1]), 5684, &to))
        die("usage: stalled ADDR:PORT COUNT");
    SSL_CTX *context = SSL_CTX_new(DTLS_client_method());

    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    int answered = 0;

    for (int left = atoi(argv[2]); left > 0; left--)
        answered += stall(context, &to);
    SSL_CTX_free(context);
    printf("stalled %d\n", answered);
    fflush(stdout);
    return getchar() == EOF ? 0 : 1;
}
