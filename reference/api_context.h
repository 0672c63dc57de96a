/*
 * What the API's functions work on. Shared by all threads of the HTTP server.
 */
#ifndef REFERENCE_API_CONTEXT_H
#define REFERENCE_API_CONTEXT_H

#include "lib/base.h"
#include "reference/api.h"
#include "reference/api_ready.h"
#include "reference/metrics.h"

struct api_context {
    const struct api_backend *backend;
    struct api_ready *ready;
    struct metrics *metrics; /* one slot for all threads of the API: its counters are atomic */
};

#endif
