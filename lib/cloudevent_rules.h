/*
 * What CloudEvents 1.0.2 demands of an event that has been read, in whatever form it came.
 */
#ifndef LIB_CLOUDEVENT_RULES_H
#define LIB_CLOUDEVENT_RULES_H

#include "lib/cloudevent.h"

/* attribute must live as long as the event. */
void cloudevent_add_fault(struct cloudevent *e, const char *attribute, const char *text);

/* What a message's content type says of it: CloudEvents HTTP 3, MQTT 3, Kafka 3. */
enum cloudevent_shape {
    CLOUDEVENT_SHAPE_BINARY,
    CLOUDEVENT_SHAPE_JSON,    /* structured */
    CLOUDEVENT_SHAPE_FOREIGN, /* a batch, or a format that is not read */
};
enum cloudevent_shape cloudevent_shape_of(struct str content_type) MUST_CHECK;
/* Says so of an event that has such a shape; false. */
bool cloudevent_read_foreign(struct cloudevent *e, struct str content_type);

/* Copies name and value. */
void cloudevent_add_attribute(struct cloudevent *e, struct str name, struct str value,
                              enum cloudevent_type type);
/* The payload of binary mode, when all attributes are there; then cloudevent_check. */
void cloudevent_take_body(struct cloudevent *e, struct str body);

/* Names, values and presence of all attributes. */
void cloudevent_check(struct cloudevent *e);

/* RFC 3986 4.1: a URI or a relative reference. Empty is one. */
bool cloudevent_is_uri_reference(struct str s) MUST_CHECK;
/* With a scheme; a fragment is tolerated. */
bool cloudevent_is_absolute_uri(struct str s) MUST_CHECK;
/* RFC 2045 5.1: `type/subtype` with parameters. */
bool cloudevent_is_media_type(struct str s) MUST_CHECK;

#endif
