#include "reference/program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reference/api.h"
#include "reference/authn_service.h"
#include "reference/command_source.h"
#include "reference/demo.h"
#include "reference/descriptors.h"
#include "reference/mutant.h"
#include "reference/notify.h"
#include "reference/registry.h"
#include "reference/reload.h"
#include "reference/server.h"

enum {
    PATH_LEN = 4096,
    READY_TIMEOUT_US = 10 * 1000 * 1000,
    SOURCE_TIMEOUT_US = 2 * 1000 * 1000, /* a broker that is away keeps nobody from starting */
    WHY_LEN = 512,
};

_Static_assert((int)WHY_LEN >= (int)REGISTRY_WHY_LEN && (int)WHY_LEN >= (int)API_WHY_LEN &&
                   (int)WHY_LEN >= (int)SERVER_WHY_LEN &&
                   (int)WHY_LEN >= (int)COMMAND_SOURCE_WHY_LEN,
               "one buffer holds every module's complaint");

/* Everything that is open while the program runs. */
struct program {
    const struct config *config;
    struct registry *registry;
    struct server *server;         /* NULL with --backend-only */
    struct authn_service *authn;   /* only then */
    struct command_source *source; /* NULL: the API's commands only */
    struct api *api;
    sigset_t signals; /* that it waits for */
    bool had_terminal;
};

static enum program_exit complain(const char *why)
{
    (void)fprintf(stderr, "seatrial-endpoint: %s\n", why);
    return PROGRAM_USAGE;
}

static bool open_registry(struct program *p, char *why)
{
    const struct config *c = p->config;
    char path[PATH_LEN];

    if (c->auth_url == NULL)
        (void)snprintf(path, sizeof path, "%s/%s", c->data_dir, REGISTRY_FILE);
    else /* for the workers' readers: a bare endpoint knows nobody */
        (void)snprintf(path, sizeof path, ":memory:");
    if (registry_open(path, &p->registry, why) != REGISTRY_OK)
        return false;
    return c->registry_file == NULL ||
           registry_import(p->registry, c->registry_file, why) == REGISTRY_OK;
}

static bool is_ready(void *arg, int64_t timeout_us, char *why)
{
    struct program *p = arg;

    if (p->server != NULL && !server_ready(p->server, timeout_us, why))
        return false;
    if (p->source == NULL || command_source_is_up(p->source))
        return true;
    (void)snprintf(why, SERVER_WHY_LEN, "the broker of --commands is away");
    return false;
}

static struct command_source_options source_options(const struct config *c)
{
    return (struct command_source_options){
        .url = c->commands,
        .ca_file = c->commands_ca,
        .user = c->commands_user,
        .token_file = c->commands_token,
    };
}

/* Before the API: whoever sees that answer may send commands. */
static bool start_source(struct program *p, char *why)
{
    struct command_source_options options = source_options(p->config);

    if (options.url == NULL || p->server == NULL)
        return true;
    p->source = command_source_open(&options, p->config->auth_url == NULL ? p->registry : NULL,
                                    server_commands(p->server), why);
    if (p->source == NULL)
        return false;
    if (!command_source_await(p->source, SOURCE_TIMEOUT_US))
        log_event(LOG_WARN, "command", "source-away", "advice=\"is --commands right?\"");
    return true;
}

static bool start_api(struct program *p, char *why)
{
    if (p->config->http.count == 0)
        return true;
    struct api_backend backend = {
        .registry = p->config->auth_url == NULL ? p->registry : NULL,
        .commands = p->server == NULL ? NULL : server_commands(p->server),
        .authn = p->authn,
        .ready = is_ready,
        .arg = p,
    };

    p->api = api_start(p->config, &backend, why);
    return p->api != NULL;
}

/* Whoever gave a number that is not open would wait for ever. */
static bool can_tell_ready(const struct config *c, char *why)
{
    if (c->ready_fd < 0 || fcntl(c->ready_fd, F_GETFD) >= 0)
        return true;
    (void)snprintf(why, WHY_LEN, "--ready-fd: descriptor %d is not open", c->ready_fd);
    return false;
}

/* One that was there before may be open to others; what we put into it is not. */
static void warn_of_open_folder(const char *data_dir)
{
    struct stat info;

    if (stat(data_dir, &info) == 0 && (info.st_mode & 077) != 0)
        log_event(LOG_WARN, "program", "data-folder-open", "mode=%04o advice=\"chmod 700\"",
                  (unsigned)info.st_mode & 07777);
}

static bool start(struct program *p, char *why)
{
    const struct config *c = p->config;

    if (!can_tell_ready(c, why))
        return false;
    if (!demo_make_folder(c->data_dir, why) || !open_registry(p, why))
        return false;
    warn_of_open_folder(c->data_dir);
    if (c->demo && !demo_prepare(c->data_dir, p->registry, clock_wall_us(), why))
        return false;
    if (c->backend_only)
        p->authn = authn_service_new(p->registry, c);
    else if ((p->server = server_start(c, p->registry, why)) == NULL || !start_source(p, why))
        return false;
    return start_api(p, why);
}

static void stop(struct program *p)
{
    api_stop(&p->api);
    command_source_close(&p->source); /* before the workers: it has their mailboxes */
    server_stop(&p->server);
    authn_service_free(&p->authn);
    registry_close(&p->registry);
}

/* The signals wait for sigwait from before the first thread. */
static void block_signals(struct program *p)
{
    sigemptyset(&p->signals);
    sigaddset(&p->signals, SIGTERM);
    sigaddset(&p->signals, SIGINT);
    sigaddset(&p->signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &p->signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* From here on a second signal ends the program at once; there is nothing more to reload. */
static void unblock_signals(struct program *p)
{
    (void)signal(SIGHUP, SIG_IGN);
    (void)pthread_sigmask(SIG_UNBLOCK, &p->signals, NULL);
}

static unsigned first_port(const struct addr_list *list)
{
    return list->count == 0 ? 0 : addr_port(&list->addr[0]);
}

static void say_what_to_try(const struct config *c)
{
    struct demo_ports ports = {first_port(&c->coap), first_port(&c->coaps), first_port(&c->http)};

    demo_say(c->data_dir, &ports, stdout);
    (void)fflush(stdout);
}

/* A closed terminal says SIGHUP too, and means the end. */
static bool terminal_is_gone(const struct program *p)
{
    return p->had_terminal && isatty(STDERR_FILENO) == 0;
}

static void reload(struct program *p)
{
    char state[64];

    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)clock_mono_us());
    notify_service(state);
    reload_run(p->config, p->server, p->api);
    notify_service("READY=1");
}

/* Returns the name of the signal that ends the program; reloads meanwhile. */
static const char *await_end(struct program *p)
{
    int number = 0;

    for (;;) {
        (void)sigwait(&p->signals, &number);
        if (number != SIGHUP)
            return number == SIGTERM ? "TERM" : "INT";
        if (terminal_is_gone(p))
            return "HUP";
        reload(p);
    }
}

static enum program_exit serve(struct program *p)
{
    char why[WHY_LEN];

    if (p->server != NULL && !server_answers(p->server, READY_TIMEOUT_US, why)) {
        (void)complain(why);
        return PROGRAM_FAILED;
    }
    if (p->config->demo && p->server != NULL)
        say_what_to_try(p->config);
    log_event(LOG_INFO, "program", "ready", "pid=%d", (int)getpid());
    notify_ready_fd(p->config->ready_fd);
    notify_service("READY=1");
    log_event(LOG_INFO, "program", "stopping", "signal=%s", await_end(p));
    notify_service("STOPPING=1");
    unblock_signals(p);
    return PROGRAM_OK;
}

/* --check-config: what the options name can be read; nothing is bound, made or changed. */
static enum program_exit check(const struct config *c)
{
    char why[WHY_LEN] = "";
    struct registry *scratch = NULL;
    struct command_source_options source = source_options(c);
    bool good = c->backend_only || (server_check(c, why) &&
                                    (c->commands == NULL || command_source_check(&source, why)));

    if (good && c->registry_file != NULL) {
        good = registry_open(":memory:", &scratch, why) == REGISTRY_OK &&
               registry_import(scratch, c->registry_file, why) == REGISTRY_OK;
        registry_close(&scratch);
    }
    if (!good)
        return complain(why);
    (void)puts("configuration ok");
    return PROGRAM_OK;
}

enum program_exit program_run(const struct config *config)
{
    struct program p = {.config = config, .had_terminal = isatty(STDERR_FILENO) == 1};
    char why[WHY_LEN] = "";
    enum program_exit code;

    if (config->mutant != NULL && strcmp(config->mutant, "list") == 0) {
        mutant_list(stdout);
        return PROGRAM_OK;
    }
    if (config->mutant != NULL && !mutant_choose(config->mutant))
        return complain("--mutant: there is none of that name; `--mutant list` names them all");
    (void)umask(077); /* keys, tokens and events are the owner's alone */
    if (config->check_only)
        return check(config);
    block_signals(&p);
    descriptors_raise();
    code = start(&p, why) ? serve(&p) : complain(why);
    stop(&p);
    return code;
}
