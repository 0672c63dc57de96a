/*
 * HTTP on one listening socket with libmicrohttpd: a thread for each connection, up to a limit.
 *
 * A thread a connection, because the functions may wait (for the disk, for the workers' answers,
 * for the readiness probe) and none shall wait for another's. A connection beyond the limit is
 * answered 503 and closed; health is answered there too, since a busy program is not a dead one.
 *
 * Order of a request: fields, target, access, route, then the body; a refusal is known before the
 * body is read. A small body is still read and dropped, so that the client sees the answer and not
 * a reset connection; a large one, or one that waits for 100 Continue, is not.
 */
#ifndef REFERENCE_API_SERVER_H
#define REFERENCE_API_SERVER_H

#include "lib/addr.h"
#include "lib/base.h"
#include "reference/api_context.h"
#include "reference/api_secret.h"
#include "reference/config.h"

struct api_server;

/* Connections beyond the limit that are told so; the library closes more without a word. */
enum { API_SURPLUS_CONNECTIONS = 16 };

/*
 * Serves listen_fd, which it takes. secret is NULL where no token is needed; everything is
 * borrowed. NULL when there is no thread or memory left.
 */
struct api_server *api_server_start(int listen_fd, struct api_secret *secret,
                                    const struct config *config,
                                    const struct api_context *context) MUST_CHECK;

/* No new connections from now on. */
void api_server_quiesce(struct api_server *server);
/* How many requests are being received, worked on, or answered. */
size_t api_server_active(struct api_server *server);
/* Cuts the connections that are left and waits for their threads. */
void api_server_stop(struct api_server **server);

#endif
