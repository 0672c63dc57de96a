/*
 * The words of a command line parted into options with their values, and what is none of them:
 * commands, selectors, files.
 */
#ifndef LIB_OPT_WORDS_H
#define LIB_OPT_WORDS_H

#include "lib/opt.h"

/* A letter in place of a name: {"-t", "--target"}. */
struct opt_letter {
    const char *letter;
    const char *name;
};

struct opt_words {
    const struct opt *rows;
    size_t row_count;
    const struct opt_letter *letters;
    size_t letter_count;
    char **options; /* argv[0], then options and values, for opt_read_args */
    int option_count;
    const char **rest; /* all else, in order; what follows `--` is none of them either */
    size_t rest_count;
};

/* rows and letters are set. The words are borrowed from argv. */
void opt_words_part(struct opt_words *w, int argc, char **argv);
void opt_words_fini(struct opt_words *w);

#endif
