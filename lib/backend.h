/*
 * `--backend`: what a target needs beside itself, such as the services of Drogue Cloud around an
 * endpoint: a command that is started before the target and ended after it, or the URL of one that
 * runs already. Target files name it {backend_url}.
 */
#ifndef LIB_BACKEND_H
#define LIB_BACKEND_H

#include "lib/launch.h"
#include "lib/target.h"

struct backend {
    const char *command; /* NULL: there is nothing to start */
    char url[64];        /* of a command */
    char *log_file;
    const char *words[4];
    struct target target; /* as launch.h wants it: how to start it */
    struct target_places places;
    struct launch launch;
};

/* Sets backend_port and backend_url of places; what is no http:// or https:// URL is a command.
 * value is borrowed until backend_stop, and may be NULL. */
void backend_read(struct backend *b, const char *value, struct target_places *places);

/*
 * Starts the command by the shell, with the placeholders of a target file replaced, and waits until
 * its HTTP answers (any status will do). log_file takes what it prints. False: why
 * (LAUNCH_WHY_LEN).
 */
bool backend_start(struct backend *b, const struct target_places *places, const char *log_file,
                   char *why) MUST_CHECK;
/* Has it ended by itself? */
bool backend_has_ended(struct backend *b);
void backend_stop(struct backend *b);

#endif
