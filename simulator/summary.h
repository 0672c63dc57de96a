/*
 * The last words of a run on the console: the verdict and why, objectives, what the run is about,
 * where the reports are.
 */
#ifndef SIMULATOR_SUMMARY_H
#define SIMULATOR_SUMMARY_H

#include <stdio.h>

#include "lib/buf.h"
#include "simulator/result.h"

/* folder: of the reports; NULL: none were written. */
void summary_text(const struct result *r, const char *folder, struct buf *out);
void summary_print(FILE *out, const struct result *r, const char *folder);

#endif
