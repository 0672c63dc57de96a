/*
 * File descriptors of the process: enough for what must go on, whoever connects.
 */
#ifndef REFERENCE_DESCRIPTORS_H
#define REFERENCE_DESCRIPTORS_H

#include "lib/base.h"

/* Kept for the event file, the registry and whatever else opens a file while all runs. */
enum { DESCRIPTORS_KEPT = 32 };

/* Takes as many as the hard limit allows. */
void descriptors_raise(void);

/* How many may still be opened beside those that are kept. */
size_t descriptors_left(void);

#endif
