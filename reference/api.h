/*
 * The HTTP side: registry and command API in the form of Drogue Cloud's, metrics and health.
 *
 *   GET POST            /api/registry/v1alpha1/apps                        list, create
 *   GET PUT DELETE      /api/registry/v1alpha1/apps/{app}
 *   GET POST            /api/registry/v1alpha1/apps/{app}/devices          list, create
 *   GET PUT DELETE      /api/registry/v1alpha1/apps/{app}/devices/{device}
 *   POST                /api/command/v1alpha1/apps/{app}/devices/{device}?command=NAME
 *   POST                /api/v1/auth, /api/v1/keys, /api/v1/authorize_as   device authentication
 *   GET                 /metrics                                           Prometheus text
 *   GET                 /livez, /readyz                                    never need a token
 *
 * Lists take `?labels=SELECTOR&limit=N&offset=N`. Names in the path are percent-encoded. Refusals
 * are `{"error":"NotFound","message":"…"}`. HEAD answers wherever GET does. Who may call: see
 * api_security.h. Details of each API: api_registry.c, api_command.c,
 * api_authn.c, api_ops.c.
 */
#ifndef REFERENCE_API_H
#define REFERENCE_API_H

#include "lib/base.h"
#include "reference/api_token.h"
#include "reference/authn_service.h"
#include "reference/command.h"
#include "reference/config.h"
#include "reference/registry.h"

struct api;

/* What the API asks of the running endpoint; a test gives its own. Functions may be called from any
 * thread. */
struct api_backend {
    struct registry *registry; /* NULL: devices are known elsewhere, their names are not checked */
    struct command_bus *commands; /* NULL: serves no devices */
    struct authn_service *authn;  /* NULL: answers for nobody else */
    bool (*ready)(void *arg, int64_t timeout_us,
                  char *why); /* server_ready; why has SERVER_WHY_LEN bytes */
    void *arg;
};

enum { API_WHY_LEN = 512 };

/*
 * Listens on every address of config->http. An address that is not loopback needs the token file,
 * which is made (0600) when it does not exist. On failure NULL, and why (API_WHY_LEN bytes) says
 * what to do. Borrows what backend points to and the config's texts, until api_stop.
 */
struct api *api_start(const struct config *config, const struct api_backend *backend,
                      char *why) MUST_CHECK;
/*
 * Another token in two steps, so that a caller can prepare all it changes before it changes
 * anything. Where no address needs a token nothing is read and nothing changes. False: why
 * (API_WHY_LEN) says what is wrong. Any thread.
 */
struct api_secret_text {
    char text[API_TOKEN_CAP];
};
bool api_read_token(struct api *a, const char *file, struct api_secret_text *out,
                    char *why) MUST_CHECK;
void api_take_token(struct api *a, struct api_secret_text *token);

/* Lets requests in work finish for a moment, then closes everything. */
void api_stop(struct api **a);

/* The addresses as bound (a port 0 has become a real one), in the order of config->http. */
size_t api_addr_count(const struct api *a);
const struct addr *api_addr(const struct api *a, size_t i);

#endif
