/*
 * The target as a child of a tester: started from its target file's `start`, with ports and a
 * folder of its own, waited for until it answers, and ended. Its `helpers` likewise.
 */
#ifndef LIB_LAUNCH_H
#define LIB_LAUNCH_H

#include <sys/types.h>

#include "lib/base.h"
#include "lib/target.h"

enum { LAUNCH_WHY_LEN = 1024, LAUNCH_MAX_ARGS = 64 };

struct launch {
    const struct target *target;
    const struct target_places *places; /* events_url is set */
    const struct target_helper *helper; /* is meant, not the target itself; NULL: the target */
    const char *what;     /* names it in messages, as it is from no file; NULL: the field does */
    const char *program;  /* in place of exec[0]; NULL: as the file says */
    const char *mutant;   /* `--mutant NAME` is added; NULL: none */
    const char *log_file; /* takes stdout and stderr, appended */
    int64_t limit_us;     /* it must be ready within; 0: 30 s */
    pid_t pid;            /* 0: it does not run */
    int status;           /* as waitpid gives it, once it has ended */
    bool unusable;        /* launch_start: what the target file says cannot be run */
};

/* Lets execvp also look beside this program, and where the build puts the endpoint. */
void launch_extend_path(void);

/* Starts it and waits until it is ready. False: why (LAUNCH_WHY_LEN) says what happened; it does
 * not run then. */
bool launch_start(struct launch *l, char *why) MUST_CHECK;
/* Asks it to end (SIGTERM), and kills it when it does not within 10 s; whatever it has started in
 * its process group ends with it. */
void launch_stop(struct launch *l);
/* Has it ended by itself? Then it does not run any more. */
bool launch_has_ended(struct launch *l);

#endif
