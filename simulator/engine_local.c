#include "simulator/engine_local.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between two processes of the same program: a header, then its bytes. */
enum kind { HERE, DATA, RESULT, STOP };

struct header {
    uint32_t kind;
    uint32_t len;
};

struct peer {
    int fd;    /* -1: it is gone */
    pid_t pid; /* 0: it is the first process */
};

struct local {
    struct engine engine;
    bool stopped;
    size_t count; /* of peers: the others, or of the others the first */
    struct peer peer[ENGINE_LOCAL_MAX];
};

/* --- messages */

static bool send_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool receive_all(int fd, void *bytes, size_t len)
{
    char *at = bytes;

    while (len > 0) {
        ssize_t got = recv(fd, at, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static bool tell(const struct peer *p, enum kind kind, struct str bytes)
{
    struct header h = {kind, (uint32_t)bytes.len};

    return bytes.len <= UINT32_MAX && send_all(p->fd, &h, sizeof h) &&
           send_all(p->fd, bytes.ptr, bytes.len);
}

/* The length of the next message of that kind, whose bytes are still to be received; a STOP on the
 * way is noted. */
static bool hear(struct local *l, const struct peer *p, enum kind kind, size_t *len)
{
    struct header h;

    do {
        if (!receive_all(p->fd, &h, sizeof h))
            return false;
        l->stopped |= h.kind == STOP;
    } while (h.kind == STOP && kind != STOP);
    *len = h.len;
    return h.kind == (uint32_t)kind;
}

/* --- the functions */

static bool barrier(struct engine *e)
{
    struct local *l = (struct local *)e;
    bool first = e->rank == 0, ok = true;
    size_t len;

    for (size_t i = 0; i < l->count && ok && !first; i++)
        ok = tell(&l->peer[i], HERE, (struct str){"", 0});
    for (size_t i = 0; i < l->count && ok; i++)
        ok = hear(l, &l->peer[i], HERE, &len) && len == 0;
    for (size_t i = 0; i < l->count && ok && first; i++)
        ok = tell(&l->peer[i], HERE, (struct str){"", 0});
    return ok;
}

static bool broadcast(struct engine *e, void *data, size_t len)
{
    struct local *l = (struct local *)e;
    size_t got = len;
    bool ok = true;

    if (e->rank != 0)
        return hear(l, &l->peer[0], DATA, &got) && got == len &&
               receive_all(l->peer[0].fd, data, len);
    for (size_t i = 0; i < l->count && ok; i++)
        ok = tell(&l->peer[i], DATA, (struct str){data, len});
    return ok;
}

static bool reduce(struct engine *e, struct str mine, void (*join)(void *arg, struct str other),
                   void *arg)
{
    struct local *l = (struct local *)e;
    bool ok = true;

    if (e->rank != 0)
        return tell(&l->peer[0], RESULT, mine);
    for (size_t i = 0; i < l->count && ok; i++) {
        char *bytes;
        size_t len;

        if (!hear(l, &l->peer[i], RESULT, &len))
            return false;
        bytes = xmalloc(len + 1);
        ok = receive_all(l->peer[i].fd, bytes, len);
        if (ok)
            join(arg, (struct str){bytes, len});
        free(bytes);
    }
    return ok;
}

static void stop(struct engine *e)
{
    struct local *l = (struct local *)e;

    if (e->rank != 0 || l->stopped)
        return;
    l->stopped = true;
    for (size_t i = 0; i < l->count; i++)
        (void)tell(&l->peer[i], STOP, (struct str){"", 0}); /* who is gone has stopped */
}

static bool is_stopped(struct engine *e)
{
    struct local *l = (struct local *)e;
    struct pollfd p = {.fd = l->count == 0 ? -1 : l->peer[0].fd, .events = POLLIN};
    size_t len;

    /* nothing else comes to the others while they run */
    if (e->rank != 0 && !l->stopped && poll(&p, 1, 0) > 0)
        l->stopped = !hear(l, &l->peer[0], STOP, &len) || l->stopped;
    return l->stopped;
}

static void free_local(struct engine *e)
{
    struct local *l = (struct local *)e;

    for (size_t i = 0; i < l->count; i++)
        (void)close(l->peer[i].fd);
    for (size_t i = 0; i < l->count; i++) {
        while (l->peer[i].pid > 0 && waitpid(l->peer[i].pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    free(l);
}

/* --- beginning */

/* In the new process: the others are not its own. */
static void become(struct local *l, int rank, int fd)
{
    for (size_t i = 0; i < l->count; i++)
        (void)close(l->peer[i].fd);
    l->engine.rank = rank;
    l->count = 1;
    l->peer[0] = (struct peer){fd, 0};
}

/* True in both processes. */
static bool add(struct local *l, int rank)
{
    int fds[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return false;
    pid = fork();
    if (pid == 0) {
        (void)close(fds[0]);
        become(l, rank, fds[1]);
        return true;
    }
    (void)close(fds[1]);
    if (pid < 0) {
        (void)close(fds[0]);
        return false;
    }
    l->peer[l->count++] = (struct peer){fds[0], pid};
    return true;
}

struct engine *engine_local_new(int size, char *why)
{
    static const struct engine_functions functions = {
        .barrier = barrier,
        .broadcast = broadcast,
        .reduce = reduce,
        .stop = stop,
        .is_stopped = is_stopped,
        .free = free_local,
    };
    struct local *l = xcalloc(1, sizeof *l);

    assert(size >= 1 && size <= ENGINE_LOCAL_MAX);
    l->engine = (struct engine){.functions = &functions, .rank = 0, .size = size};
    for (int rank = 1; rank < size && l->engine.rank == 0; rank++) {
        if (add(l, rank))
            continue;
        (void)snprintf(why, ENGINE_LOCAL_WHY_LEN, "process %d of %d: %s", rank + 1, size,
                       strerror(errno));
        free_local(&l->engine);
        return NULL;
    }
    return &l->engine;
}
