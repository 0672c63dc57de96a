/*
 * Parts of the suite as JSON values, the same in the result stream and in every report. The caller
 * owns what is returned. Texts that are no UTF-8 have each bad byte replaced.
 */
#ifndef CONFORMANCE_JSON_H
#define CONFORMANCE_JSON_H

#include <jansson.h>

#include "conformance/case.h"

json_t *json_of_case(const struct case_def *def);
json_t *json_of_texts(const struct texts *texts);
/* Never NULL. */
json_t *json_of_text(const char *text);

/* The member as text; "" when it is none. Borrowed from object. */
const char *json_text(const json_t *object, const char *name);
int64_t json_number(const json_t *object, const char *name);

#endif
