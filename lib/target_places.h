/*
 * The placeholders of a target file: `{coap_port}`, `{dir}` and so on.
 */
#ifndef LIB_TARGET_PLACES_H
#define LIB_TARGET_PLACES_H

#include "lib/base.h"

enum { TARGET_WHY_LEN = 1024 };

/* Values for placeholders. */
struct target_places {
    uint16_t coap_port; /* ephemeral ports that were free a moment ago: target_free_ports */
    uint16_t coaps_port;
    uint16_t http_port;
    uint16_t broker_port;      /* of what a helper serves */
    uint16_t backend_port;     /* of what the target needs beside itself */
    const char *backend_url;   /* NULL: there is none */
    const char *dir;           /* absolute; made by the caller */
    const char *seed;          /* digits or letters */
    const char *events_url;    /* NULL: not known yet */
    const char *registry_file; /* JSON with applications and devices; NULL: there is none */
};

/* A copy of text with all placeholders replaced, to be freed by the caller; NULL when one is
 * unknown or has no value, and why says which. */
char *target_expand(const char *text, const struct target_places *places, char *why) MUST_CHECK;

/* Will target_expand be able to, once {events_url} and {registry_file} are known? */
bool target_may_expand(const char *text, const struct target_places *places, char *why) MUST_CHECK;

/* Five free ports, on 127.0.0.1, for UDP and TCP. */
bool target_free_ports(struct target_places *places) MUST_CHECK;

#endif
