/*
 * flood ADDR:PORT HEX: a device that sends the request HEX again and again, as fast as it can and
 * whatever is answered, until SIGTERM. Each has a message ID of its own, each 60 000 a
 * port of their own. `NNNNNNNN` in the request becomes the Base64 form of six digits that count.
 * Prints `flooding` when the first answer is in, and at the end how many were sent, and how many
 * answers were 2.xx, 4.xx and 5.xx. Answers that nobody could read in time are lost.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/base64.h"
#include "lib/buf.h"

enum { MAX_LEN = 2048, A_PORT = 60000, A_BURST = 64, LAST_MS = 500 };

struct flood {
    struct addr to;
    int fd;
    uint8_t request[MAX_LEN];
    size_t len;
    uint8_t *number; /* NULL: none */
    unsigned long sent;
    unsigned long answers[8]; /* by class */
};

static void die(const char *what)
{
    fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void open_port(struct flood *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = socket(f->to.sa.sa_family, SOCK_DGRAM, 0);
    if (f->fd < 0 || connect(f->fd, &f->to.sa, f->to.len) != 0)
        die("cannot connect");
}

static void read_answers(struct flood *f)
{
    uint8_t answer[MAX_LEN];
    ssize_t len;

    while ((len = recv(f->fd, answer, sizeof answer, MSG_DONTWAIT)) >= 0) {
        unsigned class = len < 4 ? 0 : answer[1] >> 5;

        if (class >= 2 && f->answers[2] + f->answers[4] + f->answers[5] == 0) {
            puts("flooding");
            fflush(stdout);
        }
        f->answers[class]++;
    }
}

static void send_one(struct flood *f)
{
    if (f->sent % A_PORT == 0)
        open_port(f);
    f->request[2] = (uint8_t)(f->sent % A_PORT >> 8);
    f->request[3] = (uint8_t)(f->sent % A_PORT);
    if (f->number != NULL) {
        char digits[16], text[16];
        struct buf out = buf_over(text, sizeof text);

        snprintf(digits, sizeof digits, "%06lu", f->sent % 1000000);
        base64_encode(&out, digits, 6);
        memcpy(f->number, text, 8);
    }
    if (send(f->fd, f->request, f->len, 0) < 0 && errno != ECONNREFUSED)
        die("cannot send");
    f->sent++;
}

static volatile sig_atomic_t is_over;

static void end(int number)
{
    UNUSED(number);
    is_over = 1;
}

int main(int argc, char **argv)
{
    struct flood f = {.fd = -1};
    unsigned byte;

    if (argc != 3 || !addr_parse(str_from(argv[1]), 5683, &f.to))
        die("usage: flood ADDR:PORT HEX");
    while (f.len < MAX_LEN && sscanf(argv[2] + 2 * f.len, "%2x", &byte) == 1)
        f.request[f.len++] = (uint8_t)byte;
    f.number = memmem(f.request, f.len, "NNNNNNNN", 8);
    (void)signal(SIGTERM, end);
    while (!is_over) {
        for (int i = 0; i < A_BURST; i++)
            send_one(&f);
        read_answers(&f);
    }
    struct pollfd wait = {.fd = f.fd, .events = POLLIN};

    while (poll(&wait, 1, LAST_MS) == 1)
        read_answers(&f);
    printf("%lu %lu %lu %lu\n", f.sent, f.answers[2], f.answers[4], f.answers[5]);
    return 0;
}
