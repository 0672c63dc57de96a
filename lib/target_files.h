/*
 * The certificates, keys and adapters that a target file names: are they there, and what they
 * should be?
 */
#ifndef LIB_TARGET_FILES_H
#define LIB_TARGET_FILES_H

#include "lib/target.h"

/* To be asked when the target runs, which may make some of them at its start. False: why
 * (TARGET_WHY_LEN) says which field names what cannot be read, or holds no such thing. */
bool target_files_check(const struct target *t, char *why) MUST_CHECK;

#endif
