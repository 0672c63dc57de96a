/*
 * Messages from any thread to one: a multi-producer, single-consumer queue without locks, and an
 * eventfd that wakes the consumer's loop.
 *
 * The queue is intrusive: a message embeds a struct mail. A message belongs to the queue from post
 * to take.
 */
#ifndef LIB_MAILBOX_H
#define LIB_MAILBOX_H

#include <stdatomic.h>

#include "lib/base.h"

struct mail {
    struct mail *next;
};

struct mailbox {
    _Atomic(struct mail *) newest;
    int wake_fd; /* eventfd, non-blocking: becomes readable after a post */
};

/* Opens the eventfd; aborts when descriptors are out. Pair: mailbox_fini, when it is empty and
 * every thread that has posted is joined: a producer may still be about to write to wake_fd when
 * its mail has already been taken. */
void mailbox_init(struct mailbox *box);
void mailbox_fini(struct mailbox *box);

/* Takes mail. Any thread. Wakes the consumer when the box was empty. */
void mailbox_post(struct mailbox *box, struct mail *mail);

/* Everything posted so far, oldest first, as a list linked by next; NULL when empty. The consumer
 * only. */
struct mail *mailbox_take(struct mailbox *box);

#endif
