#include "lib/target_probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/target_where.h"

enum { AGAIN_MS = 500 };

static const uint8_t ping[] = {0x40, 0x00, 0x5e, 0xa7};
/* not every endpoint answers pings */
static const uint8_t get[] = {0x40, 0x01, 0x5e, 0xa8};

static const uint8_t client_hello[] = {
    /* record: handshake, DTLS 1.0 as in every first flight, epoch 0, number 0, length */
    22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 110,
    /* ClientHello, length, message 0, the whole of it */
    1, 0, 0, 98, 0, 0, 0, 0, 0, 0, 0, 98,
    /* DTLS 1.2, random */
    0xfe, 0xfd, 's', 'e', 'a', 't', 'r', 'i', 'a', 'l', ' ', 'a', 's', 'k', 's', ' ', 'w', 'h', 'o',
    ' ', 'i', 's', ' ', 't', 'h', 'e', 'r', 'e', '.', '.', '.', '.', '.', '.',
    /* no session, no cookie */
    0, 0,
    /* suites: ECDHE-ECDSA and PSK with CCM-8, GCM and CBC; ECDHE-RSA; SCSV */
    0, 22, 0xc0, 0xae, 0xc0, 0xa8, 0xc0, 0x2b, 0x00, 0xa8, 0xc0, 0x23, 0x00, 0xae, 0xc0, 0x2f, 0xc0,
    0x30, 0xc0, 0x37, 0xc0, 0xac, 0x00, 0xff,
    /* no compression */
    1, 0,
    /* extensions: groups x25519 and P-256, points, signatures, extended master secret */
    0, 34, 0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 10, 0, 8, 4, 3, 5, 3, 4, 1,
    8, 4, 0, 23, 0, 0};

/* False: what was sent before has come back, as nothing listens there. */
static bool ask(int fd, bool dtls)
{
    if (dtls)
        return send(fd, client_hello, sizeof client_hello, MSG_NOSIGNAL) >= 0 ||
               errno != ECONNREFUSED;
    return (send(fd, ping, sizeof ping, MSG_NOSIGNAL) >= 0 || errno != ECONNREFUSED) &&
           (send(fd, get, sizeof get, MSG_NOSIGNAL) >= 0 || errno != ECONNREFUSED);
}

/* A record of DTLS begins with its type and 0xfe; a message of CoAP with version 1. */
static bool is_answer(const uint8_t *bytes, ssize_t len, bool dtls)
{
    enum { FIRST_TYPE = 20, LAST_TYPE = 26, COAP_HEADER = 4 };

    if (dtls)
        return len > 2 && bytes[0] >= FIRST_TYPE && bytes[0] <= LAST_TYPE && bytes[1] == 0xfe;
    return len >= COAP_HEADER && bytes[0] >> 6 == 1;
}

enum target_probe target_probe(const struct target_address *a, bool dtls, int64_t limit_us)
{
    int64_t end_us = clock_mono_us() + limit_us, now_us;
    int fd = socket(a->addr.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    enum target_probe found = TARGET_PROBE_SILENT;
    uint8_t bytes[2048];

    if (fd < 0 || connect(fd, &a->addr.sa, a->addr.len) != 0)
        end_us = 0;
    for (int64_t again_us = 0;
         found != TARGET_PROBE_ANSWERED && (now_us = clock_mono_us()) < end_us;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};

        if (now_us >= again_us) {
            if (!ask(fd, dtls))
                found = TARGET_PROBE_CLOSED; /* so far: it may be about to start */
            again_us = now_us + AGAIN_MS * US_PER_MS;
        }
        int64_t until_us = again_us < end_us ? again_us : end_us;

        if (poll(&wait, 1, (int)((until_us - now_us) / US_PER_MS) + 1) != 1)
            continue;
        ssize_t len = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (len >= 0)
            found = is_answer(bytes, len, dtls) ? TARGET_PROBE_ANSWERED : found;
        else if (errno == ECONNREFUSED)
            found = TARGET_PROBE_CLOSED;
    }
    if (fd >= 0)
        (void)close(fd);
    return found;
}

bool target_probe_one(const struct target *t, bool dtls, int64_t limit_us, char *why)
{
    const struct target_address *a = dtls ? &t->coaps : &t->coap;
    const char *field = dtls ? "coaps" : "coap";
    char where[TARGET_WHERE_LEN];

    if (a->host == NULL)
        return true;
    enum target_probe found = target_probe(a, dtls, limit_us);

    if (found == TARGET_PROBE_ANSWERED)
        return true;
    if (found == TARGET_PROBE_CLOSED)
        (void)snprintf(
            why, TARGET_WHY_LEN,
            "%s: nothing listens at %.200s port %u: is the endpoint running, is the port "
            "right?",
            target_where(t, field, where), a->host, a->port);
    else if (target_probe(a, !dtls, US_PER_S) == TARGET_PROBE_ANSWERED)
        (void)snprintf(why, TARGET_WHY_LEN, "%s: %.200s port %u speaks %s: it belongs to \"%s\"",
                       target_where(t, field, where), a->host, a->port,
                       dtls ? "plain CoAP, not DTLS" : "DTLS, not plain CoAP",
                       dtls ? "coap" : "coaps");
    else
        (void)snprintf(why, TARGET_WHY_LEN,
                       "%s: %.200s port %u does not answer %s: is the address right, does a "
                       "firewall stand between?",
                       target_where(t, field, where), a->host, a->port,
                       dtls ? "a DTLS ClientHello" : "a ping, nor a GET");
    return false;
}

bool target_probe_all(const struct target *t, int64_t limit_us, char *why)
{
    return target_probe_one(t, false, limit_us, why) && target_probe_one(t, true, limit_us, why);
}
