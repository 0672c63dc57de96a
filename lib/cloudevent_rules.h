/*
 * What CloudEvents 1.0.2 demands of an event that has been read, in whatever form it came.
 */
#ifndef LIB_CLOUDEVENT_RULES_H
#define LIB_CLOUDEVENT_RULES_H

#include "lib/cloudevent.h"

/* attribute must live as long as the event. */
void cloudevent_add_fault(struct cloudevent *e, const char *attribute, const char *text);

/* Names, values and presence of all attributes. */
void cloudevent_check(struct cloudevent *e);

/* RFC 3986 4.1: a URI or a relative reference. Empty is one. */
bool cloudevent_is_uri_reference(struct str s) MUST_CHECK;
/* With a scheme; a fragment is tolerated. */
bool cloudevent_is_absolute_uri(struct str s) MUST_CHECK;
/* RFC 2045 5.1: `type/subtype` with parameters. */
bool cloudevent_is_media_type(struct str s) MUST_CHECK;

#endif
