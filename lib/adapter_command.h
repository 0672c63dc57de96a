/*
 * A command that a case sends, as the adapters take it out of a call.
 */
#ifndef LIB_ADAPTER_COMMAND_H
#define LIB_ADAPTER_COMMAND_H

#include "lib/adapter.h"

struct adapter_command {
    const char *application; /* borrowed from the call, as the others */
    const char *device;
    const char *name;
    const char *content_type; /* NULL: not given */
    struct str payload;       /* lives until adapter_command_fini */
};

/* False: call has been answered with what is wrong. */
bool adapter_command_read(struct adapter_call *call, struct adapter_command *out) MUST_CHECK;
void adapter_command_fini(struct adapter_command *c);

#endif
