/*
 * One HTTP request and its answer, as libmicrohttpd's callbacks bring them.
 */
#ifndef REFERENCE_API_EXCHANGE_H
#define REFERENCE_API_EXCHANGE_H

#include <stdatomic.h>

#include <microhttpd.h>

#include "lib/base.h"
#include "reference/api_context.h"
#include "reference/api_secret.h"
#include "reference/api_watch.h"

/* A connection's socket context. */
struct api_connection {
    struct api_watched *watched;
    bool surplus; /* one too many: it gets health or 503 */
};

/* What all exchanges of one server share: the callbacks' closure. */
struct api_exchange_setup {
    struct api_secret *secret; /* NULL where no token is needed */
    size_t max_body;           /* bytes; more is 413 */
    const struct api_context *context;
    struct api_watch *watch;
    _Atomic size_t active;
};

/* MHD_OPTION_URI_LOG_CALLBACK: the target as it was sent, before the library decodes it. */
void *api_exchange_begin(void *cls, const char *target, struct MHD_Connection *connection);
/* MHD_AccessHandlerCallback: once for the fields, for each piece of the body, once at the end. */
enum MHD_Result api_exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_len, void **exchange);
/* MHD_RequestCompletedCallback */
void api_exchange_end(void *cls, struct MHD_Connection *connection, void **exchange,
                      enum MHD_RequestTerminationCode code);

#endif
