/*
 * Identities of DTLS sessions: how they are made from a PSK or a certificate, and whether they
 * still hold (AUTH-06..09, 11, 17). The part of auth.h that needs no password.
 */
#ifndef REFERENCE_AUTH_SESSION_H
#define REFERENCE_AUTH_SESSION_H

#include "reference/auth_reason.h"
#include "reference/x509_check.h"

/* Who is meant: entries of the registry, good until the reader's next quiescent point. */
struct auth_who {
    const struct registry_app *app;
    const struct registry_device *device;
};

/* How the registry is looked at. */
struct auth_view {
    const struct registry_reader *reader;
    bool drogue_quirks; /* as Drogue Cloud 0.11 does where the profile says otherwise:
                           facts 2.4, 2.7, 2.8 */
};

/* By aliases; refuses unknown and disabled ones. */
enum auth_reason auth_session_find(const struct auth_view *view, struct str app, struct str device,
                                   struct auth_who *out) MUST_CHECK;

/*
 * Does the identity hold now? The bounds of its validity at each call; all else only when its
 * application or device has changed since, and then its bounds are read again.
 */
enum auth_reason auth_session_holds(const struct auth_view *view, struct identity *id,
                                    int64_t wall_us, struct auth_who *out) MUST_CHECK;

/* The key by which a device begins a session. */
enum auth_reason auth_session_key(const struct auth_view *view, struct str app, struct str device,
                                  int64_t wall_us, struct auth_who *who,
                                  const struct registry_psk **out) MUST_CHECK;
/* Splits `device@application` at the first `@`. */
bool auth_session_split(struct str psk_identity, struct str *app, struct str *device) MUST_CHECK;

/* Whose chain, leaf first, this is. verified: X509_V_OK or what is wrong with it. */
enum auth_reason auth_session_chain(const struct auth_view *view, STACK_OF(X509) * chain,
                                    int64_t wall_us, struct auth_who *who,
                                    struct x509_bounds *bounds, int *verified) MUST_CHECK;

/* See auth_psk and auth_certificate. On REASON_GRANTED id is filled. */
enum auth_reason auth_session_psk(const struct auth_view *view, struct str psk_identity,
                                  int64_t wall_us, struct identity *id) MUST_CHECK;
enum auth_reason auth_session_certificate(const struct auth_view *view, STACK_OF(X509) * chain,
                                          int64_t wall_us, struct identity *id,
                                          int *verified) MUST_CHECK;

#endif
