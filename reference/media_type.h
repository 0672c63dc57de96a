/*
 * Media types as text: which one is well-formed, which one is JSON, which one is text. Letters of
 * either case are the same (RFC 6838 4.2).
 */
#ifndef REFERENCE_MEDIA_TYPE_H
#define REFERENCE_MEDIA_TYPE_H

#include "lib/base.h"

/* True for `type/subtype`, with or without parameters: restricted names (RFC 6838 4.2), and behind
 * them printable ASCII after a semicolon. */
bool media_type_valid(struct str s);

/* True for application/json, text/json and every `+json`, whatever the parameters. */
bool media_type_is_json(struct str s);

/* True for `text/...`. */
bool media_type_is_text(struct str s);

#endif
