/*
 * The server's side of DTLS 1.2 that all sessions share: certificate, key, suites, and what is
 * negotiated (RFC 7925, profile rows TLS-01 and TLS-11).
 *
 * Shared by all workers. A reload puts other settings in the place of the old ones, which live on
 * with the sessions that began under them.
 */
#ifndef REFERENCE_DTLS_CONTEXT_H
#define REFERENCE_DTLS_CONTEXT_H

#include <openssl/ssl.h>

#include "lib/base.h"

struct dtls_context;

enum { DTLS_WHY_LEN = 256 };

/* Loads certificate (with its chain) and key (PEM). On failure NULL, and why (DTLS_WHY_LEN bytes)
 * names the file and what is wrong with it. */
struct dtls_context *dtls_context_new(const char *cert_file, const char *key_file,
                                      char *why) MUST_CHECK;
void dtls_context_free(struct dtls_context **c);

/* The same for handshakes that begin from now on. False: nothing has changed, and why as above. Any
 * thread. */
bool dtls_context_reload(struct dtls_context *c, const char *cert_file, const char *key_file,
                         char *why) MUST_CHECK;

/* --- for dtls_session --- */

/* A new SSL object of the server's side, to be freed by the caller. Any thread. */
SSL *dtls_context_accept(struct dtls_context *c);
/* Never 0, never the same twice in this process. Any thread. */
uint64_t dtls_context_next_id(struct dtls_context *c);

#endif
