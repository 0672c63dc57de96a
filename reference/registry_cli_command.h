/*
 * One call of `seatrial-endpoint registry`: its words, sorted, and the commands that work on them.
 */
#ifndef REFERENCE_REGISTRY_CLI_COMMAND_H
#define REFERENCE_REGISTRY_CLI_COMMAND_H

#include "reference/registry_edit.h"

enum cli_option {
    CLI_DATA,
    CLI_HELP,
    CLI_PASSWORD,
    CLI_BCRYPT,
    CLI_SHA512,
    CLI_KEY,
    CLI_KEY_BASE64,
    CLI_NOT_BEFORE,
    CLI_NOT_AFTER,
    CLI_DAYS,
    CLI_OUT,
    CLI_CA_CERT,
    CLI_CA_KEY,
    CLI_LABELS,
    CLI_JSON,
    CLI_OPTIONS
};

enum { CLI_MAX_ARGS = 3 };

enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli {
    const char *data;                /* the folder */
    const char *option[CLI_OPTIONS]; /* NULL: not given; a flag that is given: "" */
    const char *arg[CLI_MAX_ARGS];   /* APP, DEVICE, ... ; NULL: not given */
    struct registry_target target;   /* of the first two */
    char why[REGISTRY_WHY_LEN];      /* what went wrong; a command may leave it empty */
};

/* All work on cli->target and the third argument; the registry is open. */
enum cli_exit cli_create(struct cli *cli);
enum cli_exit cli_set_password(struct cli *cli);
enum cli_exit cli_add_psk(struct cli *cli);
enum cli_exit cli_issue(struct cli *cli);
enum cli_exit cli_add_alias(struct cli *cli);
enum cli_exit cli_remove_alias(struct cli *cli);
enum cli_exit cli_add_gateway(struct cli *cli);
enum cli_exit cli_remove_gateway(struct cli *cli);
enum cli_exit cli_enable(struct cli *cli);
enum cli_exit cli_disable(struct cli *cli);
enum cli_exit cli_delete(struct cli *cli);
enum cli_exit cli_list(struct cli *cli);
enum cli_exit cli_show(struct cli *cli);
/* The first argument is a file. */
enum cli_exit cli_import(struct cli *cli);
enum cli_exit cli_export(struct cli *cli);

/* The exit code of a registry error; sets why where that is empty. */
enum cli_exit cli_result(struct cli *cli, enum registry_err err);

#endif
