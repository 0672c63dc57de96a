/*
 * Why a request was let in or not: what the log says. A peer is told only the auth_result.
 */
#ifndef REFERENCE_AUTH_REASON_H
#define REFERENCE_AUTH_REASON_H

#include "reference/auth.h"

/* X(id, result, word in the log) */
#define AUTH_REASONS(X)                                                                            \
    X(GRANTED, AUTH_GRANTED, "granted")                                                            \
    X(PENDING, AUTH_PENDING, "pending")                                                            \
    X(OVERLOADED, AUTH_OVERLOADED, "queue-full")                                                   \
    X(UNAVAILABLE, AUTH_UNAVAILABLE, "service-unavailable")                                        \
    X(SERVICE_REFUSED, AUTH_REFUSED, "service-refused")                                            \
    X(NO_CREDENTIALS, AUTH_REFUSED, "no-credentials")                                              \
    X(BAD_CREDENTIALS, AUTH_REFUSED, "bad-credentials")                                            \
    X(NO_FORM, AUTH_REFUSED, "no-such-form")                                                       \
    X(UNKNOWN_APPLICATION, AUTH_REFUSED, "unknown-application")                                    \
    X(DISABLED_APPLICATION, AUTH_REFUSED, "disabled-application")                                  \
    X(UNKNOWN_DEVICE, AUTH_REFUSED, "unknown-device")                                              \
    X(DISABLED_DEVICE, AUTH_REFUSED, "disabled-device")                                            \
    X(WRONG_PASSWORD, AUTH_REFUSED, "wrong-password")                                              \
    X(BAD_IDENTITY, AUTH_REFUSED, "bad-psk-identity")                                              \
    X(NO_VALID_KEY, AUTH_REFUSED, "no-valid-psk")                                                  \
    X(BAD_CHAIN, AUTH_REFUSED, "bad-certificate-chain")                                            \
    X(SESSION_REVOKED, AUTH_REFUSED, "session-revoked")                                            \
    X(SESSION_EXPIRED, AUTH_REFUSED, "session-credential-expired")                                 \
    X(MIXED, AUTH_REFUSED, "session-names-another-device")                                         \
    X(UNKNOWN_TARGET, AUTH_REFUSED, "as-unknown-device")                                           \
    X(DISABLED_TARGET, AUTH_REFUSED, "as-disabled-device")                                         \
    X(NOT_GATEWAY, AUTH_REFUSED, "as-not-gateway")

enum auth_reason {
#define X(id, result, word) REASON_##id,
    AUTH_REASONS(X)
#undef X
};

enum auth_result auth_reason_result(enum auth_reason reason);
const char *auth_reason_word(enum auth_reason reason);

#endif
