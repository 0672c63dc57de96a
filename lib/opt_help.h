/*
 * --help and the man page of a program, from its option table and a few texts.
 *
 * Texts are plain: paragraphs are parted by an empty line; a line that starts with two spaces is
 * shown as it stands; a line `term<TAB>text` is an entry of a list.
 */
#ifndef LIB_OPT_HELP_H
#define LIB_OPT_HELP_H

#include <stdio.h>

#include "lib/opt.h"

struct opt_section {
    const char *title; /* `EXIT STATUS` */
    bool in_help;      /* also at the end of --help, not only in the man page */
    const char *text;
};

struct opt_page {
    const char *program;
    const char *version;
    const char *summary; /* half a sentence: what the program is */
    const char *usage;   /* lines without the program's name */
    const char *description;
    const struct opt_section *sections;
    size_t section_count;
};

/* 90 columns wide. */
void opt_print_help(FILE *out, const struct opt_page *page, const struct opt *rows,
                    size_t row_count);

/* roff with man macros, section 1. */
void opt_print_man(FILE *out, const struct opt_page *page, const struct opt *rows,
                   size_t row_count);

#endif
