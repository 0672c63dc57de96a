/*
 * UDP sockets in batches: recvmmsg and sendmmsg, the local address of each datagram, the kernel's
 * drop count.
 *
 * One struct udp_io a thread holds the buffers for all of its sockets. Errors of single datagrams
 * are not errors of the socket: what cannot be sent is lost, as UDP may lose anything.
 */
#ifndef LIB_UDP_H
#define LIB_UDP_H

#include "lib/addr.h"
#include "lib/udp_path.h"

enum { UDP_MAX_PAYLOAD = 65507, UDP_BATCH = 64, UDP_WHY_LEN = 256 };

/*
 * Opens a non-blocking bound socket with large kernel buffers; -1 and a text in why (UDP_WHY_LEN
 * bytes) on failure. share says which of several sockets on one address this is: only the first
 * finds out whether somebody else has it (measured: first bound without SO_REUSEPORT, then the flag
 * is set, the others bind with it).
 */
enum udp_share { UDP_FIRST, UDP_FURTHER };
int udp_open(const struct addr *bind_to, enum udp_share share, char *why);

struct udp_io;

/* Borrowed bytes of one datagram that came in by path. */
typedef void udp_receive_fn(void *arg, const struct udp_path *path, const uint8_t *bytes,
                            size_t len);

struct udp_io *udp_io_new(void);
void udp_io_free(struct udp_io **io);

/*
 * Reads one batch from fd, the owner's socket number `socket`. Returns how many datagrams came;
 * fewer than UDP_BATCH: the socket is empty.
 */
size_t udp_receive(struct udp_io *io, int fd, int socket, udp_receive_fn *receive, void *arg);
/* Datagrams that the kernel dropped on any of the sockets since the last call. */
uint64_t udp_take_dropped(struct udp_io *io);
/* Datagrams that the kernel did not take since the last call. */
uint64_t udp_take_refused(struct udp_io *io);

/* Queues one datagram (len <= UDP_MAX_PAYLOAD) for fd along path; sends when the queue is full. */
void udp_send(struct udp_io *io, int fd, const struct udp_path *path, const uint8_t *bytes,
              size_t len);
/* Sends what is queued. Returns how many datagrams left since the last call. */
size_t udp_flush(struct udp_io *io);

#endif
