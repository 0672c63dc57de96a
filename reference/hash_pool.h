/*
 * Threads that compute slow password hashes (bcrypt 60 to 240 ms), bounded: a full queue is
 * refused.
 */
#ifndef REFERENCE_HASH_POOL_H
#define REFERENCE_HASH_POOL_H

#include "lib/mailbox.h"
#include "reference/metrics.h"

struct hash_pool;

/* One password to verify. The job embeds it; secret and hash are copied into memory that is
 * cleansed. */
struct hash_job {
    struct mail mail; /* comes back to `home` when done */
    struct mailbox *home;
    char *password; /* NUL-terminated, owned by the job, cleansed by the pool */
    char *hash;     /* crypt(3) string, owned by the job */
    bool matches;   /* the verdict */
};

/* threads >= 1; queue: jobs waiting at most. Pair: hash_pool_free, which waits for the running job.
 */
struct hash_pool *hash_pool_new(int threads, size_t queue);
void hash_pool_free(struct hash_pool **p);

/* Takes job when true; false when the queue is full. Any thread. */
bool hash_pool_submit(struct hash_pool *p, struct hash_job *job) MUST_CHECK;

#endif
