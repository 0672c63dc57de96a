#include "conformance/script_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/evidence.h"
#include "lib/addr.h"
#include "lib/clock.h"

enum { DATAGRAM_MAX = 65536, RECEIVE_BUFFER = 4 << 20, QUEUE_MAX_BYTES = 64 << 20 };
enum { DRAIN_MAX = 256 }; /* datagrams at a time: a target may send faster than we take them */

struct arrival {
    struct arrival *next;
    int64_t at_us;
    struct addr from;
    size_t len;
    uint8_t bytes[];
};

struct script_wire {
    struct script_host *host;
    struct script_wire *next;
    int fd; /* -1: closed */
    struct addr target;
    struct addr local;
    struct arrival *first;
    struct arrival **last;
    size_t queued_bytes;
};

static const char meta[] = "seatrial.wire";

/* The address from which datagrams to target leave. */
static bool local_address(const struct addr *target, struct addr *out)
{
    int fd = socket(target->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, &target->sa, target->len) == 0;

    out->len = sizeof out->in6;
    ok = ok && getsockname(fd, &out->sa, &out->len) == 0;
    if (fd >= 0)
        (void)close(fd);
    if (out->sa.sa_family == AF_INET6)
        out->in6.sin6_port = 0;
    else
        out->in.sin_port = 0;
    return ok;
}

static int open_socket(struct script_wire *w)
{
    int fd = socket(w->target.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int room = RECEIVE_BUFFER;

    if (fd < 0 || !local_address(&w->target, &w->local) ||
        bind(fd, &w->local.sa, w->local.len) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    (void)getsockname(fd, &w->local.sa, &w->local.len);
    return fd;
}

static int wire_open(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    const char *address = luaL_checkstring(L, 1);
    struct script_wire *w = lua_newuserdatauv(L, sizeof *w, 0);

    *w = (struct script_wire){.host = h, .fd = -1};
    w->last = &w->first;
    luaL_setmetatable(L, meta);
    if (!addr_parse(str_from(address), 0, &w->target))
        return luaL_error(L, "%s is no address", address);
    w->fd = open_socket(w);
    if (w->fd < 0)
        return luaL_error(L, "no socket towards %s: %s", address, strerror(errno));
    w->next = h->wires;
    h->wires = w;
    return 1;
}

struct script_wire *script_wire_check(lua_State *L, int index)
{
    return luaL_checkudata(L, index, meta);
}

static void capture(struct script_wire *w, const struct addr *from, const struct addr *to,
                    struct str bytes, struct str comment)
{
    int64_t wall_us = clock_mono_us() + w->host->wall_offset_us;

    if (w->host->evidence != NULL)
        evidence_packet(w->host->evidence, wall_us, from, to, bytes, comment);
}

void script_wire_send(struct script_wire *w, struct str bytes)
{
    if (w->fd < 0)
        return;
    capture(w, &w->local, &w->target, bytes, str_from(w->host->comment));
    (void)sendto(w->fd, bytes.ptr, bytes.len, 0, &w->target.sa, w->target.len);
}

static int wire_send(lua_State *L)
{
    struct str bytes;

    bytes.ptr = luaL_checklstring(L, 2, &bytes.len);
    script_wire_send(script_wire_check(L, 1), bytes);
    return 0;
}

/* One datagram into the queue; false: none there. */
static bool take_one(struct script_wire *w)
{
    static uint8_t bytes[DATAGRAM_MAX];
    struct addr from = {.len = sizeof from.in6};
    ssize_t n = recvfrom(w->fd, bytes, sizeof bytes, 0, &from.sa, &from.len);

    if (n < 0)
        return errno == EINTR;
    if (w->queued_bytes + (size_t)n > QUEUE_MAX_BYTES)
        return true; /* the script does not read: lost */
    struct arrival *a = xmalloc(sizeof *a + (size_t)n);

    a->next = NULL;
    a->at_us = script_host_now_us(w->host);
    a->from = from;
    a->len = (size_t)n;
    memcpy(a->bytes, bytes, (size_t)n);
    *w->last = a;
    w->last = &a->next;
    w->queued_bytes += (size_t)n;
    capture(w, &from, &w->local, (struct str){(const char *)a->bytes, a->len}, STR(""));
    return true;
}

static void drain(struct script_wire *w)
{
    for (unsigned n = 0; n < DRAIN_MAX && w->fd >= 0 && take_one(w); n++) {
    }
}

static int wire_receive(lua_State *L)
{
    struct script_wire *w = script_wire_check(L, 1);
    char text[ADDR_TEXT_LEN];

    drain(w);
    if (w->first == NULL)
        return 0;
    struct arrival *a = w->first;

    lua_pushlstring(L, (const char *)a->bytes, a->len);
    lua_pushinteger(L, a->at_us);
    (void)lua_pushstring(L, addr_format(&a->from, text));
    lua_pushboolean(L, addr_equal(&a->from, &w->target));
    w->first = a->next;
    if (w->first == NULL)
        w->last = &w->first;
    w->queued_bytes -= a->len;
    free(a);
    return 4;
}

static void close_wire(struct script_wire *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = -1;
    while (w->first != NULL) {
        struct arrival *a = w->first;

        w->first = a->next;
        free(a);
    }
    w->last = &w->first;
    for (struct script_wire **at = &w->host->wires; *at != NULL; at = &(*at)->next) {
        if (*at == w) {
            *at = w->next;
            break;
        }
    }
}

static int wire_close(lua_State *L)
{
    close_wire(script_wire_check(L, 1));
    return 0;
}

size_t script_wire_fill(const struct script_host *h, struct pollfd *fds, size_t max)
{
    size_t n = 0;

    for (const struct script_wire *w = h->wires; w != NULL && n < max; w = w->next)
        fds[n++] = (struct pollfd){.fd = w->fd, .events = POLLIN};
    return n;
}

void script_wire_drain(struct script_host *h)
{
    for (struct script_wire *w = h->wires; w != NULL; w = w->next)
        drain(w);
}

void script_wire_close_all(struct script_host *h)
{
    while (h->wires != NULL)
        close_wire(h->wires);
}

void script_wire_add(lua_State *L, int host_index)
{
    static const luaL_Reg methods[] = {
        {"send",    wire_send   },
        {"receive", wire_receive},
        {"close",   wire_close  },
    };
    static const luaL_Reg functions[] = {
        {"open", wire_open},
    };

    if (luaL_newmetatable(L, meta) != 0) {
        lua_newtable(L);
        script_host_add(L, host_index, methods, COUNT(methods));
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, wire_close);
        lua_setfield(L, -2, "__gc");
    }
    lua_pop(L, 1);
    script_host_add(L, host_index, functions, COUNT(functions));
}
