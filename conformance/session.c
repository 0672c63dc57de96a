#include "conformance/session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/target_files.h"

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

bool session_read(struct session *s, const struct options *o, uint64_t seed, char *why)
{
    struct target_site_options site = {
        .target = o->target,
        .scenarios = options_scenarios(o),
        .backend = o->backend,
        .seed = seed,
    };

    *s = (struct session){.keep = o->keep};
    (void)snprintf(s->seed, sizeof s->seed, "%llx", (unsigned long long)seed);
    if (target_site_is_address(o->target))
        return from_address(s, o, why);
    return target_site_load(&s->site, &site, &s->target, why);
}

static char *below(const char *dir, const char *name)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s/%s", dir, name);
    buf_add_char(&b, '\0');
    return b.ptr;
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
    if (!target_resolve(&s->target, why))
        return false;
    if (!target_site_start_helpers(&s->site, &s->target, s->log_file, why)) {
        s->unusable = s->site.unusable;
        return false;
    }
    s->broker = broker_start(&broker, why);
    s->unusable = s->broker == NULL;
    if (s->unusable)
        return false;
    s->site.places.events_url = broker_events_url(s->broker);
    char *backend_log = below(out_dir, "backend.log");
    bool ok = target_site_start_backend(&s->site, backend_log, why);

    free(backend_log);
    s->launch = (struct launch){
        .target = &s->target,
        .places = &s->site.places,
        .program = o->endpoint,
        .mutant = o->mutant,
        .log_file = s->log_file,
    };
    ok = ok && (s->target.start.exec == NULL || launch_start(&s->launch, why));
    s->unusable = s->launch.unusable || (ok && !target_files_check(&s->target, why));
    return ok && !s->unusable;
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

void session_close(struct session *s, struct broker_summary *summary)
{
    *summary = (struct broker_summary){.strays = 0};
    if (s->broker != NULL) /* while the target still lives: what was provisioned is removed */
        broker_finish(&s->broker, summary);
    launch_stop(&s->launch);
    target_site_close(&s->site, s->keep);
    target_fini(&s->target);
    free(s->log_file);
    free(s->strays_file);
    *s = (struct session){.broker = NULL};
}
