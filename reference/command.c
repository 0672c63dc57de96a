#include "reference/command.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "lib/clock.h"

enum { MAX_WORKERS = 64 };

struct command_bus {
    struct mailbox *workers[MAX_WORKERS];
    size_t count;
};

/* One command under way; freed by the last of its deliveries and its dispatcher. */
struct shipment {
    struct command command;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    size_t references; /* the dispatcher and every delivery that is not done */
    size_t taken;
    char bytes[]; /* what command's strings point to */
};

struct parcel {
    struct command_delivery delivery;
    struct shipment *shipment;
};

struct command_bus *command_bus_new(void)
{
    return xcalloc(1, sizeof(struct command_bus));
}

void command_bus_free(struct command_bus **bus)
{
    free(*bus);
    *bus = NULL;
}

void command_bus_attach(struct command_bus *bus, struct mailbox *mailbox)
{
    assert(bus->count < MAX_WORKERS);
    bus->workers[bus->count++] = mailbox;
}

static struct str pack(char **at, struct str s)
{
    char *to = *at;

    if (s.len > 0)
        memcpy(to, s.ptr, s.len);
    *at += s.len;
    return (struct str){to, s.len};
}

static struct shipment *shipment_new(const struct command *c, size_t deliveries)
{
    size_t len = c->application.len + c->device.len + c->name.len + c->payload.len;
    struct shipment *s = xcalloc(1, sizeof *s + len);
    char *at = s->bytes;
    pthread_condattr_t monotonic;

    s->command.application = pack(&at, c->application);
    s->command.device = pack(&at, c->device);
    s->command.name = pack(&at, c->name);
    s->command.payload = pack(&at, c->payload);
    s->references = deliveries + 1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->answered, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return s;
}

static void shipment_free(struct shipment *s)
{
    pthread_cond_destroy(&s->answered);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Waits until only the dispatcher is left, or the time is over. Frees s when nobody else has it. */
static size_t await_answers(struct shipment *s, bool *complete)
{
    int64_t until_us = clock_mono_us() + COMMAND_ANSWER_US;
    struct timespec until = {
        .tv_sec = until_us / US_PER_S,
        .tv_nsec = until_us % US_PER_S * 1000,
    };
    int timed_out = 0;

    pthread_mutex_lock(&s->lock);
    while (s->references > 1 && timed_out == 0)
        timed_out = pthread_cond_timedwait(&s->answered, &s->lock, &until);
    size_t taken = s->taken;

    s->references--;
    *complete = s->references == 0;
    pthread_mutex_unlock(&s->lock);
    if (*complete)
        shipment_free(s);
    return taken;
}

size_t command_dispatch(struct command_bus *bus, const struct command *command, bool *complete)
{
    struct shipment *s = shipment_new(command, bus->count);

    for (size_t i = 0; i < bus->count; i++) {
        struct parcel *p = xcalloc(1, sizeof *p);

        p->delivery.command = &s->command;
        p->shipment = s;
        mailbox_post(bus->workers[i], &p->delivery.mail);
    }
    return await_answers(s, complete);
}

void command_delivery_done(struct command_delivery *delivery)
{
    struct parcel *p = CONTAINER_OF(delivery, struct parcel, delivery);
    struct shipment *s = p->shipment;

    assert(delivery->holders == 0);
    pthread_mutex_lock(&s->lock);
    s->taken += delivery->taken;
    bool last = --s->references == 0;

    pthread_cond_signal(&s->answered);
    pthread_mutex_unlock(&s->lock);
    if (last)
        shipment_free(s);
    free(p);
}
