#include "conformance/options.h"

#include <stdlib.h>

#include "conformance/case.h"
#include "conformance/options_page.h"
#include "lib/buf.h"
#include "lib/nearest.h"
#include "lib/opt.h"
#include "lib/opt_completion.h"
#include "lib/opt_words.h"
#include "lib/target_site.h"

static const struct opt rows[] = {
#define HEADING(title, help) {title, OPT_HEADING, 0, 0, NULL, NULL, NULL, NULL, help, 0},
#define X(field, name, kind, initial, unit, min, max, help, flags)                                 \
    OPT_ROW(options, field, name, kind, initial, unit, min, max, help, flags),
#include "conformance/options_table.h"
#undef X
#undef HEADING
};

static const struct opt_letter letters[] = {
    {"-t", "--target"},
    {"-j", "--jobs"  },
};

static enum options_verdict refuse(const char *why)
{
    (void)fprintf(stderr, "seatrial: %s (--help lists commands and options)\n", why);
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
    if (n.found != NULL)
        (void)snprintf(why, sizeof why, "unknown command \"%.64s\", did you mean %s?", name,
                       n.found);
    else
        (void)snprintf(why, sizeof why, "unknown command \"%.64s\"", name);
    return refuse(why);
}

/* False: a name is none of a binding. */
static bool read_bindings(struct options *o)
{
    const char *at = o->binding;

    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ",");
        bool known = false;

        for (int b = 0; b < BINDINGS; b++) {
            const char *name = binding_name((enum binding)b);

            if (strlen(name) == len && strncmp(at, name, len) == 0) {
                o->bindings |= 1U << b;
                known = true;
            }
        }
        if (!known)
            return false;
        at += len + (at[len] == ',');
    }
    return at == NULL || o->bindings != 0;
}

static enum options_verdict check(struct options *o)
{
    const struct options_command *command;
    char why[OPT_WHY_LEN];

    if (o->args.count == 0)
        return refuse("a command is missing");
    o->command = o->args.item[0];
    o->args.item++;
    o->args.count--;
    command = find_command(o->command);
    if (command == NULL)
        return refuse_command(o->command);
    if (o->args.count < command->min_args || o->args.count > command->max_args) {
        (void)snprintf(why, sizeof why, "usage: seatrial %s %s", command->name, command->args);
        return refuse(why);
    }
    if (command->needs_target && o->target == NULL) {
        (void)snprintf(why, sizeof why, "%s needs a target: -t NAME, FILE or coap://HOST",
                       command->name);
        return refuse(why);
    }
    if (!read_bindings(o)) {
        (void)snprintf(why, sizeof why, "--binding %.64s: expected some of coap,%s,%s", o->binding,
                       binding_name(BINDING_COAPS_PSK), binding_name(BINDING_COAPS_X509));
        return refuse(why);
    }
    if (o->format == FORMAT_HTML && strcmp(command->name, "matrix") != 0)
        return refuse("--format html: only of matrix; run has --report html=FILE");
    return OPTIONS_RUN;
}

static void print_completion(enum opt_shell shell)
{
    struct buf words = buf_growing();

    for (size_t i = 0; i < options_command_count; i++)
        buf_add_format(&words, "%s%s", i == 0 ? "" : " ", options_commands[i].name);
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

    *out = (struct options){.command = NULL};
    opt_init(&reader, rows, COUNT(rows), out);
    opt_words_part(&words, argc, argv);
    out->args = (struct texts){words.rest, words.rest_count};
    if (!opt_read_args(&reader, words.option_count, words.options, why))
        verdict = refuse(why);
    else if (out->help)
        opt_print_help(stdout, &options_page, rows, COUNT(rows));
    else if (out->version)
        (void)printf("%s %s\n", options_page.program, options_page.version);
    else if (out->man)
        opt_print_man(stdout, &options_page, rows, COUNT(rows));
    else if (out->completion_bash || out->completion_zsh)
        print_completion(out->completion_bash ? OPT_BASH : OPT_ZSH);
    else
        verdict = check(out);
    out->impact_given = opt_origin_of(&reader, "impact") != OPT_FROM_DEFAULT;
    out->repeat_given = opt_origin_of(&reader, "repeat") != OPT_FROM_DEFAULT;
    free(words.options);
    out->base = words.rest;
    return verdict;
}

void options_fini(struct options *o)
{
    free(o->base);
    *o = (struct options){.command = NULL};
}

const char *options_scenarios(const struct options *o)
{
    return o->scenarios != NULL ? o->scenarios : target_site_scenarios(SEATRIAL_SCENARIOS);
}
