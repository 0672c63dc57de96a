/*
 * The fields of a profile, table by table, and the defaults of those that are absent.
 */
#ifndef SIMULATOR_PROFILE_FIELDS_H
#define SIMULATOR_PROFILE_FIELDS_H

#include "lib/target_lua.h"
#include "simulator/profile.h"

/* The table on top of the stack into *p, which is zeroed but for name, file and source. */
void profile_read_fields(struct target_reader *r, struct profile *p);

#endif
