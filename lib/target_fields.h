/*
 * The fields of a target file, table by table.
 */
#ifndef LIB_TARGET_FIELDS_H
#define LIB_TARGET_FIELDS_H

#include "lib/target_lua.h"

enum { COAP_PORT = 5683, COAPS_PORT = 5684 }; /* RFC 7252 6.1, 6.2 */

/* The table on top of the stack. */
void target_read_fields(struct target_reader *r, struct target *t);

/* `coap://host[:port]`; host lives in arena. */
bool target_take_address(struct arena *arena, const char *url, const char *scheme,
                         uint16_t default_port, struct target_address *out) MUST_CHECK;

#endif
