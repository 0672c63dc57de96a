/*
 * Time that passes faster: the suite executes itself once more under libfaketime, and the target
 * that it starts shares its clock.
 */
#ifndef CONFORMANCE_SPEED_H
#define CONFORMANCE_SPEED_H

#include "lib/base.h"

enum { SPEED_WHY_LEN = 512 };

/* Does this process already run at the speed? */
bool speed_is_set(double speed);
/* Executes this program again with its own command line at the speed; returns only when that cannot
 * be, and why (SPEED_WHY_LEN) says so. */
void speed_execute(double speed, char *why);

#endif
