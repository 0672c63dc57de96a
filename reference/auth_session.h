/*
 * Identities of DTLS sessions: how they are made from a PSK or a certificate, and whether they
 * still hold (AUTH-06..09, 11, 17). The part of auth.h that needs no password.
 */
#ifndef REFERENCE_AUTH_SESSION_H
#define REFERENCE_AUTH_SESSION_H

#include "reference/auth_reason.h"

/* Who is meant: entries of the registry, good until the reader's next quiescent point. */
struct auth_who {
    const struct registry_app *app;
    const struct registry_device *device;
};

/* By aliases; refuses unknown and disabled ones. */
enum auth_reason auth_session_find(const struct registry_reader *reader, struct str app,
                                   struct str device, struct auth_who *out) MUST_CHECK;

/*
 * Does the identity hold now? The bounds of its validity at each call; all else only when its
 * application or device has changed since, and then its bounds are read again.
 */
enum auth_reason auth_session_holds(const struct registry_reader *reader, struct identity *id,
                                    int64_t wall_us, struct auth_who *out) MUST_CHECK;

/* See auth_psk and auth_certificate. On REASON_GRANTED id is filled. */
enum auth_reason auth_session_psk(const struct registry_reader *reader, struct str psk_identity,
                                  int64_t wall_us, struct identity *id) MUST_CHECK;
enum auth_reason auth_session_certificate(const struct registry_reader *reader,
                                          STACK_OF(X509) * chain, int64_t wall_us,
                                          struct identity *id, int *verified) MUST_CHECK;

#endif
