/*
 * What a device of a profile is in the target's registry: the requests of lib/adapter.h that make
 * it.
 */
#ifndef SIMULATOR_PROVISION_REQUEST_H
#define SIMULATOR_PROVISION_REQUEST_H

#include <jansson.h>

#include "simulator/provision.h"

/* `create_application`, with the trust anchor where there are certificates. A new reference. */
json_t *provision_request_application(const struct provision_options *o);

enum { PROVISION_REQUEST_MAX = 2 };
/* `create_device`, new references: none for a device that proves nothing, two where a gateway
 * publishes for it. Returns how many. */
size_t provision_request_device(const struct provision_options *o, uint32_t device,
                                json_t *out[PROVISION_REQUEST_MAX]);

#endif
