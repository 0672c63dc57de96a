#include "conformance/engine_testpeer.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/clock.h"

struct peer {
    peer_answer_fn *answer;
    int udp;
    int elsewhere;
    int broker[2];
    int stop[2];
    struct addr last;
    int received;
    char device[64];
    char application[64];
    pthread_t thread;
};

static int open_udp(void)
{
    struct addr a;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = addr_parse(STR("127.0.0.1:0"), 0, &a) && bind(fd, &a.sa, a.len) == 0;

    assert(ok);
    return fd;
}

static void take_text(const char *json, const char *name, char *out, size_t cap)
{
    char key[64];
    const char *at;
    size_t len = 0;

    (void)snprintf(key, sizeof key, "\"%s\":\"", name);
    at = strstr(json, key);
    if (at == NULL)
        return;
    at += strlen(key);
    while (at[len] != '"' && len + 1 < cap) {
        out[len] = at[len];
        len++;
    }
    out[len] = '\0';
}

/* Every request is granted. */
static void serve_broker(struct peer *p)
{
    static char json[1 << 20];
    ssize_t n = recv(p->broker[1], json, sizeof json - 1, 0);
    char reply[256];
    const char *id;

    if (n <= 0)
        return;
    json[n] = '\0';
    take_text(json, "application", p->application, sizeof p->application);
    take_text(json, "device", p->device, sizeof p->device);
    id = strstr(json, "\"id\":");
    assert(id != NULL);
    if (strstr(json, "refuse-me") != NULL)
        (void)snprintf(reply, sizeof reply,
                       "{\"id\":%lu,\"ok\":false,\"kind\":\"unavailable\",\"error\":\"no such\"}",
                       strtoul(id + 5, NULL, 10));
    else
        (void)snprintf(reply, sizeof reply, "{\"id\":%lu,\"ok\":true,\"status\":202}",
                       strtoul(id + 5, NULL, 10));
    (void)send(p->broker[1], reply, strlen(reply), 0);
}

static void *serve(void *arg)
{
    struct peer *p = arg;
    static uint8_t bytes[65536];

    for (;;) {
        struct pollfd fds[] = {
            {.fd = p->stop[0],   .events = POLLIN},
            {.fd = p->udp,       .events = POLLIN},
            {.fd = p->broker[1], .events = POLLIN},
        };

        (void)poll(fds, COUNT(fds), -1);
        if (fds[0].revents != 0)
            return NULL;
        if (fds[2].revents != 0)
            serve_broker(p);
        if (fds[1].revents == 0)
            continue;
        p->last.len = sizeof p->last.in6;
        ssize_t n = recvfrom(p->udp, bytes, sizeof bytes, 0, &p->last.sa, &p->last.len);

        p->received++;
        if (n >= 0)
            p->answer(p, bytes, (size_t)n);
    }
}

struct peer *peer_new(peer_answer_fn *answer)
{
    struct peer *p = xcalloc(1, sizeof *p);
    int size = 1 << 20;

    p->answer = answer;
    p->udp = open_udp();
    p->elsewhere = open_udp();
    bool ok = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->broker) == 0 &&
              pipe(p->stop) == 0 && pthread_create(&p->thread, NULL, serve, p) == 0;

    assert(ok);
    (void)setsockopt(p->broker[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return p;
}

void peer_free(struct peer **p)
{
    (void)!write((*p)->stop[1], "x", 1);
    (void)pthread_join((*p)->thread, NULL);
    (void)close((*p)->udp);
    (void)close((*p)->elsewhere);
    for (int i = 0; i < 2; i++) {
        (void)close((*p)->broker[i]);
        (void)close((*p)->stop[i]);
    }
    free(*p);
    *p = NULL;
}

uint16_t peer_port(const struct peer *p)
{
    struct addr a = {.len = sizeof a.in6};

    (void)getsockname(p->udp, &a.sa, &a.len);
    return addr_port(&a);
}

int peer_broker_fd(const struct peer *p)
{
    return p->broker[0];
}

int peer_received(const struct peer *p)
{
    return p->received;
}

void peer_send(struct peer *p, const void *bytes, size_t len)
{
    (void)sendto(p->udp, bytes, len, 0, &p->last.sa, p->last.len);
}

void peer_send_from_elsewhere(struct peer *p, const void *bytes, size_t len)
{
    (void)sendto(p->elsewhere, bytes, len, 0, &p->last.sa, p->last.len);
}

void peer_reply(struct peer *p, int first_byte, int code, const uint8_t *request,
                const char *after_token)
{
    uint8_t bytes[1200];
    size_t token_len = (size_t)(first_byte & 15);

    bytes[0] = (uint8_t)first_byte;
    bytes[1] = (uint8_t)code;
    memcpy(bytes + 2, request + 2, 2 + token_len);
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes, no text */
    memcpy(bytes + 4 + token_len, after_token, strlen(after_token));
    peer_send(p, bytes, 4 + token_len + strlen(after_token));
}

void peer_event(struct peer *p, const char *subject, const char *data)
{
    struct buf b = buf_growing();
    static int serial;

    buf_add_format(&b,
                   "{\"at_us\":%lld,\"event\":{\"mode\":\"structured\",\"attributes\":{\"subject\":"
                   "\"%s\",\"device\":\"%s\",\"application\":\"%s\",\"id\":\"%d\"},\"data\":"
                   "\"text\",\"faults\":[],\"data_base64\":\"",
                   (long long)clock_mono_us(), subject, p->device, p->application, serial++);
    base64_encode(&b, data, strlen(data));
    buf_add_str(&b, STR("\"}}"));
    (void)send(p->broker[1], b.ptr, b.len, 0);
    buf_fini(&b);
}

void peer_channel(const uint8_t *bytes, size_t len, char *out, size_t cap)
{
    size_t at = 4U + (bytes[0] & 15U) + 3; /* head, token, option 11 with "v1" */
    size_t n = at < len ? bytes[at] & 15U : 0;

    at++;
    if (n == 13 && at < len)
        n = 13U + bytes[at++];
    if (n >= cap || at + n > len)
        n = 0;
    memcpy(out, bytes + at, n);
    out[n] = '\0';
}
