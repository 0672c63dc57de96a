/*
 * Associations by path, in constant time however many there are. A path has at most one that is
 * established and one whose handshake goes on.
 */
#ifndef REFERENCE_DTLS_TABLE_H
#define REFERENCE_DTLS_TABLE_H

#include "lib/siphash.h"
#include "reference/dtls_session.h"

struct dtls_table {
    struct dtls_session **bucket;
    size_t mask;
    uint8_t key[SIPHASH_KEY_LEN]; /* secret: a peer chooses its port */
};

/* Room for about `expected` associations; more are slower, not refused. */
void dtls_table_init(struct dtls_table *t, size_t expected);
/* It must be empty. */
void dtls_table_fini(struct dtls_table *t);

struct dtls_pair {
    struct dtls_session *established; /* NULL when there is none */
    struct dtls_session *handshaking;
};

struct dtls_pair dtls_table_find(const struct dtls_table *t, const struct udp_path *path);

/* Borrows s until it is removed. */
void dtls_table_add(struct dtls_table *t, struct dtls_session *s);
void dtls_table_remove(struct dtls_table *t, struct dtls_session *s);

/* Any one; NULL when the table is empty. Walks on from *bucket, which starts at 0. */
struct dtls_session *dtls_table_any(const struct dtls_table *t, size_t *bucket);

#endif
