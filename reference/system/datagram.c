/*
 * datagram ADDR:PORT HEX...: sends each HEX as one datagram from one socket and prints the answer
 * to each as `ADDR:PORT HEX`. With a minus before it a datagram is sent and no answer awaited. The
 * socket is not connected, so that an answer from another address than the one asked is seen too.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/addr.h"

enum { MAX_DATAGRAM = 65507, ANSWER_MS = 10000 };

static void die(const char *what, const char *which)
{
    fprintf(stderr, "datagram: %s: %s\n", what, which);
    exit(1);
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = 0;
    unsigned byte;

    for (; hex[2 * len] != '\0'; len++) {
        if (len == MAX_DATAGRAM || sscanf(hex + 2 * len, "%2x", &byte) != 1 ||
            hex[2 * len + 1] == '\0')
            die("not hexadecimal", hex);
        out[len] = (uint8_t)byte;
    }
    return len;
}

static void print_answer(int fd, const char *asked)
{
    static uint8_t bytes[MAX_DATAGRAM];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct addr from = {.len = sizeof from.in6};
    char text[ADDR_TEXT_LEN];

    if (poll(&wait, 1, ANSWER_MS) != 1)
        die("no answer to", asked);
    ssize_t len = recvfrom(fd, bytes, sizeof bytes, 0, &from.sa, &from.len);

    if (len < 0)
        die("no answer", strerror(errno));
    printf("%s ", addr_format(&from, text));
    for (ssize_t i = 0; i < len; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static uint8_t bytes[MAX_DATAGRAM];
    struct addr to;

    if (argc < 2 || !addr_parse(str_from(argv[1]), 5683, &to))
        die("usage", "datagram ADDR:PORT [-]HEX...");
    int fd = socket(to.sa.sa_family, SOCK_DGRAM, 0);

    setlinebuf(stdout); /* what was answered is there even if we are ended */
    for (int i = 2; i < argc; i++) {
        const bool silent = argv[i][0] == '-';

        if (strcmp(argv[i], "+") != 0) {
            const size_t len = from_hex(argv[i] + silent, bytes);

            if (sendto(fd, bytes, len, 0, &to.sa, to.len) != (ssize_t)len)
                die("cannot send", strerror(errno));
        }
        if (!silent)
            print_answer(fd, argv[i]);
    }
    return 0;
}
