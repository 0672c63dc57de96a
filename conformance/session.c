#include "conformance/session.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool from_address(struct session *s, const struct options *o, char *why)
{
    struct target_device device = {
        .application = o->application,
        .device = o->device,
        .password = o->password,
        .psk = o->psk,
        .cert = o->cert,
        .key = o->key,
    };
    bool has_device = o->application != NULL && o->device != NULL;

    if ((o->application == NULL) != (o->device == NULL)) {
        (void)snprintf(why, SESSION_WHY_LEN, "--application and --device belong together");
        return false;
    }
    if (!target_from_url(&s->target, o->target, has_device ? &device : NULL, why))
        return false;
    s->target.tls.ca = o->ca;
    return true;
}

/* `reference` is SCENARIOS/targets/reference.lua; what has a slash or ends with .lua is a path. */
static char *file_of(const struct options *o)
{
    const char *name = o->target;
    size_t len = strlen(name);
    struct buf b = buf_growing();

    if (strchr(name, '/') != NULL || (len > 4 && strcmp(name + len - 4, ".lua") == 0))
        return xstrdup(str_from(name));
    buf_add_format(&b, "%s/targets/%s.lua", options_scenarios(o), name);
    buf_add_char(&b, '\0');
    return b.ptr;
}

bool session_read(struct session *s, const struct options *o, uint64_t seed, char *why)
{
    char *file;
    bool ok;

    *s = (struct session){.keep = o->keep};
    (void)snprintf(s->seed, sizeof s->seed, "%llx", (unsigned long long)seed);
    (void)snprintf(s->dir, sizeof s->dir, "/tmp/seatrial-XXXXXX");
    if (starts(o->target, "coap://") || starts(o->target, "coaps://")) {
        s->dir[0] = '\0';
        return from_address(s, o, why);
    }
    if (mkdtemp(s->dir) == NULL) {
        (void)snprintf(why, SESSION_WHY_LEN, "a folder for the target: %s", strerror(errno));
        s->dir[0] = '\0';
        return false;
    }
    s->places.dir = s->dir;
    s->places.seed = s->seed;
    if (!target_free_ports(&s->places)) {
        (void)snprintf(why, SESSION_WHY_LEN, "no free ports on 127.0.0.1");
        return false;
    }
    backend_read(&s->backend, o->backend, &s->places);
    file = file_of(o);
    ok = target_load(&s->target, file, &s->places, why);
    free(file);
    return ok;
}

static char *below(const char *dir, const char *name)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s/%s", dir, name);
    buf_add_char(&b, '\0');
    return b.ptr;
}

/* Their output goes where the target's does. */
static bool start_helpers(struct session *s, char *why)
{
    assert(s->target.helper_count <= COUNT(s->helper));
    for (size_t i = 0; i < s->target.helper_count; i++) {
        s->helper[i] = (struct launch){
            .target = &s->target,
            .places = &s->places,
            .helper = &s->target.helpers[i],
            .log_file = s->log_file,
        };
        if (!launch_start(&s->helper[i], why))
            return false;
    }
    return true;
}

bool session_open(struct session *s, const struct options *o, const char *out_dir, char *why)
{
    struct broker_options broker = {.target = &s->target, .speed = o->speed, .keep = o->keep};

    s->log_file = below(out_dir, "target.log");
    s->strays_file = below(out_dir, "strays.jsonl");
    (void)unlink(s->log_file); /* of an earlier run */
    (void)unlink(s->strays_file);
    broker.run_id = s->seed;
    broker.strays_file = s->strays_file;
    broker.can_restart = s->target.start.exec != NULL;
    if (!target_resolve(&s->target, why) || !start_helpers(s, why))
        return false;
    s->broker = broker_start(&broker, why);
    if (s->broker == NULL)
        return false;
    s->places.events_url = broker_events_url(s->broker);
    char *backend_log = below(out_dir, "backend.log");
    bool ok = backend_start(&s->backend, &s->places, backend_log, why);

    free(backend_log);
    s->launch = (struct launch){
        .target = &s->target,
        .places = &s->places,
        .program = o->endpoint,
        .mutant = o->mutant,
        .log_file = s->log_file,
    };
    return ok && (s->target.start.exec == NULL || launch_start(&s->launch, why));
}

bool session_restart(struct session *s)
{
    char why[LAUNCH_WHY_LEN];

    if (s->target.start.exec == NULL)
        return false;
    launch_stop(&s->launch);
    if (launch_start(&s->launch, why))
        return true;
    (void)fprintf(stderr, "seatrial: %s\n", why);
    return false;
}

bool session_kill(struct session *s, char *why)
{
    if (s->launch.pid > 0)
        (void)kill(-s->launch.pid, SIGKILL);
    launch_stop(&s->launch); /* waits until it is gone */
    return launch_start(&s->launch, why);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    UNUSED(st);
    UNUSED(kind);
    UNUSED(place);
    return remove(path);
}

void session_close(struct session *s, struct broker_summary *summary)
{
    *summary = (struct broker_summary){.strays = 0};
    if (s->broker != NULL) /* while the target still lives: what was provisioned is removed */
        broker_finish(&s->broker, summary);
    launch_stop(&s->launch);
    backend_stop(&s->backend);
    for (size_t i = 0; i < s->target.helper_count; i++)
        launch_stop(&s->helper[i]);
    if (s->dir[0] != '\0' && !s->keep)
        (void)nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    target_fini(&s->target);
    free(s->log_file);
    free(s->strays_file);
    *s = (struct session){.broker = NULL};
}
