/*
 * A device authentication service as auth's source: what a bare endpoint knows of devices is what
 * the service has said of them not long ago.
 *
 * An answer is remembered for a while, so that a device that publishes often is asked about once,
 * and what was revoked ends when that time is over (AUTH-17). Of each device one question of its
 * requests and one of its handshakes are in flight. A service that gives no answer is asked again
 * after a second.
 *
 * The key of a handshake is fetched before OpenSSL asks for it. A certificate is taken at the
 * handshake, where the client proves to have its key, and judged by the service at the first
 * request.
 */
#ifndef REFERENCE_AUTH_REMOTE_H
#define REFERENCE_AUTH_REMOTE_H

#include "reference/auth_source.h"
#include "reference/authn_client.h"

struct auth_remote;

extern const struct auth_source auth_remote_source;

/* Borrows the client. cache_entries and cache_us of options. Pair: the source's free. */
struct auth_remote *auth_remote_new(struct authn_client *client,
                                    const struct auth_options *options);

#endif
