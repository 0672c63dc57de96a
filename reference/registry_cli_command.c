#include "reference/registry_cli_command.h"

#include <crypt.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "reference/demo.h"
#include "reference/enroll.h"
#include "reference/registry_doc.h"

enum cli_exit cli_result(struct cli *cli, enum registry_err err)
{
    static const struct {
        enum cli_exit exit;
        const char *text;
    } results[] = {
        [REGISTRY_OK] = {CLI_OK,     ""                                      },
        [REGISTRY_NOT_FOUND] = {CLI_FAILED, "there is no such application or device"},
        [REGISTRY_REFERENCE_NOT_FOUND] = {CLI_FAILED, "there is no such application"          },
        [REGISTRY_CONFLICT] = {CLI_FAILED, "in conflict with what is stored"       },
        [REGISTRY_INVALID] = {CLI_USAGE,  "not allowed"                           },
        [REGISTRY_STORE] = {CLI_USAGE,  "the registry cannot be read or written"},
    };

    if (cli->why[0] == '\0')
        (void)snprintf(cli->why, sizeof cli->why, "%s", results[err].text);
    return results[err].exit;
}

enum cli_exit cli_create(struct cli *cli)
{
    return cli_result(cli, registry_edit_create(&cli->target, cli->why));
}

enum cli_exit cli_enable(struct cli *cli)
{
    return cli_result(cli, registry_edit_disable(&cli->target, false, cli->why));
}

enum cli_exit cli_disable(struct cli *cli)
{
    return cli_result(cli, registry_edit_disable(&cli->target, true, cli->why));
}

enum cli_exit cli_add_alias(struct cli *cli)
{
    return cli_result(
        cli, registry_edit_add(&cli->target, REGISTRY_ALIASES, str_from(cli->arg[2]), cli->why));
}

enum cli_exit cli_remove_alias(struct cli *cli)
{
    return cli_result(
        cli, registry_edit_remove(&cli->target, REGISTRY_ALIASES, str_from(cli->arg[2]), cli->why));
}

enum cli_exit cli_add_gateway(struct cli *cli)
{
    return cli_result(
        cli, registry_edit_add(&cli->target, REGISTRY_GATEWAYS, str_from(cli->arg[2]), cli->why));
}

enum cli_exit cli_remove_gateway(struct cli *cli)
{
    return cli_result(cli, registry_edit_remove(&cli->target, REGISTRY_GATEWAYS,
                                                str_from(cli->arg[2]), cli->why));
}

enum cli_exit cli_delete(struct cli *cli)
{
    const struct registry_target *t = &cli->target;

    return cli_result(cli, t->device.len == 0
                               ? registry_app_delete(t->registry, t->app, NULL)
                               : registry_device_delete(t->registry, t->app, t->device, NULL));
}

enum cli_exit cli_import(struct cli *cli)
{
    return cli_result(cli, registry_import(cli->target.registry, cli->arg[0], cli->why));
}

enum cli_exit cli_export(struct cli *cli)
{
    const char *file = cli->arg[0] == NULL ? "-" : cli->arg[0];

    return cli_result(cli, registry_export(cli->target.registry, file, cli->why));
}

static enum cli_exit usage(struct cli *cli, const char *what)
{
    (void)snprintf(cli->why, sizeof cli->why, "%s", what);
    return CLI_USAGE;
}

/* --- set password --------------------------------------------------------------------------------
 */

/* A line of standard input without its end; not echoed on a terminal. */
static bool read_secret(char *out, size_t cap)
{
    const bool terminal = isatty(STDIN_FILENO) == 1;
    struct termios before = {0};

    if (terminal && tcgetattr(STDIN_FILENO, &before) == 0) {
        struct termios silent = before;

        silent.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        (void)fputs("Password: ", stderr);
    }
    const bool ok = fgets(out, (int)cap, stdin) != NULL;

    if (terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        (void)fputc('\n', stderr);
    }
    if (ok)
        out[strcspn(out, "\n")] = '\0';
    return ok;
}

static enum cli_exit hash_and_set(struct cli *cli, enum registry_password_form form,
                                  const char *password)
{
    const char *prefix = form == REGISTRY_BCRYPT ? "$2b$" : "$6$";
    struct crypt_data *data = xcalloc(1, sizeof *data);
    char *setting = crypt_gensalt_ra(prefix, 0, NULL, 0);
    const char *hash = setting == NULL ? NULL : crypt_r(password, setting, data);
    enum cli_exit result = CLI_USAGE;

    if (hash == NULL || hash[0] == '*')
        (void)usage(cli, "crypt(3) cannot make this hash");
    else
        result =
            cli_result(cli, registry_edit_password(&cli->target, form, str_from(hash), cli->why));
    free(setting);
    explicit_bzero(data, sizeof *data);
    free(data);
    return result;
}

enum cli_exit cli_set_password(struct cli *cli)
{
    char line[1024];
    const char *password = cli->option[CLI_PASSWORD];
    enum cli_exit result;

    if (cli->option[CLI_BCRYPT] != NULL && cli->option[CLI_SHA512] != NULL)
        return usage(cli, "--bcrypt and --sha512 exclude each other");
    if (password == NULL && !read_secret(line, sizeof line))
        return usage(cli, "expected a password on standard input");
    if (password == NULL)
        password = line;
    if (cli->option[CLI_BCRYPT] != NULL)
        result = hash_and_set(cli, REGISTRY_BCRYPT, password);
    else if (cli->option[CLI_SHA512] != NULL)
        result = hash_and_set(cli, REGISTRY_SHA512, password);
    else
        result = cli_result(cli, registry_edit_password(&cli->target, REGISTRY_PLAIN,
                                                        str_from(password), cli->why));
    explicit_bzero(line, sizeof line);
    return result;
}

/* --- add psk -------------------------------------------------------------------------------------
 */

/* The key's bytes. A random one is text, so that every client can be given it. */
static bool choose_key(struct cli *cli, struct buf *out)
{
    uint8_t bytes[REGISTRY_KEY_MAX];
    size_t len;

    if (cli->option[CLI_KEY] != NULL) {
        buf_add_str(out, str_from(cli->option[CLI_KEY]));
        return true;
    }
    if (cli->option[CLI_KEY_BASE64] != NULL) {
        if (!base64_decode(str_from(cli->option[CLI_KEY_BASE64]), bytes, sizeof bytes, &len))
            return false;
        buf_add(out, bytes, len);
        return true;
    }
    if (RAND_bytes(bytes, 16) != 1)
        return false;
    for (size_t i = 0; i < 16; i++)
        buf_add_format(out, "%02x", bytes[i]);
    return true;
}

static void print_key(const struct cli *cli, struct str key)
{
    struct buf base64 = buf_growing();

    base64_encode(&base64, key.ptr, key.len);
    (void)printf("identity:   %s@%s\n", cli->arg[1], cli->arg[0]);
    if (cli->option[CLI_KEY_BASE64] == NULL)
        (void)printf("key:        %.*s\n", (int)key.len, key.ptr);
    (void)printf("key base64: %.*s\n", (int)base64.len, base64.ptr);
    buf_fini(&base64);
}

enum cli_exit cli_add_psk(struct cli *cli)
{
    const char *not_before = cli->option[CLI_NOT_BEFORE];
    const char *not_after = cli->option[CLI_NOT_AFTER];
    struct buf key = buf_growing();
    enum cli_exit result;

    if (cli->option[CLI_KEY] != NULL && cli->option[CLI_KEY_BASE64] != NULL)
        return usage(cli, "--key and --key-base64 exclude each other");
    if ((not_before == NULL) != (not_after == NULL))
        return usage(cli, "--not-before and --not-after belong together");
    if (choose_key(cli, &key)) {
        const struct registry_edit_key edit = {
            .key = buf_str(&key),
            .not_before = not_before == NULL ? STR("") : str_from(not_before),
            .not_after = not_after == NULL ? STR("") : str_from(not_after),
        };

        result = cli_result(cli, registry_edit_psk(&cli->target, &edit, cli->why));
        if (result == CLI_OK)
            print_key(cli, edit.key);
    } else {
        result = usage(cli, "--key-base64: expected 1 to 512 bytes in base64");
    }
    buf_fini(&key);
    return result;
}

/* --- issue certificate ---------------------------------------------------------------------------
 */

/* A name that is a safe file name stays; another gives way to the device's uid. */
static bool is_file_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && (c != '.' || i == 0))
            return false;
    }
    return name.len > 0 && name.len <= 200;
}

struct issue_files {
    char *ca_cert;
    char *ca_key;
    char *folder;
    char *cert;
    char *key;
};

static void free_files(struct issue_files *f)
{
    free(f->ca_cert);
    free(f->ca_key);
    free(f->folder);
    free(f->cert);
    free(f->key);
}

/* The demo's application has the authority that its demo made. */
static struct issue_files name_files(const struct cli *cli, struct str device)
{
    const bool demo = strcmp(cli->arg[0], DEMO_APP) == 0;
    const struct str ca = demo ? STR("demo") : str_from(cli->arg[0]);
    struct issue_files f = {0};

    f.ca_cert = cli->option[CLI_CA_CERT] == NULL ? enroll_path(cli->data, ca, "-ca.crt")
                                                 : xstrdup(str_from(cli->option[CLI_CA_CERT]));
    f.ca_key = cli->option[CLI_CA_KEY] == NULL ? enroll_path(cli->data, ca, "-ca.key")
                                               : xstrdup(str_from(cli->option[CLI_CA_KEY]));
    f.folder = cli->option[CLI_OUT] == NULL ? enroll_path(cli->data, cli->target.app, "")
                                            : xstrdup(str_from(cli->option[CLI_OUT]));
    f.cert = enroll_path(f.folder, device, ".crt");
    f.key = enroll_path(f.folder, device, ".key");
    return f;
}

static bool issue(struct cli *cli, const struct issue_files *f, int days)
{
    const int64_t now_us = clock_wall_us();
    const struct registry_target app = {
        cli->target.registry, cli->target.app, {"", 0}
    };
    struct pki authority;

    if (!enroll_folder(f->folder, cli->why) ||
        !enroll_authority(&app, f->ca_cert, f->ca_key, now_us, &authority, cli->why))
        return false;
    const struct enroll_order order = {&authority, now_us, days, f->cert, f->key};
    const bool ok = enroll_device(&cli->target, &order, cli->why);

    pki_fini(&authority);
    if (ok)
        (void)printf("certificate: %s\nkey:         %s\nauthority:   %s\n", f->cert, f->key,
                     f->ca_cert);
    return ok;
}

/* A whole number from 1 to 36500; 0 when text is none. */
static int days_of(const char *text)
{
    char *end;
    const long days = strtol(text, &end, 10);

    return *text != '\0' && *end == '\0' && days >= 1 && days <= 36500 ? (int)days : 0;
}

enum cli_exit cli_issue(struct cli *cli)
{
    const char *days_text = cli->option[CLI_DAYS];
    const int days = days_text == NULL ? ENROLL_DAYS : days_of(days_text);
    json_t *doc;

    if (days == 0)
        return usage(cli, "--days: expected a number from 1 to 36500");
    if ((cli->option[CLI_CA_CERT] == NULL) != (cli->option[CLI_CA_KEY] == NULL))
        return usage(cli, "--ca-cert and --ca-key belong together");
    const enum registry_err err =
        registry_device_get(cli->target.registry, cli->target.app, cli->target.device, &doc);

    if (err != REGISTRY_OK)
        return cli_result(cli, err);
    const json_t *uid = json_object_get(json_object_get(doc, "metadata"), "uid");
    struct issue_files f =
        name_files(cli, is_file_name(cli->target.device) ? cli->target.device
                                                         : str_from(json_string_value(uid)));
    const bool ok = issue(cli, &f, days);

    free_files(&f);
    json_decref(doc);
    return ok ? CLI_OK : CLI_FAILED;
}
