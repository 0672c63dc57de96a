/*
 * The listening TCP socket of one address that an option names.
 */
#ifndef LIB_LISTEN_H
#define LIB_LISTEN_H

#include "lib/addr.h"
#include "lib/base.h"

enum { LISTEN_WHY_LEN = 256 };

/* Who listens, for what is said when it cannot. */
struct listen_words {
    const char *what;   /* "HTTP API" */
    const char *option; /* "--http" */
};

/*
 * A listening socket at want, which is the caller's to close; *bound is the address it got (port 0
 * becomes a real one). -1: why (LISTEN_WHY_LEN) names the address and says what to do.
 */
int listen_open(const struct addr *want, const struct listen_words *words, struct addr *bound,
                char *why) MUST_CHECK;

#endif
