#include "lib/opt_completion.h"

/* How the value of an option is completed. */
enum value { VALUE_NONE, VALUE_FREE, VALUE_WORDS, VALUE_FILE, VALUE_FOLDER };

static enum value value_of(const struct opt *row)
{
    if (row->type == OPT_FLAG)
        return VALUE_NONE;
    if (row->type == OPT_NAME)
        return VALUE_WORDS;
    if (row->unit != NULL && strcmp(row->unit, "DIR") == 0)
        return VALUE_FOLDER;
    return row->unit != NULL && strcmp(row->unit, "FILE") == 0 ? VALUE_FILE : VALUE_FREE;
}

static bool is_shown(const struct opt *row)
{
    return row->type != OPT_HEADING && (row->flags & OPT_HIDDEN) == 0;
}

/* `--help` is a deed, and has no contrary. */
static bool has_contrary(const struct opt *row)
{
    return row->type == OPT_FLAG && (row->flags & OPT_ARGS_ONLY) == 0;
}

/* The names of a choice, parted by spaces. */
static void print_choice(FILE *out, const char *names)
{
    for (; *names != '\0'; names++)
        (void)fputc(*names == '|' ? ' ' : *names, out);
}

/* A shell function's name: letters, digits and underscores. */
static void print_function(FILE *out, const char *program)
{
    (void)fputc('_', out);
    for (; *program != '\0'; program++)
        (void)fputc(*program == '-' ? '_' : *program, out);
}

/* --- bash ---------------------------------------------------------------------------------------
 */

static void bash_value(FILE *out, const struct opt *row)
{
    static const char *const ways[] = {
        [VALUE_FREE] = "",
        [VALUE_FILE] = "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")",
        [VALUE_FOLDER] = "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")",
    };

    (void)fprintf(out, "    --%s) ", row->name);
    if (value_of(row) == VALUE_WORDS) {
        (void)fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
        print_choice(out, row->unit);
        (void)fputs("' -- \"$word\")", out);
    } else {
        (void)fputs(ways[value_of(row)], out);
    }
    (void)fputs(value_of(row) == VALUE_FREE ? "return ;;\n" : "; return ;;\n", out);
}

static void print_bash(FILE *out, const struct opt_page *page, const char *words,
                       const struct opt *rows, size_t row_count)
{
    (void)fprintf(out, "# bash completion of %s, made from its option table\n", page->program);
    print_function(out, page->program);
    (void)fputs("()\n{\n    local word=${COMP_WORDS[COMP_CWORD]}\n    COMPREPLY=()\n"
                "    case ${COMP_WORDS[COMP_CWORD-1]} in\n",
                out);
    for (size_t i = 0; i < row_count; i++) {
        if (is_shown(&rows[i]) && value_of(&rows[i]) != VALUE_NONE)
            bash_value(out, &rows[i]);
    }
    (void)fputs("    esac\n    if [[ $word == -* ]]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -W '",
                out);
    for (size_t i = 0; i < row_count; i++) {
        if (is_shown(&rows[i]))
            (void)fprintf(out, "--%s ", rows[i].name);
        if (is_shown(&rows[i]) && has_contrary(&rows[i]))
            (void)fprintf(out, "--no-%s ", rows[i].name);
    }
    (void)fprintf(out,
                  "' -- \"$word\")\n    elif ((COMP_CWORD == 1)); then\n"
                  "        mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\")\n    else\n"
                  "        compopt -o filenames\n"
                  "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n    fi\n}\n"
                  "complete -F ",
                  words);
    print_function(out, page->program);
    (void)fprintf(out, " %s\n", page->program);
}

/* --- zsh ----------------------------------------------------------------------------------------
 */

/* The first sentence of a help text, inside '[...]'. */
static void zsh_help(FILE *out, const char *help)
{
    (void)fputc('[', out);
    for (const char *p = help; *p != '\0'; p++) {
        if (*p == '.' && (p[1] == ' ' || p[1] == '\0'))
            break;
        if (*p == '\'')
            (void)fputs("'\\''", out);
        else if (strchr("[]:\\", *p) != NULL)
            (void)fprintf(out, "\\%c", *p);
        else
            (void)fputc(*p, out);
    }
    (void)fputc(']', out);
}

static void zsh_option(FILE *out, const struct opt *row, const char *prefix)
{
    static const char *const ways[] = {
        [VALUE_FREE] = " ", [VALUE_FILE] = "_files", [VALUE_FOLDER] = "_files -/"};
    enum value value = value_of(row);

    (void)fprintf(out, "  '%s--%s%s%s", row->type == OPT_ADDRESS ? "*" : "", prefix, row->name,
                  value == VALUE_NONE ? "" : "=");
    zsh_help(out, row->help);
    if (value == VALUE_WORDS) {
        (void)fputs(":name:(", out);
        print_choice(out, row->unit);
        (void)fputc(')', out);
    } else if (value != VALUE_NONE) {
        (void)fprintf(out, ":%s:%s", row->unit == NULL ? "value" : row->unit, ways[value]);
    }
    (void)fputs("' \\\n", out);
}

static void print_zsh(FILE *out, const struct opt_page *page, const char *words,
                      const struct opt *rows, size_t row_count)
{
    (void)fprintf(out, "#compdef %s\n# made from its option table\n_arguments -S \\\n",
                  page->program);
    for (size_t i = 0; i < row_count; i++) {
        if (!is_shown(&rows[i]))
            continue;
        zsh_option(out, &rows[i], "");
        if (has_contrary(&rows[i]))
            zsh_option(out, &rows[i], "no-");
    }
    (void)fprintf(out, "  '1:word:(%s)' \\\n  '*:file:_files'\n", words);
}

void opt_print_completion(FILE *out, enum opt_shell shell, const struct opt_page *page,
                          const char *words, const struct opt *rows, size_t row_count)
{
    if (shell == OPT_BASH)
        print_bash(out, page, words, rows, row_count);
    else
        print_zsh(out, page, words, rows, row_count);
}
