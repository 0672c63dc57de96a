/*
 * Where devices send from: an address of its own for each (one socket, packet info, no descriptor a
 * device), a number of sockets that they share, or one socket for all.
 *
 * `anyip:PREFIX` takes the addresses of a prefix that this machine answers for: on loopback any of
 * 127.0.0.0/8, elsewhere what `ip route add local PREFIX dev lo` has made its own. Each worker has
 * SOURCE_BINDINGS ports; a device that moves to another (NAT rebinding) goes on from another one.
 */
#ifndef SIMULATOR_SOURCE_H
#define SIMULATOR_SOURCE_H

#include "lib/addr.h"
#include "lib/udp_path.h"

enum source_kind { SOURCE_ANYIP, SOURCE_SOCKETS, SOURCE_GATEWAY };

enum {
    SOURCE_TEXT_LEN = 64,
    SOURCE_WHY_LEN = 256,
    SOURCE_BINDINGS = 4,
    SOURCE_SOCKETS_MAX = 60000
};

struct source {
    enum source_kind kind;
    struct addr first; /* anyip: address of device 0 */
    uint64_t room;     /* anyip: how many addresses there are */
    int64_t sockets;   /* of each worker */
    char text[SOURCE_TEXT_LEN];
};

/*
 * Reads `anyip:127.16.0.0/12`, `sockets:1000` or `gateway`; NULL: what suits the target. False: why
 * (SOURCE_WHY_LEN bytes) says what is wrong, and the command that helps where there is one.
 */
bool source_read(struct source *s, const char *text, const struct addr *target,
                 char *why) MUST_CHECK;
/* Has it room for `count` devices from number 0 on, in `workers` parts, with what this machine
 * allows? */
bool source_fits(const struct source *s, int64_t count, int64_t workers, char *why) MUST_CHECK;

/* Do several of `count` devices of a worker share one address and port? Then tokens tell them
 * apart, and they share its message IDs. */
static inline bool source_shares(const struct source *s, int64_t count)
{
    return s->kind != SOURCE_ANYIP && count > s->sockets;
}

/* Opens the sockets of one worker towards the target into fds (source_fd_count of them). */
size_t source_fd_count(const struct source *s);
bool source_open(const struct source *s, const struct addr *target, int *fds, char *why) MUST_CHECK;

/* The way of a device, number `local` of its worker, `device` of all; binding: how often it has
 * moved. */
void source_path(const struct source *s, uint32_t device, uint32_t local, uint8_t binding,
                 struct udp_path *path);
/* The device that a datagram came to, below UINT32_MAX; anyip only. */
uint32_t source_device(const struct source *s, const struct udp_path *path);

#endif
