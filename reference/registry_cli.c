#include "reference/registry_cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "reference/enroll.h"
#include "reference/registry_cli_command.h"

static const struct option {
    const char *name;
    const char *value; /* what it takes; NULL: a flag */
    const char *help;
} options[CLI_OPTIONS] = {
    [CLI_DATA] = {"--data",       "DIR",      "data folder of the endpoint (./seatrial-data)"    },
    [CLI_HELP] = {"--help",       NULL,       "this text"                                        },
    [CLI_PASSWORD] = {"--password",   "TEXT",     "the password; else a line of standard input"      },
    [CLI_BCRYPT] = {"--bcrypt",     NULL,       "store a bcrypt hash of it"                        },
    [CLI_SHA512] = {"--sha512",     NULL,       "store a sha512-crypt hash of it"                  },
    [CLI_KEY] = {"--key",        "TEXT",     "the key; else a random one of 32 hex digits"      },
    [CLI_KEY_BASE64] = {"--key-base64", "TEXT",     "the key, in base64"                               },
    [CLI_NOT_BEFORE] = {"--not-before", "TIME",     "valid from, such as 2026-01-31T12:00:00Z"         },
    [CLI_NOT_AFTER] = {"--not-after",  "TIME",     "valid until"                                      },
    [CLI_DAYS] = {"--days",       "N",        "validity of the certificate (825)"                },
    [CLI_OUT] = {"--out",        "DIR",      "folder for certificate and key (DATA/APP)"        },
    [CLI_CA_CERT] = {"--ca-cert",    "FILE",     "the authority (DATA/APP-ca.crt, made when absent)"},
    [CLI_CA_KEY] = {"--ca-key",     "FILE",     "its key (DATA/APP-ca.key)"                        },
    [CLI_LABELS] = {"--labels",     "SELECTOR", "only those, such as `a=b,!c,d in (e,f)`"          },
    [CLI_JSON] = {"--json",       NULL,       "documents instead of a table"                     },
};

enum { EVERYWHERE = 1 << CLI_DATA | 1 << CLI_HELP };

static const struct command {
    const char *words; /* one or two */
    const char *args;  /* names, as shown */
    int min_args;
    int max_args;
    unsigned options; /* 1 << enum cli_option, beside EVERYWHERE */
    bool makes;       /* may be the first: makes folder and registry */
    const char *help;
    enum cli_exit (*run)(struct cli *cli);
} commands[] = {
  /* clang-format off: rows that can be read */
    {"create app",        "APP",                1, 1, 0,                                                     true,  "Creates an application.",                                    cli_create        },
    {"create device",     "APP DEVICE",         2, 2, 0,                                                     false, "Creates a device.",                                          cli_create        },
    {"set password",      "APP DEVICE",         2, 2, 1 << CLI_PASSWORD | 1 << CLI_BCRYPT | 1 << CLI_SHA512,
     false,                                                                                                         "Gives a device one password in place of those that it has.", cli_set_password  },
    {"add psk",           "APP DEVICE",         2, 2,
     1 << CLI_KEY | 1 << CLI_KEY_BASE64 | 1 << CLI_NOT_BEFORE | 1 << CLI_NOT_AFTER,                          false,
     "Adds a pre-shared key to a device and prints its identity and the key.",                                                                                                    cli_add_psk       },
    {"issue certificate", "APP DEVICE",         2, 2,
     1 << CLI_DAYS | 1 << CLI_OUT | 1 << CLI_CA_CERT | 1 << CLI_CA_KEY,                                      false,
     "Signs a certificate for a device; its subject becomes an alias of the device. Makes the\n"
     "      application's authority when there is none, and adds it as trust anchor.",                                                                                            cli_issue         },
    {"add alias",         "APP DEVICE ALIAS",   3, 3, 0,                                                     false, "Adds a name that leads to the device.",
     cli_add_alias                                                                                                                                                                                  },
    {"remove alias",      "APP DEVICE ALIAS",   3, 3, 0,                                                     false, "Removes such a name.",                                       cli_remove_alias  },
    {"add gateway",       "APP DEVICE GATEWAY", 3, 3, 0,                                                     false,
     "Lets the device GATEWAY publish for the device (`as`).",                                                                                                                    cli_add_gateway   },
    {"remove gateway",    "APP DEVICE GATEWAY", 3, 3, 0,                                                     false, "Ends that.",                                                 cli_remove_gateway},
    {"enable",            "APP [DEVICE]",       1, 2, 0,                                                     false, "Lets an application or a device authenticate.",
     cli_enable                                                                                                                                                                                     },
    {"disable",           "APP [DEVICE]",       1, 2, 0,                                                     false, "Refuses them until they are enabled.",
     cli_disable                                                                                                                                                                                    },
    {"delete",            "APP [DEVICE]",       1, 2, 0,                                                     false,
     "Deletes a device, or an application with all its devices.",                                                                                                                 cli_delete        },
    {"list",              "[APP]",              0, 1, 1 << CLI_LABELS | 1 << CLI_JSON,                       false,
     "Lists the applications, or the devices of one.",                                                                                                                            cli_list          },
    {"show",              "APP [DEVICE]",       1, 2, 0,                                                     false,
     "Prints the document of an application or a device, secrets included.",                                                                                                      cli_show          },
    {"import",            "FILE",               1, 1, 0,                                                     true,
     "Merges a file of applications and devices into the registry; `-` is standard input.",                                                                                       cli_import        },
    {"export",            "[FILE]",             0, 1, 0,                                                     false,
     "Writes such a file, secrets included; to standard output without FILE.",                                                                                                    cli_export        },
 /* clang-format on */
};

/* --- help ----------------------------------------------------------------------------------------
 */

static void print_help(void)
{
    (void)printf("Usage: seatrial-endpoint registry COMMAND ... [--data DIR]\n"
                 "Applications and devices of the endpoint's registry. A running endpoint notices\n"
                 "a change within a second.\n\nCommands (each has its own --help):\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        (void)printf("  %s %s\n      %s\n", commands[i].words, commands[i].args, commands[i].help);
    (void)printf(
        "\nExit status: 0 done; 1 not there, there already, or in conflict; 2 wrong use, or\n"
        "a file that cannot be used.\n");
}

static void print_command_help(const struct command *c)
{
    (void)printf("Usage: seatrial-endpoint registry %s %s\n%s\n\nOptions:\n", c->words, c->args,
                 c->help);
    for (size_t i = 0; i < CLI_OPTIONS; i++) {
        char shown[64];

        if (((c->options | EVERYWHERE) & 1U << i) == 0)
            continue;
        (void)snprintf(shown, sizeof shown, "%s %s", options[i].name,
                       options[i].value == NULL ? "" : options[i].value);
        (void)printf("  %-22s %s\n", shown, options[i].help);
    }
}

/* --- words ---------------------------------------------------------------------------------------
 */

PRINTF_LIKE(1, 2) static enum cli_exit wrong_use(const char *format, ...)
{
    va_list args;

    (void)fputs("seatrial-endpoint registry: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputs(" (see seatrial-endpoint registry --help)\n", stderr);
    return CLI_USAGE;
}

/* The words at the start of argv; *used how many there are. */
static const struct command *find_command(int argc, char **argv, int *used)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        const char *words = commands[i].words;
        const char *space = strchr(words, ' ');
        const size_t first = space == NULL ? strlen(words) : (size_t)(space - words);

        if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], words, first) != 0)
            continue;
        *used = space == NULL ? 1 : 2;
        if (space == NULL || (argc > 1 && strcmp(argv[1], space + 1) == 0))
            return &commands[i];
    }
    return NULL;
}

/* The option that word begins; CLI_OPTIONS when it is none. *value is what follows a `=`. */
static enum cli_option find_option(const char *word, const char **value)
{
    const char *equals = strchr(word, '=');
    const size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);

    *value = equals == NULL ? NULL : equals + 1;
    for (size_t i = 0; i < CLI_OPTIONS; i++)
        if (strlen(options[i].name) == len && strncmp(options[i].name, word, len) == 0)
            return (enum cli_option)i;
    return CLI_OPTIONS;
}

/* An option at argv[*at]; steps over the value that it takes. */
static enum cli_exit read_option(const struct command *c, int argc, char **argv, int *at,
                                 struct cli *cli)
{
    const char *value;
    const char *word = argv[*at];
    const enum cli_option o = find_option(word, &value);

    if (o == CLI_OPTIONS || ((c->options | EVERYWHERE) & 1U << o) == 0)
        return wrong_use("%s: unknown option of `%s`", word, c->words);
    if (cli->option[o] != NULL)
        return wrong_use("%s: given twice", options[o].name);
    if (options[o].value == NULL && value != NULL)
        return wrong_use("%s: takes no value", options[o].name);
    if (options[o].value != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return wrong_use("%s: expected %s behind it", options[o].name, options[o].value);
        value = argv[++*at];
    }
    cli->option[o] = value == NULL ? "" : value;
    return CLI_OK;
}

/* The words behind the command. `--` ends the options: a device may have any name. */
static enum cli_exit read_words(const struct command *c, int argc, char **argv, struct cli *cli)
{
    bool only_args = false;
    int args = 0;

    for (int i = 0; i < argc; i++) {
        if (!only_args && strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else if (!only_args && strncmp(argv[i], "--", 2) == 0) {
            const enum cli_exit result = read_option(c, argc, argv, &i, cli);

            if (result != CLI_OK)
                return result;
        } else if (args == c->max_args) {
            return wrong_use("%s: one word too many behind `%s`, expected %s", argv[i], c->words,
                             c->args);
        } else {
            cli->arg[args++] = argv[i];
        }
    }
    if (args < c->min_args && cli->option[CLI_HELP] == NULL)
        return wrong_use("%s: expected %s", c->words, c->args);
    return CLI_OK;
}

/* --- run -----------------------------------------------------------------------------------------
 */

static enum cli_exit say(struct cli *cli, enum cli_exit result)
{
    if (result != CLI_OK)
        (void)fprintf(stderr, "seatrial-endpoint registry: %s\n", cli->why);
    return result;
}

/* Only some commands may make a registry: a wrong --data should not. */
static enum cli_exit open_registry(const struct command *c, struct cli *cli)
{
    char *path = enroll_path(cli->data, STR(REGISTRY_FILE), "");
    enum cli_exit result = CLI_OK;

    if (!c->makes && access(path, F_OK) != 0) {
        (void)snprintf(cli->why, sizeof cli->why,
                       "%.120s: there is no registry; name the endpoint's folder by --data", path);
        result = CLI_USAGE;
    } else if ((c->makes && !enroll_folder(cli->data, cli->why)) ||
               registry_open(path, &cli->target.registry, cli->why) != REGISTRY_OK) {
        result = CLI_USAGE;
    }
    free(path);
    return result;
}

static enum cli_exit run(const struct command *c, struct cli *cli)
{
    enum cli_exit result = open_registry(c, cli);

    cli->target.app = cli->arg[0] == NULL ? STR("") : str_from(cli->arg[0]);
    cli->target.device = cli->arg[1] == NULL ? STR("") : str_from(cli->arg[1]);
    if (result == CLI_OK && c->max_args > 1 && cli->arg[1] != NULL && cli->arg[1][0] == '\0')
        result = wrong_use("DEVICE: expected a name");
    else if (result == CLI_OK)
        result = say(cli, c->run(cli));
    else
        (void)say(cli, result);
    registry_close(&cli->target.registry);
    return result;
}

static enum cli_exit call(int argc, char **argv)
{
    struct cli cli = {.data = NULL};
    int used = 0;

    if (argc < 2)
        return wrong_use("expected a command");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return CLI_OK;
    }
    const struct command *c = find_command(argc - 1, argv + 1, &used);

    if (c == NULL) {
        const bool two = argc > 2 && argv[2][0] != '-';

        return wrong_use("%s%s%s: unknown command", argv[1], two ? " " : "", two ? argv[2] : "");
    }
    const enum cli_exit words = read_words(c, argc - 1 - used, argv + 1 + used, &cli);

    if (words != CLI_OK)
        return words;
    if (cli.option[CLI_HELP] != NULL) {
        print_command_help(c);
        return CLI_OK;
    }
    cli.data = cli.option[CLI_DATA] == NULL ? "./seatrial-data" : cli.option[CLI_DATA];
    return run(c, &cli);
}

int registry_cli_main(int argc, char **argv)
{
    return (int)call(argc, argv);
}
