/*
 * The listening TCP socket of one HTTP address.
 */
#ifndef REFERENCE_API_LISTEN_H
#define REFERENCE_API_LISTEN_H

#include "lib/addr.h"
#include "lib/base.h"

/*
 * A listening socket at want, which is the caller's to close; *bound is the address it got (port 0
 * becomes a real one). -1: why (why_cap bytes) names the address and says what to do.
 */
int api_listen(const struct addr *want, struct addr *bound, char *why, size_t why_cap) MUST_CHECK;

#endif
