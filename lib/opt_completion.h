/*
 * What a shell completes behind a program's name, from its option table: names of options, names
 * that a value may have, files and folders, first words. Scripts for bash and zsh.
 */
#ifndef LIB_OPT_COMPLETION_H
#define LIB_OPT_COMPLETION_H

#include <stdio.h>

#include "lib/opt_help.h"

enum opt_shell { OPT_BASH, OPT_ZSH };

/* words: what is no option, such as commands, parted by spaces; empty: nothing. */
void opt_print_completion(FILE *out, enum opt_shell shell, const struct opt_page *page,
                          const char *words, const struct opt *rows, size_t row_count);

#endif
