/*
 * The attributes of a CloudEvent one by one, for the encodings that carry them beside the payload:
 * HTTP headers, MQTT user properties, Kafka headers.
 */
#ifndef REFERENCE_EVENT_PAIRS_H
#define REFERENCE_EVENT_PAIRS_H

#include "reference/event.h"

/* Not more attributes than an event ever has. */
enum { EVENT_PAIRS_MAX = EVENT_MAX_TEXTS + 6 };

/* Called for each attribute, extensions too, `datacontenttype` among them; value may be empty, and
 * is borrowed for the call. The event must be classified. Returns how many. */
typedef void (*event_pair_fn)(void *arg, struct str name, struct str value);
size_t event_each_pair(const struct event *e, event_pair_fn fn, void *arg);

/*
 * Appends name and value of every attribute but datacontenttype, a NUL behind each, the name with
 * prefix before it: CloudEvents MQTT 3.1.3.1 ("") and Kafka 3.2.3.1 ("ce_"). The values are plain
 * UTF-8: a byte that is not, and NUL, becomes U+FFFD. Returns how many pairs.
 */
size_t event_pairs(const struct event *e, const char *prefix, struct buf *out);

/* Appends s and a NUL as those values are written. */
void event_add_text(struct buf *out, struct str s);

#endif
