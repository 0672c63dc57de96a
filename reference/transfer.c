#include "reference/transfer.h"

#include <stdlib.h>

#include "lib/entropy.h"
#include "lib/siphash.h"
#include "reference/mutant.h"

/* One body; in a hash chain, and in a list from the longest untouched to the last touched. */
struct transfer {
    struct transfer_key key;
    struct transfer *chain;
    struct transfer *older;
    struct transfer *newer;
    int64_t expires_us;
    char *bytes; /* a download's label, then the body */
    size_t label_len;
    size_t len;
    size_t cap;
    uint8_t etag[8];
};

struct transfer_store {
    struct transfer_options options;
    struct transfer **heads;
    size_t mask;
    struct transfer *oldest;
    struct transfer *newest;
    size_t count;
    size_t bytes; /* sum of cap */
    uint8_t secret[2][SIPHASH_KEY_LEN];
};

enum { FIRST_CAP = 4096 };

struct transfer_store *transfer_store_new(const struct transfer_options *options)
{
    struct transfer_store *s = xcalloc(1, sizeof *s);
    size_t heads = 64;

    while (heads < options->max_count)
        heads *= 2;
    s->options = *options;
    s->heads = xcalloc(heads, sizeof(struct transfer *));
    s->mask = heads - 1;
    entropy_fill(s->secret, sizeof s->secret);
    return s;
}

struct transfer_key transfer_key(const struct transfer_store *s, struct str parts)
{
    return (struct transfer_key){
        {siphash(s->secret[0], parts.ptr, parts.len), siphash(s->secret[1], parts.ptr, parts.len)}
    };
}

/* --- the list of ages and the chains
 * -------------------------------------------------------------- */

static void age_unlink(struct transfer_store *s, struct transfer *t)
{
    *(t->older == NULL ? &s->oldest : &t->older->newer) = t->newer;
    *(t->newer == NULL ? &s->newest : &t->newer->older) = t->older;
}

static void age_append(struct transfer_store *s, struct transfer *t)
{
    t->older = s->newest;
    t->newer = NULL;
    *(s->newest == NULL ? &s->oldest : &s->newest->newer) = t;
    s->newest = t;
}

static void touch(struct transfer_store *s, struct transfer *t, int64_t now_us)
{
    t->expires_us = now_us + s->options.lifetime_us;
    age_unlink(s, t);
    age_append(s, t);
}

static struct transfer **link_of(const struct transfer_store *s, const struct transfer_key *key)
{
    struct transfer **link = &s->heads[key->word[0] & s->mask];

    while (*link != NULL && memcmp(&(*link)->key, key, sizeof *key) != 0)
        link = &(*link)->chain;
    return link;
}

static void drop(struct transfer_store *s, struct transfer *t)
{
    *link_of(s, &t->key) = t->chain;
    age_unlink(s, t);
    s->count--;
    s->bytes -= t->cap;
    free(t->bytes);
    free(t);
}

static void drop_expired(struct transfer_store *s, int64_t now_us)
{
    while (s->oldest != NULL && s->oldest->expires_us <= now_us) {
        assert(s->oldest->older == NULL);
        drop(s, s->oldest);
    }
}

void transfer_store_free(struct transfer_store **s)
{
    if (*s == NULL)
        return;
    while ((*s)->oldest != NULL) {
        assert((*s)->oldest->older == NULL);
        drop(*s, (*s)->oldest);
    }
    free((*s)->heads);
    free(*s);
    *s = NULL;
}

static struct transfer *find(struct transfer_store *s, const struct transfer_key *key,
                             int64_t now_us)
{
    drop_expired(s, now_us);
    return *link_of(s, key);
}

void transfer_done(struct transfer_store *s, const struct transfer_key *key)
{
    struct transfer *t = *link_of(s, key);

    if (t != NULL)
        drop(s, t);
}

/* An empty transfer in place of an older one of the same key; NULL when there are too many. */
static struct transfer *start(struct transfer_store *s, const struct transfer_key *key,
                              int64_t now_us)
{
    drop_expired(s, now_us);
    transfer_done(s, key);
    if (s->count == s->options.max_count)
        return NULL; /* the cap refuses new ones (ROB-04) */
    struct transfer *t = xcalloc(1, sizeof *t);

    t->key = *key;
    t->expires_us = now_us + s->options.lifetime_us;
    *link_of(s, key) = t;
    age_append(s, t);
    s->count++;
    return t;
}

/* Room for len bytes in all, at least doubled. False when the store would hold too much. */
static bool reserve(struct transfer_store *s, struct transfer *t, size_t len)
{
    size_t cap = t->cap == 0 ? FIRST_CAP : t->cap;

    if (len <= t->cap)
        return true;
    while (cap < len)
        cap *= 2;
    if (cap - t->cap > s->options.max_bytes - s->bytes)
        return false;
    t->bytes = xrealloc(t->bytes, cap);
    s->bytes += cap - t->cap;
    t->cap = cap;
    return true;
}

static bool append(struct transfer_store *s, struct transfer *t, struct str bytes)
{
    if (!reserve(s, t, t->len + bytes.len))
        return false;
    if (bytes.len > 0)
        memcpy(t->bytes + t->len, bytes.ptr, bytes.len);
    t->len += bytes.len;
    return true;
}

/* --- uploads
 * ---------------------------------------------------------------------------------------- */

/* Whether the store already has exactly these bytes: the client repeats a block with a new message
 * ID. */
static bool has_block(const struct transfer *t, uint64_t offset, struct str payload)
{
    return offset + payload.len <= t->len &&
           (payload.len == 0 || memcmp(t->bytes + offset, payload.ptr, payload.len) == 0);
}

static enum transfer_err add_block(struct transfer_store *s, struct transfer *t,
                                   const struct upload_block *in)
{
    uint64_t offset = block_offset(&in->block);

    if (offset + in->payload.len > s->options.max_body_bytes ||
        in->size1 > s->options.max_body_bytes)
        return TRANSFER_TOO_LARGE;
    if (in->block.more ? in->payload.len != block_size(&in->block)
                       : in->payload.len > block_size(&in->block))
        return TRANSFER_BAD_BLOCK;
    if (offset < t->len && in->block.more)
        return has_block(t, offset, in->payload) ? TRANSFER_CONTINUE : TRANSFER_INCOMPLETE;
    if (offset != t->len && !mutant_is(MUTANT_MISSING_BLOCK_ACCEPTED))
        return TRANSFER_INCOMPLETE;
    if (!append(s, t, in->payload))
        return TRANSFER_FULL;
    return in->block.more ? TRANSFER_CONTINUE : TRANSFER_COMPLETE;
}

enum transfer_err transfer_upload(struct transfer_store *s, const struct transfer_key *key,
                                  const struct upload_block *in, int64_t now_us, struct str *body)
{
    struct transfer *t = in->block.num == 0 ? start(s, key, now_us) : find(s, key, now_us);

    if (t == NULL)
        return in->block.num == 0 ? TRANSFER_FULL : TRANSFER_INCOMPLETE;
    enum transfer_err err = add_block(s, t, in);

    if (err == TRANSFER_CONTINUE)
        touch(s, t, now_us);
    else if (err == TRANSFER_COMPLETE)
        *body = (struct str){t->bytes, t->len};
    else
        drop(s, t);
    return err;
}

/* --- downloads
 * -------------------------------------------------------------------------------------- */

bool transfer_offer(struct transfer_store *s, const struct transfer_key *key,
                    const struct transfer_item *item, int64_t now_us)
{
    if (item->body.len > s->options.max_body_bytes)
        return false;
    struct transfer *t = start(s, key, now_us);

    if (t == NULL)
        return false;
    if (!append(s, t, item->label) || !append(s, t, item->body)) {
        drop(s, t);
        return false;
    }
    uint64_t etag = siphash(s->secret[0], t->bytes, t->len);

    t->label_len = item->label.len;
    memcpy(t->etag, &etag, sizeof t->etag);
    return true;
}

bool transfer_fetch(struct transfer_store *s, const struct transfer_key *key, struct block *want,
                    int64_t now_us, struct transfer_item *out)
{
    struct transfer *t = find(s, key, now_us);
    uint64_t offset = block_offset(want);

    if (t == NULL || offset >= t->len - t->label_len)
        return false;
    size_t left = t->len - t->label_len - (size_t)offset;

    want->more = left > block_size(want);
    if (want->num == 0 && mutant_is(MUTANT_BLOCK2_WITHOUT_MORE)) {
        want->more = false;
        left = block_size(want);
    }
    out->label = (struct str){t->bytes, t->label_len};
    out->etag = (struct str){(const char *)t->etag, sizeof t->etag};
    out->body =
        (struct str){t->bytes + t->label_len + offset, want->more ? block_size(want) : left};
    touch(s, t, now_us);
    return true;
}
