/*
 * `seatrial run` of this program as a child process: its command line, word by word, and its start.
 */
#ifndef CONFORMANCE_SUBRUN_H
#define CONFORMANCE_SUBRUN_H

#include <sys/types.h>

#include "conformance/options.h"
#include "lib/base.h"

struct subrun {
    char **words;
    size_t count;
    size_t cap;
};

/* With the scenarios, the endpoint's program and the seed that o names. */
void subrun_init(struct subrun *s, const struct options *o);
void subrun_fini(struct subrun *s);
void subrun_word(struct subrun *s, const char *word);
/* value NULL: the option is left out. */
void subrun_option(struct subrun *s, const char *name, const char *value);
/* The speed, where it is not 1. */
void subrun_speed(struct subrun *s, double speed);

/* What it prints goes to the file log. -1: it cannot be started. */
pid_t subrun_start(const struct subrun *s, const char *log);

#endif
