/*
 * Where commands come from besides the HTTP API: `mqtt://HOST[:PORT]` or `mqtts://...` (topic
 * `command/APPLICATION/DEVICE/COMMAND`, as Drogue Cloud's MQTT integration takes them);
 * `kafka://HOST[:PORT],...` or `kafkas://...` (topic `iot-commands`, as its endpoints read them).
 *
 * One thread receives, asks what the API asks (reference/command_check.h), and dispatches. Nobody
 * is told what came of a command: what no device can take is logged, limited, and dropped. Commands
 * that were sent while there was no connection are lost, as they are when no device waits.
 */
#ifndef REFERENCE_COMMAND_SOURCE_H
#define REFERENCE_COMMAND_SOURCE_H

#include "reference/command.h"
#include "reference/registry.h"

struct command_source_options {
    const char *url;
    const char *ca_file;    /* PEM, instead of the system's authorities; NULL: those */
    const char *user;       /* NULL: none */
    const char *token_file; /* password or API key of user; NULL: none */
};

enum { COMMAND_SOURCE_WHY_LEN = 256 };

struct command_source;

/* Whether the URL is one of those above, as far as its beginning tells. False: why says. */
bool command_source_url_known(const char *url, char *why) MUST_CHECK;
/* Whether command_source_open could use the options; opens and changes nothing. */
bool command_source_check(const struct command_source_options *options, char *why) MUST_CHECK;

/* Starts the thread; the broker need not be there yet. registry NULL: who the devices are another
 * service knows, and every command is dispatched. NULL: why (COMMAND_SOURCE_WHY_LEN) says what
 * is wrong. */
struct command_source *command_source_open(const struct command_source_options *options,
                                           struct registry *registry, struct command_bus *bus,
                                           char *why) MUST_CHECK;
/* NULL is no source. */
void command_source_close(struct command_source **s);

/* Until commands that are sent from now on arrive, at most timeout_us. */
bool command_source_await(struct command_source *s, int64_t timeout_us);
bool command_source_is_up(const struct command_source *s);

#endif
