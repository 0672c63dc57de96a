#include "reference/in_flight.h"

#include <stdlib.h>

void in_flight_fini(struct in_flight *f)
{
    free(f->ready);
    f->ready = NULL;
}

static struct in_flight_work **bucket_of(struct in_flight *f, struct verdict_key device)
{
    return &f->buckets[device.word[0] % IN_FLIGHT_BUCKETS];
}

static bool is_about(const struct in_flight_work *work, struct verdict_key device)
{
    return work->device.word[0] == device.word[0] && work->device.word[1] == device.word[1];
}

struct in_flight_work *in_flight_find(const struct in_flight *f, struct verdict_key device)
{
    struct in_flight_work *work = f->buckets[device.word[0] % IN_FLIGHT_BUCKETS];

    while (work != NULL && !is_about(work, device))
        work = work->next;
    return work;
}

bool in_flight_join(struct in_flight_work *work, uint64_t ticket)
{
    for (size_t i = 0; i < work->ticket_count; i++) {
        if (work->tickets[i] == ticket)
            return true;
    }
    if (work->ticket_count == IN_FLIGHT_MAX_TICKETS)
        return false;
    work->tickets[work->ticket_count++] = ticket;
    return true;
}

void in_flight_add(struct in_flight *f, struct in_flight_work *work, struct verdict_key device,
                   uint64_t ticket)
{
    struct in_flight_work **bucket = bucket_of(f, device);

    work->device = device;
    work->tickets[0] = ticket;
    work->ticket_count = 1;
    work->next = *bucket;
    *bucket = work;
}

static void add_ready(struct in_flight *f, uint64_t ticket)
{
    if (f->ready_first == f->ready_end)
        f->ready_first = f->ready_end = 0;
    if (f->ready_end == f->ready_cap) {
        f->ready_cap = f->ready_cap == 0 ? 64 : f->ready_cap * 2;
        f->ready = xrealloc(f->ready, f->ready_cap * sizeof *f->ready);
    }
    f->ready[f->ready_end++] = ticket;
}

void in_flight_done(struct in_flight *f, struct in_flight_work *work)
{
    struct in_flight_work **place = bucket_of(f, work->device);

    while (*place != work) {
        assert(*place != NULL);
        place = &(*place)->next;
    }
    *place = work->next;
    for (size_t i = 0; i < work->ticket_count; i++)
        add_ready(f, work->tickets[i]);
}

struct in_flight_work *in_flight_remove_any(struct in_flight *f)
{
    for (size_t i = 0; i < IN_FLIGHT_BUCKETS; i++) {
        struct in_flight_work *work = f->buckets[i];

        if (work != NULL) {
            f->buckets[i] = work->next;
            return work;
        }
    }
    return NULL;
}

size_t in_flight_take(struct in_flight *f, uint64_t *tickets, size_t max)
{
    size_t count = 0;

    while (count < max && f->ready_first < f->ready_end)
        tickets[count++] = f->ready[f->ready_first++];
    return count;
}
