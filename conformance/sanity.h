/*
 * The check of a target: a known-good publish on a fresh device, as a case that no catalogue holds.
 */
#ifndef CONFORMANCE_SANITY_H
#define CONFORMANCE_SANITY_H

#include "conformance/case.h"

/* At another speed than 1 it also shows that the target's clock runs at ours. False: why
 * (SANDBOX_WHY_LEN) says. */
bool sanity_load(struct case_def *out, lua_State *L, double speed, char *why) MUST_CHECK;

#endif
