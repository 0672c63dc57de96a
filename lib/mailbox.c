#include "lib/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

void mailbox_init(struct mailbox *box)
{
    atomic_init(&box->newest, NULL);
    box->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert(box->wake_fd >= 0);
}

void mailbox_fini(struct mailbox *box)
{
    assert(atomic_load(&box->newest) == NULL);
    (void)close(box->wake_fd);
    box->wake_fd = -1;
}

void mailbox_post(struct mailbox *box, struct mail *mail)
{
    struct mail *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);

    do {
        mail->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&box->newest, &newest, mail,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if (newest == NULL) {
        uint64_t one = 1;
        ssize_t ignored = write(box->wake_fd, &one, sizeof one);

        UNUSED(ignored); /* a full counter is already readable */
    }
}

struct mail *mailbox_take(struct mailbox *box)
{
    uint64_t count;
    ssize_t ignored = read(box->wake_fd, &count, sizeof count);
    struct mail *newest = atomic_exchange_explicit(&box->newest, NULL, memory_order_acq_rel);
    struct mail *oldest = NULL;

    UNUSED(ignored);
    while (newest != NULL) {
        struct mail *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}
