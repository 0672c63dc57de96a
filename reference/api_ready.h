/*
 * The verdict of /readyz, asked for at most once a second, whoever asks and how often.
 */
#ifndef REFERENCE_API_READY_H
#define REFERENCE_API_READY_H

#include "lib/base.h"
#include "reference/api.h"
#include "reference/server.h" /* SERVER_WHY_LEN */

enum { API_READY_TIMEOUT_US = 2 * US_PER_S, API_READY_KEEP_US = 1 * US_PER_S };

struct api_ready;

/* Borrows backend. Pair: api_ready_free, when nobody asks any more. */
struct api_ready *api_ready_new(const struct api_backend *backend);
void api_ready_free(struct api_ready **ready);

/*
 * Any thread. Probes when the last verdict is older than API_READY_KEEP_US, else repeats it; while
 * one thread probes the others wait for its verdict. why has SERVER_WHY_LEN bytes; empty when
 * ready.
 */
bool api_ready_ask(struct api_ready *ready, int64_t now_us, char *why) MUST_CHECK;

#endif
