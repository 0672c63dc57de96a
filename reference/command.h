/*
 * Commands on their way from the API to the workers: one immutable command posted to every worker's
 * mailbox.
 *
 * The API thread asks command_dispatch and gets the number of waits that took the command: when
 * every worker has answered, or after 100 ms with the answers that are in.
 */
#ifndef REFERENCE_COMMAND_H
#define REFERENCE_COMMAND_H

#include "lib/base.h"
#include "lib/mailbox.h"

struct command_bus;

/* Names are canonical, not aliases. Borrowed by command_dispatch; a delivery's own lives as long as
 * it. */
struct command {
    struct str application;
    struct str device;
    struct str name; /* option 4210, 1..255 bytes */
    struct str payload;
};

enum { COMMAND_ANSWER_US = 100 * 1000 };

/* One for the program; workers attach before it is used. Pair: command_bus_free. */
struct command_bus *command_bus_new(void);
void command_bus_free(struct command_bus **bus);

/*
 * Copies the command, posts it to all workers, blocks at most COMMAND_ANSWER_US. Any thread but a
 * worker. Returns how many waits took it so far; *complete is false when a worker had not answered
 * in time.
 */
size_t command_dispatch(struct command_bus *bus, const struct command *command, bool *complete);

/* --- the workers' side --------------------------------------------------------------------------
 */

/* A delivery in a worker's mailbox: CONTAINER_OF(mail, struct command_delivery, mail). */
struct command_delivery {
    struct mail mail;
    const struct command *command; /* shared by all deliveries, freed with the last */
    size_t taken;                  /* the worker's: waits that took it */
    size_t holders; /* the worker's: waits that hold it until their publish is confirmed */
};

void command_bus_attach(struct command_bus *bus, struct mailbox *mailbox);

/* The worker is done with the delivery, which is freed: delivery->taken waits took it. */
void command_delivery_done(struct command_delivery *delivery);

#endif
