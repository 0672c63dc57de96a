/*
 * What a kind of command source does: receive. Inside of reference/command_source.h, which is the
 * contract for others.
 */
#ifndef REFERENCE_COMMAND_FEED_H
#define REFERENCE_COMMAND_FEED_H

#include "reference/command_source.h"

struct command_intake;
/* Gives a received command on: checked, counted, dispatched. Borrows it. */
void command_intake_take(struct command_intake *intake, const struct command *command);

struct command_feed;

struct command_feed_functions {
    const char *name; /* for logs */
    bool (*check)(const struct command_source_options *options, char *why);
    struct command_feed *(*open)(const struct command_source_options *options,
                                 struct command_intake *intake, char *why);
    void (*free)(struct command_feed **f);
    /* The thread's: receives what is there; true while commands arrive. Nothing blocks but wait. */
    bool (*work)(struct command_feed *f);
    /* Until there is work, wake_fd is readable, or timeout_ms is over. */
    void (*wait)(struct command_feed *f, int wake_fd, int timeout_ms);
};

#endif
