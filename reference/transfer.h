/*
 * Bodies that travel in blocks, of one worker: uploads being put together (Block1), and downloads
 * that a device fetches block by block (Block2). RFC 7959 2.4, 2.5; no socket, no clock.
 *
 * A transfer is named by a key that the caller makes from the peer, the authenticated sender and
 * the request's options, so blocks of another peer, identity or request never join. Memory is
 * bounded by count and by bytes; a transfer that is not continued within its lifetime is dropped
 * when room is needed and never found again.
 */
#ifndef REFERENCE_TRANSFER_H
#define REFERENCE_TRANSFER_H

#include "lib/base.h"
#include "reference/block.h"

struct transfer_store;

/* 128 bits of a keyed hash. */
struct transfer_key {
    uint64_t word[2];
};

struct transfer_options {
    size_t max_count;      /* transfers at once */
    size_t max_body_bytes; /* of one */
    size_t max_bytes;      /* of all */
    int64_t lifetime_us;   /* after the last block */
};

enum transfer_err {
    TRANSFER_CONTINUE,   /* upload: the block is in, more are to come: 2.31 */
    TRANSFER_COMPLETE,   /* upload: *body is whole. download: *body is the block asked for */
    TRANSFER_INCOMPLETE, /* 4.08: a block before this one is missing (RFC 7959 2.9.2) */
    TRANSFER_TOO_LARGE,  /* 4.13 (RFC 7959 2.9.3) */
    TRANSFER_BAD_BLOCK,  /* 4.00: the payload does not fill its block (RFC 7959 2.3) */
    TRANSFER_FULL,       /* 5.03: no room for another transfer */
};

struct transfer_store *transfer_store_new(const struct transfer_options *options);
void transfer_store_free(struct transfer_store **s);

/* A key from parts that the caller writes into one buffer. */
struct transfer_key transfer_key(const struct transfer_store *s, struct str parts);

/*
 * One block of an upload. size1: what the client says the whole has, 0 when it does not say. Block
 * 0 starts anew. On TRANSFER_COMPLETE *body is the whole body, the store's until transfer_done;
 * every error but CONTINUE ends the upload.
 */
struct upload_block {
    struct block block;
    struct str payload;
    uint64_t size1;
};
enum transfer_err transfer_upload(struct transfer_store *s, const struct transfer_key *key,
                                  const struct upload_block *in, int64_t now_us,
                                  struct str *body) MUST_CHECK;

/* What a device fetches in blocks. Borrowed; from transfer_fetch it is the store's until the next
 * call. */
struct transfer_item {
    struct str label; /* goes with each block: the command's name, up to 255 bytes */
    struct str etag;  /* made by the store from label and body */
    struct str body;  /* transfer_offer: all; transfer_fetch: the block */
};

/* Keeps a copy of label and body for later blocks. False when there is no room, or it is beyond
 * max_body_bytes. */
bool transfer_offer(struct transfer_store *s, const struct transfer_key *key,
                    const struct transfer_item *item, int64_t now_us) MUST_CHECK;
/*
 * The block that `want` names of an offered body; want->more is set. False when no such body or
 * block is there. The body is forgotten with its lifetime, not with its last block, which may have
 * to be sent again.
 */
bool transfer_fetch(struct transfer_store *s, const struct transfer_key *key, struct block *want,
                    int64_t now_us, struct transfer_item *out) MUST_CHECK;

/* Ends the transfer, if there is one. */
void transfer_done(struct transfer_store *s, const struct transfer_key *key);

#endif
