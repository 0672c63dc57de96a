#include "lib/opt_words.h"

#include <stdlib.h>

/* Does this option take the next word as its value? An unknown one does not. */
static bool takes_value(const struct opt_words *w, const char *word)
{
    if (strchr(word, '=') != NULL || strlen(word) < 2)
        return false;
    for (size_t i = 0; i < w->row_count; i++) {
        if (w->rows[i].type != OPT_HEADING && w->rows[i].type != OPT_FLAG &&
            strcmp(w->rows[i].name, word + 2) == 0)
            return true;
    }
    return false;
}

static const char *long_name(const struct opt_words *w, const char *word)
{
    for (size_t i = 0; i < w->letter_count; i++) {
        if (strcmp(word, w->letters[i].letter) == 0)
            return w->letters[i].name;
    }
    return NULL;
}

void opt_words_part(struct opt_words *w, int argc, char **argv)
{
    bool only_rest = false;

    w->options = xcalloc((size_t)argc + 1, sizeof *w->options);
    w->rest = xcalloc((size_t)argc + 1, sizeof *w->rest);
    w->options[w->option_count++] = argv[0];
    for (int i = 1; i < argc; i++) {
        const char *name = long_name(w, argv[i]);

        if (!only_rest && strcmp(argv[i], "--") == 0) {
            only_rest = true;
        } else if (only_rest || argv[i][0] != '-' || argv[i][1] == '\0') {
            w->rest[w->rest_count++] = argv[i];
        } else {
            if (name != NULL)
                memcpy(&w->options[w->option_count++], &name, sizeof name); /* only read */
            else
                w->options[w->option_count++] = argv[i];
            if ((name != NULL || takes_value(w, argv[i])) && i + 1 < argc)
                w->options[w->option_count++] = argv[++i];
        }
    }
}

void opt_words_fini(struct opt_words *w)
{
    free(w->options);
    free(w->rest);
    w->options = NULL;
    w->rest = NULL;
}
