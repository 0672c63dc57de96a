/*
 * What a device keeps to resume its session: OpenSSL's own form of it (SSL_SESSION in DER) without
 * the server's certificate, which is its larger part and takes longest to read. Secret.
 */
#ifndef SIMULATOR_SESSION_TICKET_H
#define SIMULATOR_SESSION_TICKET_H

#include <openssl/ssl.h>

#include "lib/base.h"
#include "lib/buf.h"

/* Appends. Nothing: the session cannot be resumed. */
void session_ticket_write(SSL_SESSION *session, struct buf *out);

/* NULL: it is none. SSL_SESSION_free is the caller's. */
SSL_SESSION *session_ticket_read(struct str ticket);

#endif
