/*
 * What the commands of seatrial share, and each of them. A command prints to stdout, says on stderr
 * what is wrong, and returns an exit code.
 */
#ifndef CONFORMANCE_COMMANDS_H
#define CONFORMANCE_COMMANDS_H

#include "conformance/catalogue.h"
#include "conformance/options.h"

/* The catalogue that the options name, with the files among the selectors. False: it has been said
 * what is wrong, and the exit code is EXIT_USAGE. catalogue_fini is due in either case. */
bool commands_load(const struct options *o, const struct case_engine *engine,
                   struct catalogue *out) MUST_CHECK;

/* One flag a case, to be freed; NULL: it has been said which selector is wrong. */
bool *commands_select(const struct options *o, const struct catalogue *c) MUST_CHECK;

/* Prints problems on stderr, a summary line last. */
void commands_complain(const struct problems *problems);

/* Commands; all have this form. */
enum exit_code list_command(const struct options *o, const struct case_engine *engine);
enum exit_code explain_command(const struct options *o, const struct case_engine *engine);
enum exit_code check_command(const struct options *o, const struct case_engine *engine);

#endif
