/*
 * Whether a device can be commanded now: one decision, however the command has come.
 */
#ifndef REFERENCE_COMMAND_CHECK_H
#define REFERENCE_COMMAND_CHECK_H

#include "reference/registry.h"

enum { COMMAND_NAME_MAX = 255 }; /* option 4210 carries it */

/* Names are canonical, aliases do not count. NULL: it can; else why not, for people. */
const char *command_obstacle(struct registry *registry, struct str application, struct str device);

#endif
