/*
 * SIGHUP: configuration file, certificate, key and API token are read again while everything runs.
 *
 * All or nothing: what cannot be read leaves the running state as it was. An option that cannot
 * change while running is named in one line of the log and keeps its value.
 */
#ifndef REFERENCE_RELOAD_H
#define REFERENCE_RELOAD_H

#include "reference/api.h"
#include "reference/config.h"
#include "reference/server.h"

/* running is what the program was started with; api is NULL without the HTTP API. Says in the log
 * what came of it. */
void reload_run(const struct config *running, struct server *server, struct api *api);

#endif
