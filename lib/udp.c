#include "lib/udp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RECEIVE_LEN = 65536,             /* no datagram is cut */
    CONTROL_LEN = 128,               /* packet info and the drop counter */
    SEND_MEMORY = 256 * 1024,        /* bytes queued before they are sent */
    SOCKET_BUFFER = 4 * 1024 * 1024, /* asked for; the kernel cuts it to rmem_max */
};

struct udp_io {
    struct mmsghdr in[UDP_BATCH];
    struct iovec in_iov[UDP_BATCH];
    struct addr in_peer[UDP_BATCH];
    _Alignas(8) uint8_t in_control[UDP_BATCH][CONTROL_LEN];
    uint8_t *in_bytes;
    struct mmsghdr out[UDP_BATCH];
    struct iovec out_iov[UDP_BATCH];
    struct addr out_peer[UDP_BATCH];
    _Alignas(8) uint8_t out_control[UDP_BATCH][CONTROL_LEN];
    uint8_t *out_bytes;
    size_t out_count;
    size_t out_len;
    int out_fd;
    size_t sent;
    uint32_t *seen_drops; /* by socket */
    size_t socket_count;
    uint64_t dropped;
    uint64_t refused;
};

static bool set_flag(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static bool bind_socket(int fd, const struct addr *bind_to, enum udp_share share)
{
    bool v6 = bind_to->sa.sa_family == AF_INET6;
    bool any_v6 = v6 && IN6_IS_ADDR_UNSPECIFIED(&bind_to->in6.sin6_addr);

    (void)set_flag(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
    (void)set_flag(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
    (void)set_flag(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (v6 && (!set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, any_v6 ? 0 : 1) ||
               !set_flag(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)))
        return false;
    if (!v6 && !set_flag(fd, IPPROTO_IP, IP_PKTINFO, 1))
        return false;
    if (share == UDP_FURTHER && !set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1))
        return false;
    if (bind(fd, &bind_to->sa, bind_to->len) != 0)
        return false;
    return share == UDP_FURTHER || set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

int udp_open(const struct addr *bind_to, enum udp_share share, char *why)
{
    char text[ADDR_TEXT_LEN];
    int fd = socket(bind_to->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || !bind_socket(fd, bind_to, share)) {
        int error = errno;
        const char *hint = error == EADDRINUSE ? "; is another endpoint running?" : "";

        (void)snprintf(why, UDP_WHY_LEN, "cannot listen on udp %s: %s%s",
                       addr_format(bind_to, text), strerror(error), hint);
        if (fd >= 0)
            (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

struct udp_io *udp_io_new(void)
{
    struct udp_io *io = xcalloc(1, sizeof *io);

    io->in_bytes = xmalloc((size_t)UDP_BATCH * RECEIVE_LEN);
    io->out_bytes = xmalloc(SEND_MEMORY);
    for (size_t i = 0; i < UDP_BATCH; i++) {
        io->in_iov[i] = (struct iovec){io->in_bytes + i * RECEIVE_LEN, RECEIVE_LEN};
        io->in[i].msg_hdr.msg_iov = &io->in_iov[i];
        io->in[i].msg_hdr.msg_iovlen = 1;
        io->in[i].msg_hdr.msg_name = &io->in_peer[i].sa;
        io->in[i].msg_hdr.msg_control = io->in_control[i];
        io->out[i].msg_hdr.msg_iov = &io->out_iov[i];
        io->out[i].msg_hdr.msg_iovlen = 1;
    }
    return io;
}

void udp_io_free(struct udp_io **io)
{
    if (*io == NULL)
        return;
    (void)udp_flush(*io);
    free((*io)->seen_drops);
    free((*io)->in_bytes);
    free((*io)->out_bytes);
    free(*io);
    *io = NULL;
}

static void local_v4(const struct cmsghdr *c, struct addr *local)
{
    struct in_pktinfo info;

    memcpy(&info, CMSG_DATA(c), sizeof info);
    local->in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = info.ipi_addr};
    local->len = sizeof local->in;
}

static void local_v6(const struct cmsghdr *c, struct addr *local)
{
    struct in6_pktinfo info;

    memcpy(&info, CMSG_DATA(c), sizeof info);
    local->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
    local->len = sizeof local->in6;
}

/* The local address of a datagram, and what the kernel has dropped before it. */
static void read_control(struct udp_io *io, struct msghdr *m, int socket, struct addr *local)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
            local_v4(c, local);
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
            local_v6(c, local);
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t drops;

            memcpy(&drops, CMSG_DATA(c), sizeof drops);
            io->dropped += drops - io->seen_drops[socket];
            io->seen_drops[socket] = drops;
        }
    }
}

static void know_socket(struct udp_io *io, size_t socket)
{
    io->seen_drops = xrealloc(io->seen_drops, 2 * (socket + 1) * sizeof *io->seen_drops);
    while (io->socket_count < 2 * (socket + 1))
        io->seen_drops[io->socket_count++] = 0;
}

size_t udp_receive(struct udp_io *io, int fd, int socket, udp_receive_fn *receive, void *arg)
{
    assert(socket >= 0);
    if ((size_t)socket >= io->socket_count)
        know_socket(io, (size_t)socket);
    for (size_t i = 0; i < UDP_BATCH; i++) {
        io->in[i].msg_hdr.msg_namelen = sizeof io->in_peer[i].in6;
        io->in[i].msg_hdr.msg_controllen = CONTROL_LEN;
    }
    int got = recvmmsg(fd, io->in, UDP_BATCH, MSG_DONTWAIT, NULL);

    if (got <= 0)
        return 0; /* EAGAIN, or an ICMP error of some earlier datagram */
    for (int i = 0; i < got; i++) {
        struct udp_path path = {.peer = io->in_peer[i], .socket = socket};

        path.peer.len = io->in[i].msg_hdr.msg_namelen;
        read_control(io, &io->in[i].msg_hdr, socket, &path.local);
        receive(arg, &path, io->in_iov[i].iov_base, io->in[i].msg_len);
    }
    return (size_t)got;
}

uint64_t udp_take_dropped(struct udp_io *io)
{
    uint64_t dropped = io->dropped;

    io->dropped = 0;
    return dropped;
}

uint64_t udp_take_refused(struct udp_io *io)
{
    uint64_t refused = io->refused;

    io->refused = 0;
    return refused;
}

/* Sends the queue; a datagram that the kernel refuses is skipped. */
static void send_queue(struct udp_io *io)
{
    size_t done = 0;

    while (done < io->out_count) {
        int n =
            sendmmsg(io->out_fd, io->out + done, (unsigned)(io->out_count - done), MSG_DONTWAIT);

        if (n > 0) {
            done += (size_t)n;
            io->sent += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            done++;
            io->refused++;
        }
    }
    io->out_count = 0;
    io->out_len = 0;
}

/* The source address of an answer is the one that the request went to (RFC 7252 5.3.2). */
static size_t write_control(uint8_t *control, const struct addr *local)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)control;

    if (local->len == 0)
        return 0;
    memset(control, 0, CONTROL_LEN);
    if (local->sa.sa_family == AF_INET) {
        struct in_pktinfo info = {.ipi_spec_dst = local->in.sin_addr};

        *c = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO};
        memcpy(CMSG_DATA(c), &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    struct in6_pktinfo info = {.ipi6_addr = local->in6.sin6_addr};

    *c = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO};
    memcpy(CMSG_DATA(c), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
}

void udp_send(struct udp_io *io, int fd, const struct udp_path *path, const uint8_t *bytes,
              size_t len)
{
    assert(len <= UDP_MAX_PAYLOAD);
    if (io->out_count == UDP_BATCH || io->out_len + len > SEND_MEMORY ||
        (io->out_count > 0 && io->out_fd != fd))
        send_queue(io);
    size_t i = io->out_count++;

    io->out_fd = fd;
    memcpy(io->out_bytes + io->out_len, bytes, len);
    io->out_iov[i] = (struct iovec){io->out_bytes + io->out_len, len};
    io->out_len += len;
    io->out_peer[i] = path->peer;
    io->out[i].msg_hdr.msg_name = &io->out_peer[i].sa;
    io->out[i].msg_hdr.msg_namelen = path->peer.len;
    io->out[i].msg_hdr.msg_control = io->out_control[i];
    io->out[i].msg_hdr.msg_controllen = write_control(io->out_control[i], &path->local);
    if (io->out[i].msg_hdr.msg_controllen == 0)
        io->out[i].msg_hdr.msg_control = NULL;
}

size_t udp_flush(struct udp_io *io)
{
    if (io->out_count > 0)
        send_queue(io);
    size_t sent = io->sent;

    io->sent = 0;
    return sent;
}
