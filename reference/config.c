#include "reference/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/opt.h"
#include "lib/opt_compare.h"
#include "lib/opt_completion.h"
#include "lib/opt_help.h"
#include "lib/utf8.h"
#include "reference/command_source.h"
#include "reference/config_page.h"
#include "reference/sink.h"

enum { MAX_FILE_LEN = 1 << 20 };

_Static_assert((int)OPT_WHY_LEN >= (int)SINK_WHY_LEN &&
                   (int)OPT_WHY_LEN >= (int)COMMAND_SOURCE_WHY_LEN,
               "a complaint of the sink or the source fits");

/* The options that end the program at once are no part of struct config. */
struct command_line {
    struct config config;
    bool help;
    bool version;
    bool man;
    bool completion_bash;
    bool completion_zsh;
};

static const struct opt rows[] = {
#define HEADING(title, help) {title, OPT_HEADING, 0, 0, NULL, NULL, NULL, NULL, help, 0},
#define X(field, name, kind, initial, unit, min, max, help, flags)                                 \
    OPT_ROW(command_line, config.field, name, kind, initial, unit, min, max, help, flags),
#define ACTION(field, name, help, flags)                                                           \
    OPT_ROW(command_line, field, name, FLAG, NULL, NULL, NULL, NULL, help, OPT_ARGS_ONLY | (flags)),
#include "reference/config_table.h"
#undef ACTION
#undef X
#undef HEADING
};

static void init(struct opt_reader *reader, struct command_line *line)
{
    *line = (struct command_line){.config = {.listen_given = false}};
    opt_init(reader, rows, COUNT(rows), line);
    line->config.ready_fd = -1;
    line->config.sink = "file:./seatrial-data/events.ndjson";
    line->config.api_token_file = "./seatrial-data/api-token";
}

void config_defaults(struct config *c)
{
    struct opt_reader reader;
    struct command_line line;

    init(&reader, &line);
    *c = line.config;
}

static bool fail(char *why, const char *format, ...) PRINTF_LIKE(2, 3);

static bool fail(char *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why, OPT_WHY_LEN, format, args);
    va_end(args);
    return false;
}

/* The whole file with a NUL after it in c->owned_file. */
static bool read_file(struct config *c, size_t *len, char *why)
{
    FILE *file = fopen(c->config_file, "re");
    bool ok = false;

    if (file == NULL)
        return fail(why, "%s: %s", c->config_file, strerror(errno));
    c->owned_file = xmalloc(MAX_FILE_LEN + 1);
    *len = fread(c->owned_file, 1, MAX_FILE_LEN + 1, file);
    if (ferror(file) != 0)
        (void)fail(why, "%s: %s", c->config_file, strerror(errno));
    else if (*len > MAX_FILE_LEN)
        (void)fail(why, "%s: longer than 1 MiB", c->config_file);
    else
        ok = true;
    (void)fclose(file);
    if (ok)
        c->owned_file[*len] = '\0';
    return ok;
}

static bool is_named(const struct opt_reader *reader, const char *name)
{
    return opt_origin_of(reader, name) != OPT_FROM_DEFAULT;
}

/* See config.h: where it listens and when it makes demo credentials. */
static void settle_listening(struct config *c, const struct opt_reader *reader)
{
    c->listen_given =
        is_named(reader, "coap") || is_named(reader, "coaps") || is_named(reader, "http");
    if (c->listen_given) {
        if (!is_named(reader, "coap"))
            c->coap.count = 0;
        if (!is_named(reader, "coaps"))
            c->coaps.count = 0;
        if (!is_named(reader, "http"))
            c->http.count = 0;
    }
    if (c->backend_only && !is_named(reader, "coap"))
        c->coap.count = 0;
    if (c->backend_only && !is_named(reader, "coaps"))
        c->coaps.count = 0;
    if (!is_named(reader, "demo"))
        c->demo =
            !c->listen_given && c->config_file == NULL && !c->backend_only && c->auth_url == NULL;
}

/* `prefix` `data_dir` `/name`, to be freed. */
static char *in_data_dir(const struct config *c, const char *prefix, const char *name)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s%s/%s", prefix, c->data_dir, name);
    buf_add_char(&b, '\0');
    return b.ptr;
}

static void settle_paths(struct config *c, const struct opt_reader *reader)
{
    if (!is_named(reader, "sink"))
        c->sink = c->owned_sink = in_data_dir(c, "file:", "events.ndjson");
    if (!is_named(reader, "api-token"))
        c->api_token_file = c->owned_token_file = in_data_dir(c, "", "api-token");
}

static bool is_plain_text(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    }
    return utf8_valid(str_from(text));
}

/* Who is served, and where. */
static bool check_served(const struct config *c, char *why)
{
    bool devices = c->coap.count > 0 || c->coaps.count > 0;

    if (c->drogue_quirks && !c->backend_only)
        return fail(why, "drogue-quirks belongs to backend-only, which is missing");
    if (c->backend_only && devices)
        return fail(why, "backend-only serves no devices: leave out --coap and --coaps");
    if (c->backend_only && c->http.count == 0)
        return fail(why, "backend-only serves HTTP alone: name an address with --http");
    if (c->auth_url != NULL && (c->backend_only || c->demo || c->registry_file != NULL))
        return fail(why, "auth-url means that this process has no registry: leave out %s",
                    c->backend_only ? "backend-only"
                    : c->demo       ? "demo"
                                    : "registry");
    if (!c->backend_only && !devices)
        return fail(why, "no device could connect: name an address with --coap or --coaps");
    return true;
}

/* What no single option can know. */
static bool check_together(const struct config *c, char *why)
{
    if (!check_served(c, why))
        return false;
    if (!sink_url_known(c->sink, why))
        return false;
    if (c->commands != NULL && !command_source_url_known(c->commands, why))
        return false;
    if ((c->server_cert == NULL) != (c->server_key == NULL))
        return fail(why, "cert and key belong together: %s is missing",
                    c->server_cert == NULL ? "cert" : "key");
    if (c->empty_ack_delay_us >= c->ack_timeout_us)
        return fail(why,
                    "empty-ack-delay (%lld ms) must be below ack-timeout (%lld ms), or clients "
                    "repeat their requests",
                    (long long)(c->empty_ack_delay_us / US_PER_MS),
                    (long long)(c->ack_timeout_us / US_PER_MS));
    /* a control character takes six bytes in JSON */
    if (c->sink_max_bytes < 8 * c->max_payload_bytes)
        return fail(why,
                    "sink-max-bytes (%lld) must hold an event of the largest payload: at least 8 x "
                    "max-payload (%lld)",
                    (long long)c->sink_max_bytes, (long long)c->max_payload_bytes);
    if (!is_plain_text(c->instance))
        return fail(why, "instance: expected UTF-8 without control characters");
    return true;
}

static bool load(struct opt_reader *reader, struct config *c, char *why)
{
    size_t len = 0;

    if (c->config_file != NULL) {
        if (!read_file(c, &len, why) ||
            !opt_read_text(reader, c->config_file, c->owned_file, len, why))
            return false;
    }
    settle_listening(c, reader);
    settle_paths(c, reader);
    return check_together(c, why);
}

enum config_verdict config_load(int argc, char **argv, struct config *out)
{
    struct opt_reader reader;
    struct command_line line;
    char why[OPT_WHY_LEN];
    enum config_verdict verdict = CONFIG_EXIT_OK;

    init(&reader, &line);
    line.config.argc = argc;
    line.config.argv = argv;
    if (!opt_read_args(&reader, argc, argv, why)) {
        verdict = CONFIG_EXIT_USAGE;
    } else if (line.help) {
        opt_print_help(stdout, &config_page, rows, COUNT(rows));
    } else if (line.version) {
        (void)printf("%s %s\n", config_page.program, config_page.version);
    } else if (line.man) {
        config_print_man(stdout);
    } else if (line.completion_bash || line.completion_zsh) {
        opt_print_completion(stdout, line.completion_bash ? OPT_BASH : OPT_ZSH, &config_page,
                             "registry", rows, COUNT(rows));
    } else {
        verdict = load(&reader, &line.config, why) ? CONFIG_RUN : CONFIG_EXIT_USAGE;
    }
    if (verdict == CONFIG_EXIT_USAGE)
        (void)fprintf(stderr, "%s: %s (--help lists the options)\n", config_page.program, why);
    *out = line.config;
    return verdict;
}

bool config_reload(const struct config *running, struct config *out, char *why)
{
    struct opt_reader reader;
    struct command_line line;

    init(&reader, &line);
    line.config.argc = running->argc;
    line.config.argv = running->argv;
    bool good = opt_read_args(&reader, running->argc, running->argv, why) &&
                load(&reader, &line.config, why);

    *out = line.config;
    return good;
}

struct reporter {
    void (*report)(void *arg, const char *name);
    void *arg;
};

static void report_if_fixed(void *arg, const struct opt *row)
{
    const struct reporter *r = arg;

    if ((row->flags & OPT_LIVE) == 0)
        r->report(r->arg, row->name);
}

void config_report_fixed(const struct config *running, const struct config *fresh,
                         void (*report)(void *arg, const char *name), void *arg)
{
    struct command_line a = {.config = *running};
    struct command_line b = {.config = *fresh};
    struct reporter r = {report, arg};

    opt_compare(rows, COUNT(rows), &a, &b, report_if_fixed, &r);
}

void config_fini(struct config *c)
{
    free(c->owned_file);
    free(c->owned_sink);
    free(c->owned_token_file);
    c->owned_file = c->owned_sink = c->owned_token_file = NULL;
}

void config_print_man(FILE *out)
{
    opt_print_man(out, &config_page, rows, COUNT(rows));
}
