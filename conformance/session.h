/*
 * The target of a run with all that stands around it: its file, its ports and folder, the broker,
 * and the target itself where the suite starts it.
 */
#ifndef CONFORMANCE_SESSION_H
#define CONFORMANCE_SESSION_H

#include "conformance/broker.h"
#include "conformance/options.h"
#include "lib/target_site.h"

struct session {
    struct target target;
    struct target_site site;
    struct launch launch;
    struct broker *broker; /* NULL: not begun */
    char seed[24];
    char *log_file;
    char *strays_file;
    bool keep;
    bool unusable; /* session_open: what the target file says cannot be done */
};

enum { SESSION_WHY_LEN = 1024 };

/*
 * Reads the target that the options name: a name of SCENARIOS/targets, a path, or an address. No
 * network. False: why says all that is wrong; session_close is due in either case.
 */
bool session_read(struct session *s, const struct options *o, uint64_t seed, char *why) MUST_CHECK;

/* Starts the helpers, the broker, the backend that the options name, then the target where its file
 * says how. out_dir: absolute; takes the target's log and events of no case. False: why says; the
 * target cannot be reached, or, when unusable is set, its file is wrong. */
bool session_open(struct session *s, const struct options *o, const char *out_dir,
                  char *why) MUST_CHECK;

/* Is the target ours to start again? Then this does; false: it is not, or it did not come. */
bool session_restart(struct session *s) MUST_CHECK;

/* The same with SIGKILL, which gives it no time to save anything. False: why (SESSION_WHY_LEN). */
bool session_kill(struct session *s, char *why) MUST_CHECK;

/* Ends all of it; *summary says what the broker has seen. Once more does nothing. */
void session_close(struct session *s, struct broker_summary *summary);

#endif
