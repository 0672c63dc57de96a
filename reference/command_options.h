/*
 * What the kinds of command sources make of the files that their options name.
 */
#ifndef REFERENCE_COMMAND_OPTIONS_H
#define REFERENCE_COMMAND_OPTIONS_H

#include "reference/command_source.h"
#include "reference/token_file.h"

/* Whether authorities and token can be used. False: why (COMMAND_SOURCE_WHY_LEN) says. */
bool command_options_check(const struct command_source_options *options, char *why) MUST_CHECK;
/* The password into out (TOKEN_FILE_CAP), which is empty without a file. False: why says. */
bool command_options_password(const struct command_source_options *options, char *out,
                              char *why) MUST_CHECK;

#endif
