/*
 * Decides who a request speaks for: the AUTH family of the profile, one decision for every
 * credential form.
 *
 * One struct auth a worker, no locks. A hashed password is verified by the hash pool: the first ask
 * returns AUTH_PENDING, and after the ticket has come back from auth_poll the same ask finds the
 * verdict remembered.
 */
#ifndef REFERENCE_AUTH_H
#define REFERENCE_AUTH_H

#include "lib/base.h"
#include "reference/hash_pool.h"
#include "reference/identity.h"
#include "reference/metrics.h"
#include "reference/registry.h"

struct auth;
struct authn_client;

enum auth_result {
    AUTH_GRANTED,
    AUTH_REFUSED,     /* 4.03 `Authentication failed`, whatever the reason (AUTH-16) */
    AUTH_PENDING,     /* a hash is being computed, or a service asked; ask again when the ticket
                         comes back */
    AUTH_OVERLOADED,  /* 5.03: a queue is full, or too many ask for this device at once */
    AUTH_UNAVAILABLE, /* 5.03: the service that knows does not answer */
};

/* What a request brings; strings are borrowed. A missing one is {NULL, 0} with its has_ flag false.
 */
struct auth_request {
    struct identity
        *session; /* of the DTLS session; NULL on plain CoAP. Its checked_generation is updated */
    struct str authorization; /* value of option 4209 */
    struct str application;
    struct str device;
    struct str as;
    bool has_authorization;
    bool has_application;
    bool has_device;
    bool has_as;
};

/* Pointers live until the reader's next quiescent point. */
struct auth_grant {
    const struct registry_app *app;
    const struct registry_device *sender; /* authenticated */
    const struct registry_device *device; /* published for; == sender without `as` */
};

struct auth_options {
    size_t cache_entries; /* verdicts of hashed passwords that are remembered, 40 bytes each */
    int64_t cache_us;     /* for so long; at least a second */
    bool drogue_quirks;   /* as Drogue Cloud where the profile says otherwise: see auth_view */
    struct authn_client *service; /* asked instead of the registry; NULL: there is none */
};

/* Borrows reader, pool, service and metrics, which are freed after it. */
struct auth *auth_new(struct registry_reader *reader, struct hash_pool *pool,
                      const struct auth_options *options, struct metrics *metrics);
/* Waits for the hash that runs for it, if any. */
void auth_free(struct auth **a);

/* now_us: monotonic, for the cache. wall_us: Unix time, for validity. ticket: any number of the
 * caller's. */
enum auth_result auth_check(struct auth *a, const struct auth_request *request, int64_t now_us,
                            int64_t wall_us, uint64_t ticket, struct auth_grant *out) MUST_CHECK;

/* Tickets whose hash is done; returns how many, up to max: call until it is 0. Readable fd:
 * auth_wake_fd. */
size_t auth_poll(struct auth *a, int64_t now_us, uint64_t *tickets, size_t max);
int auth_wake_fd(const struct auth *a);

/* --- during a DTLS handshake ---------------------------------------------------------------------
 */

/*
 * Before auth_psk: AUTH_PENDING when a service has to be asked for the key first; then the ticket
 * comes back from auth_poll_prepared, which is to be called after auth_poll.
 */
enum auth_result auth_prepare_psk(struct auth *a, struct str psk_identity, int64_t now_us,
                                  int64_t wall_us, uint64_t ticket) MUST_CHECK;
size_t auth_poll_prepared(struct auth *a, uint64_t *tickets, size_t max);

/*
 * The key of a PSK identity `device@application` (split at the first `@`, names or aliases). Of
 * several valid keys the newest not_before wins (AUTH-07). Fills id (kind PSK); returns the key's
 * length, 0 when refused.
 */
size_t auth_psk(struct auth *a, struct str psk_identity, int64_t wall_us, struct identity *id,
                uint8_t *key, size_t key_cap);

/*
 * Checks a client's chain (leaf first) against the trust anchors of the application it leads to:
 * validity, EKU, intermediates, the anchor itself sent along. Fills id (kind CERTIFICATE; takes its
 * own reference to the chain). Returns X509_V_OK or the X509_V_ERR_* that the handshake's alert is
 * made from.
 */
int auth_certificate(struct auth *a, STACK_OF(X509) * chain, int64_t wall_us, struct identity *id);

#endif
