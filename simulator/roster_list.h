/*
 * Devices of a target file's list as the devices of a run: which number is which; a part of roster.
 */
#ifndef SIMULATOR_ROSTER_LIST_H
#define SIMULATOR_ROSTER_LIST_H

#include "simulator/roster.h"

struct roster_list;

/* NULL: why (ROSTER_WHY_LEN) says what it lacks. */
struct roster_list *roster_list_new(const struct roster_options *options, char *why) MUST_CHECK;
void roster_list_free(struct roster_list **l);

struct roster_listed {
    const struct target_device *device; /* NULL: this number needs none */
    struct str psk_key;
    struct str certificate_der;
    struct str key_der;
};
/* index: the device's number less the first one. */
const struct roster_listed *roster_list_at(const struct roster_list *l, uint32_t index);
bool roster_list_find(const struct roster_list *l, struct str application, struct str device,
                      uint32_t *index) MUST_CHECK;

#endif
