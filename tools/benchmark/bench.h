/*
 * What the measuring programs share: options, the addresses of many peers behind one socket, the
 * publish they send, and figures.
 *
 * A peer is an address of 127.0.0.0/8: the source of its datagrams is set by packet info, so that
 * one socket is as many peers as wanted. Everything here ends the program with a message when the
 * world is not as needed.
 */
#ifndef TOOLS_BENCHMARK_BENCH_H
#define TOOLS_BENCHMARK_BENCH_H

#include "lib/opt.h"
#include "lib/udp.h"

/* Reads the options into target; --help and mistakes end the program. `summary`: half a sentence.
 */
struct bench_program {
    const char *name;
    const char *summary;
    const struct opt *rows;
    size_t row_count;
};
void bench_options(const struct bench_program *program, void *target, int argc, char **argv);

/* A socket of this machine's loopback, on a port that is free, or on `port`. */
int bench_socket(uint16_t port);
/* Tells tools/bench, by `ready PORT` on stdout, that the socket is served. */
void bench_say_ready(int fd);

/* For a server: it ends by SIGTERM or when stdin does. Waits for datagrams; false: it is to end. */
void bench_catch_end(void);
bool bench_wait(int fd);

enum { BENCH_MAX_PEERS = 8 * 1024 * 1024 };

/* The way from peer number `peer` (below BENCH_MAX_PEERS) to the server, and back. */
struct udp_path bench_path(const struct addr *to, size_t peer);
size_t bench_peer_of(const struct udp_path *path);

enum { BENCH_PUBLISH_MAX = 512 };

/*
 * `POST /v1/bench` with a small JSON payload, a token of two bytes and option 4209. Type and
 * message ID of each datagram go into bytes 0, 2 and 3. query may be NULL.
 */
struct bench_publish {
    uint8_t bytes[BENCH_PUBLISH_MAX];
    size_t len;
};
void bench_publish_make(struct bench_publish *p, const char *credential, const char *query);
enum { BENCH_CON = 0x42, BENCH_NON = 0x52 };
static inline void bench_publish_number(struct bench_publish *p, uint8_t type, uint16_t mid)
{
    p->bytes[0] = type;
    p->bytes[2] = (uint8_t)(mid >> 8);
    p->bytes[3] = (uint8_t)mid;
}

/* Processor time of this process, user and system. */
double bench_cpu_s(void);
/* Sorts the values. part: 0.99 for the 99th percentile. 0 without values. */
double bench_percentile_ms(int64_t *values_us, size_t count, double part);

#endif
