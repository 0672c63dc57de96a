#include "reference/probe.h"

#include <poll.h>
#include <unistd.h>

#include "lib/clock.h"

enum { REPEAT_MS = 200, ANSWER_LEN = 512 };

/* An empty CON; the answer has the same message ID (RFC 7252 4.3: a RST; a mutant knows better). */
static const uint8_t ping[] = {0x40, 0x00, 0x5e, 0xa7};

/*
 * A ClientHello without cookie (RFC 6347 4.2.1); the answer is a HelloVerifyRequest: a handshake
 * record (22) whose message has type 3. It costs the server no state.
 */
static const uint8_t client_hello[] = {
    0x16, 0xfe, 0xff, 0,    0,   0,   0,   0,   0,   0,   0,   0,   54, /* record: DTLS 1.0, epoch
                                                                           0, sequence 0, length */
    0x01, 0,    0,    42,   0,   0,   0,   0,   0,   0,   0,   42,      /* handshake: ClientHello,
                                                                           length, one fragment */
    0xfe, 0xfd,                                                         /* DTLS 1.2 */
    's',  'e',  'a',  't',  'r', 'i', 'a', 'l', '-', 'p', 'r', 'o', 'b', 'e',
    0,    0, /* random */
    0,    0,    0,    0,    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    0,    0,                /* random, second half */
    0,    0,                /* no session, no cookie */
    0,    2,    0xc0, 0xa8, /* TLS_PSK_WITH_AES_128_CCM_8 */
    1,    0,                /* no compression */
};

static bool is_pong(const uint8_t *bytes, size_t len)
{
    return len >= sizeof ping && memcmp(bytes + 2, ping + 2, 2) == 0;
}

static bool is_hello_verify(const uint8_t *bytes, size_t len)
{
    return len > 13 && bytes[0] == 22 && bytes[13] == 3;
}

/* Where a probe reaches this listener. */
static struct addr reachable(const struct addr *listener)
{
    struct addr to = *listener;

    if (to.sa.sa_family == AF_INET && to.in.sin_addr.s_addr == htonl(INADDR_ANY))
        to.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (to.sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&to.in6.sin6_addr))
        to.in6.sin6_addr = in6addr_loopback;
    return to;
}

struct question {
    const uint8_t *bytes;
    size_t len;
    bool (*is_answer)(const uint8_t *bytes, size_t len);
};

static bool ask_once(int fd, const struct question *q, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    uint8_t answer[ANSWER_LEN];

    if (send(fd, q->bytes, q->len, 0) != (ssize_t)q->len || poll(&wait, 1, timeout_ms) != 1)
        return false;
    ssize_t got = recv(fd, answer, sizeof answer, MSG_DONTWAIT);

    return got > 0 && q->is_answer(answer, (size_t)got);
}

static bool ask(const struct addr *listener, const struct question *q, int64_t until_us)
{
    struct addr to = reachable(listener);
    int fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool answered = false;

    if (fd >= 0 && connect(fd, &to.sa, to.len) == 0) {
        do {
            answered = ask_once(fd, q, REPEAT_MS);
        } while (!answered && clock_mono_us() < until_us);
    }
    if (fd >= 0)
        (void)close(fd);
    return answered;
}

bool probe_coap(const struct addr *listener, int64_t until_us)
{
    struct question q = {ping, sizeof ping, is_pong};

    return ask(listener, &q, until_us);
}

bool probe_coaps(const struct addr *listener, int64_t until_us)
{
    struct question q = {client_hello, sizeof client_hello, is_hello_verify};

    return ask(listener, &q, until_us);
}
