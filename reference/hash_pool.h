/*
 * Threads that compute slow password hashes (bcrypt 60 to 240 ms), bounded: a full queue is
 * refused.
 *
 * A job is one password against one hash or more (a device may have several credentials), tried in
 * turn until one matches. It comes back to its owner's mailbox in any case, also when the pool
 * ends before its turn.
 */
#ifndef REFERENCE_HASH_POOL_H
#define REFERENCE_HASH_POOL_H

#include "lib/mailbox.h"

struct hash_pool;

enum hash_outcome { HASH_MATCHES, HASH_DIFFERS, HASH_CANCELLED };

/* The owner embeds it. */
struct hash_job {
    struct mail mail; /* comes back to `home` when done */
    struct mailbox *home;
    char *password; /* NUL-terminated, owned by the job; the pool cleanses and frees it */
    char **hashes;  /* crypt(3) strings; the array and the texts stay the owner's */
    size_t hash_count;
    enum hash_outcome outcome;
    size_t computed;       /* hashes that it took */
    struct hash_job *next; /* the pool's */
};

/* threads >= 1; queue: jobs waiting at most. Pair: hash_pool_free. */
struct hash_pool *hash_pool_new(int threads, size_t queue);
/* Waits for the hash that each thread is at; the rest comes back as cancelled. */
void hash_pool_free(struct hash_pool **p);

/* Takes job when true; false when the queue is full or the pool ends. Any thread. */
bool hash_pool_submit(struct hash_pool *p, struct hash_job *job) MUST_CHECK;

/* Cleanses and frees the password: for a job that was not taken. */
void hash_job_forget(struct hash_job *job);

/* Cancels all jobs of home and waits until the last of them is in the mailbox. */
void hash_pool_withdraw(struct hash_pool *p, struct mailbox *home);

#endif
