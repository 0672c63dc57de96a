#include "simulator/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/nearest.h"
#include "lib/opt.h"
#include "lib/opt_completion.h"
#include "lib/opt_help.h"
#include "lib/opt_words.h"
#include "lib/rfc3339.h"
#include "lib/target_site.h"
#include "simulator/options_page.h"

static const struct opt rows[] = {
#define HEADING(title, help) {title, OPT_HEADING, 0, 0, NULL, NULL, NULL, NULL, help, 0},
#define X(field, name, kind, initial, unit, min, max, help, flags)                                 \
    OPT_ROW(options, field, name, kind, initial, unit, min, max, help, flags),
#include "simulator/options_table.h"
#undef X
#undef HEADING
};

static const struct opt_letter letters[] = {
    {"-t", "--target" },
    {"-p", "--profile"},
};

static enum options_verdict refuse(const char *why)
{
    (void)fprintf(stderr, "seatrial-swarm: %s (--help lists commands and options)\n", why);
    return OPTIONS_EXIT_USAGE;
}

static const struct options_command *find_command(const char *name)
{
    for (size_t i = 0; i < options_command_count; i++) {
        if (strcmp(options_commands[i].name, name) == 0)
            return &options_commands[i];
    }
    return NULL;
}

static enum options_verdict refuse_command(const char *name)
{
    struct nearest n = nearest_to(str_from(name));
    char why[OPT_WHY_LEN];

    for (size_t i = 0; i < options_command_count; i++)
        nearest_offer(&n, options_commands[i].name);
    (void)snprintf(why, sizeof why, "unknown command \"%.64s\"%s%s%s", name,
                   n.found == NULL ? "" : ", did you mean ", n.found == NULL ? "" : n.found,
                   n.found == NULL ? "" : "?");
    return refuse(why);
}

/* --- values that are more than a number */

/* `1000/s` or `1000`. */
static bool read_rate(const char *text, double *out)
{
    char *end;

    *out = text == NULL ? NAN : strtod(text, &end);
    return text == NULL ||
           (end != text && *out > 0 && isfinite(*out) && (*end == '\0' || strcmp(end, "/s") == 0));
}

/* `5%` or `0.05`. */
static bool read_part(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    if (*end == '%') {
        *out /= 100;
        end++;
    }
    return end != text && *end == '\0' && *out >= 0 && isfinite(*out);
}

static bool read_seed(const char *text, uint64_t *out)
{
    char *end;

    if (text == NULL) {
        *out = 1;
        return true;
    }
    *out = strtoull(text, &end, 16);
    return *text != '\0' && *end == '\0' && strlen(text) <= 16 &&
           strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

/* `2/4` is the second of four. */
static bool read_slice(const char *text, int64_t *index, int64_t *count)
{
    char *end = NULL;

    *index = 0;
    *count = 1;
    if (text == NULL)
        return true;
    *index = strtol(text, &end, 10) - 1;
    if (end == text || *end != '/')
        return false;
    text = end + 1;
    *count = strtol(text, &end, 10);
    return end != text && *end == '\0' && *index >= 0 && *count >= 1 && *index < *count &&
           *count <= 100000;
}

static bool read_moment(const char *text, int64_t *out)
{
    char *end;

    *out = 0;
    if (text == NULL || rfc3339_parse(str_from(text), out))
        return true;
    *out = (int64_t)(strtod(text, &end) * (double)US_PER_S);
    return end != text && *end == '\0' && *out > 0;
}

static const char *wrong_value(struct options *o)
{
    if (!read_rate(o->rate, &o->rate_per_s))
        return "--rate: expected publishes a second, such as 1000/s";
    if (!read_part(o->allow, &o->allow_part))
        return "--allow: expected a part, such as 5%";
    if (!read_seed(o->seed, &o->seed_number))
        return "--seed: expected 1 to 16 hexadecimal digits";
    if (!read_slice(o->slice, &o->slice_index, &o->slice_count))
        return "--slice: expected I/N, such as 2/4 for the second of four";
    if (!read_moment(o->start_at, &o->start_wall_us))
        return "--start-at: expected Unix time in seconds, or RFC 3339 as 2026-01-31T12:00:00Z";
    if (o->window > 0 && o->rate != NULL)
        return "--window is a closed loop and --rate an open one: one of them";
    if (o->processes > 1 && (o->slice != NULL || o->record != NULL || o->check))
        return "--processes makes slices of its own: not with --slice, --record or --check";
    if (o->check && o->metrics != NULL)
        return "--check has no network and is over in seconds: --metrics is for runs";
    return NULL;
}

static enum options_verdict check(struct options *o, struct opt_words *w)
{
    const struct options_command *command;
    const char *wrong = wrong_value(o);
    char why[OPT_WHY_LEN];

    if (wrong != NULL)
        return refuse(wrong);
    o->args = w->rest;
    o->arg_count = w->rest_count;
    o->command = "run";
    if (o->arg_count > 0) {
        o->command = o->args[0];
        o->args++;
        o->arg_count--;
    }
    command = find_command(o->command);
    if (command == NULL)
        return refuse_command(o->command);
    if (o->arg_count < command->min_args || o->arg_count > command->max_args) {
        (void)snprintf(why, sizeof why, "usage: seatrial-swarm %s %s", command->name,
                       command->args);
        return refuse(why);
    }
    if (o->processes > 1 && strcmp(o->command, "run") != 0)
        return refuse("--processes is for the command run");
    if (command->needs_load && o->profile == NULL)
        return refuse(
            "a profile is missing: -p NAME or FILE (`seatrial-swarm profiles` lists them)");
    if (command->needs_load && o->target == NULL && !o->check)
        return refuse("a target is missing: -t NAME, FILE or coap://HOST");
    return OPTIONS_RUN;
}

static void print_completion(enum opt_shell shell)
{
    struct buf words = buf_growing();

    for (size_t i = 0; i < options_command_count; i++)
        buf_add_format(&words, i > 0 ? " %s" : "%s", options_commands[i].name);
    buf_add_char(&words, '\0');
    opt_print_completion(stdout, shell, &options_page, words.ptr, rows, COUNT(rows));
    buf_fini(&words);
}

enum options_verdict options_load(int argc, char **argv, struct options *out)
{
    struct opt_words words = {rows, COUNT(rows), letters, COUNT(letters), NULL, 0, NULL, 0};
    struct opt_reader reader;
    char why[OPT_WHY_LEN];
    enum options_verdict verdict = OPTIONS_EXIT_GOOD;

    *out = (struct options){.argc = argc, .argv = argv};
    opt_init(&reader, rows, COUNT(rows), out);
    opt_words_part(&words, argc, argv);
    if (!opt_read_args(&reader, words.option_count, words.options, why))
        verdict = refuse(why);
    else if (out->help)
        opt_print_help(stdout, &options_page, rows, COUNT(rows));
    else if (out->version)
        (void)printf("%s %s\n", options_page.program, options_page.version);
    else if (out->completion_bash || out->completion_zsh)
        print_completion(out->completion_bash ? OPT_BASH : OPT_ZSH);
    else if (out->man)
        opt_print_man(stdout, &options_page, rows, COUNT(rows));
    else
        verdict = check(out, &words);
    if (out->scenarios == NULL)
        out->scenarios = target_site_scenarios(SEATRIAL_SCENARIOS);
    out->words = words.rest;
    free(words.options);
    return verdict;
}

void options_fini(struct options *o)
{
    free(o->words);
    *o = (struct options){.command = NULL};
}
