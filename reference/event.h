/*
 * One accepted publish as a CloudEvent 1.0: its attributes, and its structured JSON form (one
 * NDJSON line).
 *
 * Only this module encodes CloudEvents; the testers read them with code of their own. No
 * allocation.
 */
#ifndef REFERENCE_EVENT_H
#define REFERENCE_EVENT_H

#include "lib/base.h"
#include "lib/buf.h"

enum {
    EVENT_ID_LEN = 36,
    EVENT_NO_FORMAT = -1,
    EVENT_MAX_EXTENSIONS = 32,     /* that rules add or replace */
    EVENT_EXTENSION_NAME_MAX = 64, /* CloudEvents advises 20 */
    EVENT_MAX_TEXTS = 48,          /* event_texts */
};

enum event_err {
    EVENT_OK,
    EVENT_NOT_JSON, /* declared JSON that is not: 4.06 */
};

/* How the payload stands in structured JSON: as `data` (a value, a string) or `data_base64`. An
 * empty payload is one of the latter two, an empty string. */
enum event_data { EVENT_UNCLASSIFIED, EVENT_DATA_JSON, EVENT_DATA_TEXT, EVENT_DATA_BINARY };

/* An extension that a rule has set. The value may be empty. */
struct event_extension {
    struct str name;
    struct str value;
};

/*
 * Strings are borrowed for as long as the event is used.
 *
 * Rules (publish_rules.h) change type, subject, data_schema and content_type in place, and
 * extensions through event_set_extension and event_remove_extension: the names that the event was
 * made with stay, because source is made from them.
 */
struct event {
    char id[EVENT_ID_LEN + 1]; /* event_new_id */
    struct str application;
    struct str application_uid;
    struct str device; /* with `as`: the device published for */
    struct str device_uid;
    struct str sender; /* the device that was authenticated */
    struct str sender_uid;
    struct str instance;
    struct str subject;     /* the channel; empty: left out */
    struct str data_schema; /* an absolute URI, else empty: left out */
    int64_t time_us;        /* Unix time */
    int content_format;     /* 0..65535, or EVENT_NO_FORMAT */
    struct str payload;
    struct str type; /* empty: io.drogue.event.v1 */
    /* set by event_classify */
    struct str content_type; /* empty when a rule has removed it: left out */
    enum event_data data;
    /* what rules did to the extensions */
    struct event_extension *extensions; /* room for EVENT_MAX_EXTENSIONS, or NULL: no rules */
    size_t extension_count;
    uint32_t hidden; /* own extensions that were removed or replaced, a bit each */
};

/* A random UUID (version 4) into out with its NUL. Draws from a buffer of random bytes; one a
 * thread. */
struct event_ids {
    uint8_t random[4096];
    size_t left;
};
void event_new_id(struct event_ids *ids, char out[EVENT_ID_LEN + 1]);

/*
 * Sets content_type and data from content_format and payload (profile EVT-05, EVT-06).
 *
 * A known format gives its IANA media type, `+json` types keep theirs; declared JSON must be JSON.
 * Without a format, or with an unknown one, a payload that is JSON becomes application/json,
 * anything else application/octet-stream. A format that stands for compressed bytes (11050, 11060)
 * is application/octet-stream: the event has no attribute for a content coding, and the type
 * alone would lie. `text/` types become a string if they are UTF-8 without NUL (which readers of
 * JSON commonly refuse), else base64.
 */
enum event_err event_classify(struct event *e) MUST_CHECK;

/*
 * Chooses data anew after a rule has changed content_type, so that the event stays true to its
 * payload: a JSON type keeps `data` a value if the payload is JSON, `text/` makes it a string as
 * above, and any other case, also a type that was removed from data that is no JSON, makes it
 * base64. (A string under a JSON type would be another payload: the text in quotes.)
 */
void event_fit_data(struct event *e);

/*
 * Adds the extension, or replaces the one of that name, ours too. name must be allowed; both are
 * borrowed. The event's extensions must have room.
 */
void event_set_extension(struct event *e, struct str name, struct str value);
/* Nothing happens when the event has no such extension. */
void event_remove_extension(struct event *e, struct str name);

/* True for 1 to EVENT_EXTENSION_NAME_MAX lower-case letters and digits (CloudEvents 1.0.2, naming
 * conventions) that name no core attribute and not `data`. */
bool event_extension_allowed(struct str name);

/* True when s may become an attribute's value: UTF-8 without control characters. May be empty. */
bool event_text_allowed(struct str s);

/* True when s may become the subject: not empty, UTF-8, no control characters (C0, DEL, C1), which
 * CloudEvents forbids in attributes: URL-11, URL-13. */
bool event_subject_allowed(struct str s);

/* True when s is an absolute URI (RFC 3986 4.3 with optional fragment) and so may become
 * dataschema: EVT-11. */
bool event_is_absolute_uri(struct str s);

/*
 * Appends the structured JSON form as one line without its newline. The event must be classified.
 * out says overflow.
 *
 * JSON data is copied as it came, but a line break between its tokens becomes a space. An empty
 * attribute is left out; the extensions that rules have set come last, in the order in which they
 * were first set. A byte of an attribute that is not UTF-8 becomes U+FFFD.
 */
void event_encode(const struct event *e, struct buf *out);

/* For other encodings of the event: the values of type, source and partitionkey (which a rule may
 * have removed). */
struct str event_type(const struct event *e);
void event_add_source(const struct event *e, struct buf *out);
bool event_has_partition_key(const struct event *e);
void event_add_partition_key(const struct event *e, struct buf *out);

/* Every other attribute and extension that is a plain string and not left out; only an extension
 * that a rule has set may be empty. Returns how many. */
size_t event_texts(const struct event *e, struct event_extension out[EVENT_MAX_TEXTS]);

/* An upper bound of event_encode's length in bytes. */
size_t event_encoded_max(const struct event *e);

#endif
