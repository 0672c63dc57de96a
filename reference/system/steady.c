/*
 * steady ADDR:PORT HEX WANTED COUNT: a device that sends the CON request HEX COUNT times, each with
 * a message ID of its own and after the answer to the one before, which must begin with WANTED
 * (hexadecimal; its message ID does not count). A request that is not answered is repeated as RFC
 * 7252 4.2 wants. Prints the longest and the middle time from request to answer, in ms.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/addr.h"
#include "lib/clock.h"

enum { MAX_LEN = 2048, MAX_COUNT = 10000, ACK_TIMEOUT_MS = 2000, MAX_RETRANSMIT = 4 };

static void die(const char *what, const char *which)
{
    fprintf(stderr, "steady: %s: %s\n", what, which);
    exit(1);
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = 0;
    unsigned byte;

    while (len < MAX_LEN && sscanf(hex + 2 * len, "%2x", &byte) == 1)
        out[len++] = (uint8_t)byte;
    return len;
}

/* The answer to the message ID; those to older copies are skipped. */
static size_t exchange(int fd, const uint8_t *request, size_t len, uint8_t *answer)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int timeout_ms = ACK_TIMEOUT_MS;

    for (int i = 0; i <= MAX_RETRANSMIT; i++, timeout_ms *= 2) {
        if (send(fd, request, len, 0) != (ssize_t)len)
            die("cannot send", strerror(errno));
        while (poll(&wait, 1, timeout_ms) == 1) {
            const ssize_t got = recv(fd, answer, MAX_LEN, 0);

            if (got >= 4 && memcmp(answer + 2, request + 2, 2) == 0)
                return (size_t)got;
        }
    }
    die("no answer to", "any copy");
    return 0;
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    static int64_t took_us[MAX_COUNT];
    uint8_t request[MAX_LEN], wanted[MAX_LEN], answer[MAX_LEN];
    struct addr to;

    if (argc != 5 || !addr_parse(str_from(argv[1]), 5683, &to))
        die("usage", "steady ADDR:PORT HEX WANTED COUNT");
    const size_t len = from_hex(argv[2], request);
    const size_t wanted_len = from_hex(argv[3], wanted);
    const size_t count = strtoul(argv[4], NULL, 10);
    const int fd = socket(to.sa.sa_family, SOCK_DGRAM, 0);

    if (count == 0 || count > MAX_COUNT || connect(fd, &to.sa, to.len) != 0)
        die("cannot use", argv[1]);
    for (size_t i = 0; i < count; i++) {
        request[2] = wanted[2] = (uint8_t)(i >> 8);
        request[3] = wanted[3] = (uint8_t)i;
        took_us[i] = clock_mono_us();
        const size_t got = exchange(fd, request, len, answer);

        took_us[i] = clock_mono_us() - took_us[i];
        if (got < wanted_len || memcmp(answer, wanted, wanted_len) != 0) {
            fprintf(stderr, "steady: answer %zu is %d.%02d\n", i, answer[1] >> 5, answer[1] & 31);
            return 1;
        }
    }
    qsort(took_us, count, sizeof took_us[0], by_value);
    printf("%lld %lld\n", (long long)(took_us[count - 1] / US_PER_MS),
           (long long)(took_us[count / 2] / US_PER_MS));
    return 0;
}
