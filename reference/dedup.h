/*
 * Which messages were seen, and what was answered: duplicates of CON and NON by (peer, MID), RFC
 * 7252 4.5.
 *
 * A ring of 64-byte entries a worker, found by a keyed hash. When the ring or the memory for stored
 * answers is full the oldest entry goes before its time, which is counted. Answers that consist of
 * a code and a fixed text are rebuilt; only others (a delivered command, a rule's reason) are
 * stored. The memory is touched as it is used.
 */
#ifndef REFERENCE_DEDUP_H
#define REFERENCE_DEDUP_H

#include "lib/base.h"
#include "lib/udp_path.h"
#include "reference/metrics.h"

/* Who sent it: a DTLS session, or (session 0) the two ends of a datagram's path. */
struct dedup_key {
    uint8_t peer[16]; /* IPv6 or IPv4-mapped address; or the session's number */
    uint32_t local;   /* hash of the local address and socket */
    uint16_t port;
    uint16_t mid;
};

struct dedup_key dedup_key(const struct udp_path *path, uint64_t session_id, uint16_t mid);

/* What a copy of the message gets. */
enum dedup_state {
    DEDUP_WORKING,  /* no answer yet: entry->exchange is at work */
    DEDUP_ACKED,    /* an empty ACK went out: copies get empty ACKs (RFC 7252 5.2.2) */
    DEDUP_ANSWERED, /* piggy-backed: copies get entry's answer */
    DEDUP_SILENT,   /* NON, or rejected: copies are ignored */
};

#define DEDUP_NO_EXCHANGE UINT32_MAX

struct dedup_entry {
    struct dedup_key key;
    uint32_t next;      /* in the hash chain; index + 1, 0 ends it */
    uint32_t expiry_ms; /* since the table was made, modulo 2^32 */
    uint32_t exchange;  /* index of the exchange at work, or DEDUP_NO_EXCHANGE */
    uint8_t state;      /* enum dedup_state */
    uint8_t outcome;    /* the answer to rebuild: enum outcome */
    uint16_t stored_len;
    char *stored; /* options and payload of an answer that cannot be rebuilt; owned */
};

_Static_assert(sizeof(struct dedup_entry) <= 64, "the memory bound that --dedup-entries states");

struct dedup;

/* entries: power of two not needed. stored_bytes: bound for answers that are stored. Borrows
 * metrics. */
struct dedup *dedup_new(size_t entries, size_t stored_bytes, struct metrics *metrics,
                        int64_t now_us);
void dedup_free(struct dedup **d);

/* The live entry of this key, or NULL. The pointer is good until the next dedup_add. */
struct dedup_entry *dedup_find(struct dedup *d, const struct dedup_key *key, int64_t now_us);

/* A new entry, DEDUP_WORKING, that lives for lifetime_us (at most 24 days). May drop the oldest. */
struct dedup_entry *dedup_add(struct dedup *d, const struct dedup_key *key, int64_t lifetime_us,
                              int64_t now_us);

/* Copies bytes (len <= 65535) into entry. May drop the oldest entries, this one too when nothing
 * else helps. */
void dedup_store(struct dedup *d, struct dedup_entry *entry, struct str bytes);

#endif
