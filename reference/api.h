/*
 * The HTTP side: registry and command API in the form of Drogue Cloud's, metrics and health.
 */
#ifndef REFERENCE_API_H
#define REFERENCE_API_H

#include "lib/base.h"
#include "reference/config.h"
#include "reference/registry.h"
#include "reference/server.h"

struct api;

/* What the API asks of the running endpoint; a test gives its own. Functions may be called from any
 * thread. */
struct api_backend {
    struct registry *registry;
    struct command_bus *commands;
    bool (*ready)(void *arg, int64_t timeout_us,
                  char *why); /* server_ready; why has SERVER_WHY_LEN bytes */
    void *arg;
};

enum { API_WHY_LEN = 256 };

/*
 * Listens on every address of config->http. An address that is not loopback needs the token file,
 * which is made (0600) when it does not exist. On failure NULL, and why says what to do. Borrows
 * backend's parts and config.
 */
struct api *api_start(const struct config *config, const struct api_backend *backend,
                      char *why) MUST_CHECK;
void api_stop(struct api **a);

#endif
