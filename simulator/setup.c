#include "simulator/setup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/target_probe.h"

enum {
    GATEWAY_RATE = 265, /* 65 536 message IDs in EXCHANGE_LIFETIME, RFC 7252 4.4, 4.8.2 */
    OUT_MODE = 0700,
};

volatile sig_atomic_t setup_interrupts;
_Atomic(bool) setup_is_interrupted;

void setup_interrupt(void)
{
    setup_interrupts++;
    atomic_store(&setup_is_interrupted, true);
}

static void on_signal(int number)
{
    UNUSED(number);
    setup_interrupt();
}

void setup_catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};

    (void)sigemptyset(&a.sa_mask);
    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

const char *setup_out(const struct options *o)
{
    return o->out == NULL ? "seatrial-out/swarm" : o->out;
}

char *setup_path(const struct options *o, const char *name)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s/%s", setup_out(o), name);
    buf_add_char(&b, '\0');
    return b.ptr;
}

bool setup_make_out(const struct options *o, char *why)
{
    char *path = xstrdup(str_from(setup_out(o)));
    bool ok = true;

    for (char *slash = strchr(path + 1, '/'); ok; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        ok = mkdir(path, OUT_MODE) == 0 || errno == EEXIST;
        if (slash == NULL)
            break;
        *slash = '/';
    }
    if (!ok)
        (void)snprintf(why, SETUP_WHY_LEN, "--out %s: %s", path, strerror(errno));
    free(path);
    return ok;
}

/* --- target */

static bool read_target(struct setup *s, char *why)
{
    const struct options *o = s->options;
    struct target_site_options site = {
        .target = o->target,
        .scenarios = o->scenarios,
        .backend = o->backend,
        .seed = o->seed_number,
    };

    if (target_site_is_address(o->target))
        return target_from_url(&s->target, o->target, NULL, why);
    return target_site_load(&s->site, &site, &s->target, why);
}

/* Load goes only to this machine, unless somebody says whose the target is. */
static bool is_allowed(const struct setup *s, const struct target_address *a, char *why)
{
    const char *owned = s->options->own_target;

    if (a->host == NULL || addr_is_loopback(&a->addr))
        return true;
    if (owned != NULL && strcmp(owned, a->host) == 0)
        return true;
    (void)snprintf(why, SETUP_WHY_LEN,
                   "%s is not this machine: if it is yours and may be loaded, say "
                   "--i-own-this-target %s",
                   a->host, a->host);
    return false;
}

/* --- profile and size */

static bool needs(const struct profile *p, bool dtls)
{
    for (size_t i = 0; i < p->class_count; i++) {
        if (profile_is_dtls(p->classes[i].credential) == dtls)
            return true;
    }
    return false;
}

static bool has_addresses(const struct setup *s, char *why)
{
    bool coap = s->target.coap.host != NULL;
    bool coaps = s->target.coaps.host != NULL;

    if ((coap || !needs(&s->profile, false)) && (coaps || !needs(&s->profile, true)))
        return true;
    (void)snprintf(why, SETUP_WHY_LEN,
                   "profile %s has devices for %s, and the target has no such address",
                   s->profile.name, coap ? "coaps" : "coap");
    return false;
}

/* Where the slice begins. */
static int64_t part_of(int64_t whole, int64_t index, int64_t count)
{
    return whole * index / count;
}

static void limit_workers(struct setup *s, int64_t processes)
{
    if (s->options->workers == 0)
        s->workers = s->workers > processes ? s->workers / (int)processes : 1;
    if (s->workers > s->devices)
        s->workers = (int)s->devices;
}

void setup_take_slice(struct setup *s, int64_t index, int64_t count)
{
    int64_t window = part_of(s->window, index + 1, count) - part_of(s->window, index, count);

    s->first_device = part_of(s->all_devices, index, count);
    s->devices = part_of(s->all_devices, index + 1, count) - s->first_device;
    s->window = s->window > 0 && window == 0 ? 1 : window;
    limit_workers(s, count);
}

static void size_up(struct setup *s)
{
    const struct options *o = s->options;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    bool local = addr_is_loopback(&s->target.coap.addr) || addr_is_loopback(&s->target.coaps.addr);

    s->all_devices = o->devices > 0 ? o->devices : s->profile.devices;
    s->first_device = part_of(s->all_devices, o->slice_index, o->slice_count);
    s->devices = part_of(s->all_devices, o->slice_index + 1, o->slice_count) - s->first_device;
    if (s->plan != NULL) {
        s->all_devices = s->plan->head.all_devices;
        s->first_device = s->plan->head.first_device;
        s->devices = s->plan->head.device_count;
    }
    s->window = o->window > 0 || !isnan(o->rate_per_s) ? o->window : s->profile.window;
    s->workers = o->workers;
    if (s->workers == 0)
        s->workers = local && processors > 1 ? (int)processors / 2 : (int)processors;
    if (s->source.kind == SOURCE_GATEWAY && o->workers == 0)
        s->workers = 1;
    limit_workers(s, 1);
}

/* The largest growth of the load, publishes a second in a second. */
static double steepest(const struct profile *p, double rate_per_s)
{
    double last = 0;
    double most = 0;

    for (size_t i = 0; i < p->stage_count; i++) {
        const struct profile_stage *stage = &p->stages[i];
        double seconds = (double)stage->duration_us / (double)US_PER_S;

        most = fmax(most, (stage->from - last) * rate_per_s);
        most = fmax(most, (stage->to - stage->from) * rate_per_s / seconds);
        last = stage->to;
    }
    return most;
}

static double rate_of(const struct setup *s)
{
    const struct options *o = s->options;

    return isnan(o->rate_per_s) ? (double)s->all_devices * o->compress / s->profile.period_s
                                : o->rate_per_s;
}

static bool fits(struct setup *s, char *why)
{
    const struct options *o = s->options;

    if (s->all_devices < o->slice_count) {
        (void)snprintf(why, SETUP_WHY_LEN, "--slice: %lld devices do not make %lld parts",
                       (long long)s->all_devices, (long long)o->slice_count);
        return false;
    }
    if (s->all_devices < o->processes) {
        (void)snprintf(why, SETUP_WHY_LEN, "--processes: %lld devices are too few for %d",
                       (long long)s->all_devices, o->processes);
        return false;
    }
    if (o->processes > 1 && o->events && s->target.events.kind == EVENTS_HTTP_SINK) {
        (void)snprintf(why, SETUP_WHY_LEN,
                       "--processes: target %s sends its events to one process only; let them come "
                       "by file, mqtt or kafka, or say --no-events",
                       s->target.name);
        return false;
    }
    if (s->window == 0 && isnan(o->rate_per_s) && isnan(s->profile.period_s)) {
        (void)snprintf(why, SETUP_WHY_LEN, "profile %s has no period: say --rate R/s or --window N",
                       s->profile.name);
        return false;
    }
    if (s->source.kind == SOURCE_GATEWAY && (s->window > 0 || rate_of(s) > GATEWAY_RATE)) {
        (void)snprintf(
            why, SETUP_WHY_LEN,
            "--source gateway is one address and port: its 65536 message IDs last for %d "
            "publishes a second (RFC 7252 4.4); lower --rate, or --source anyip:PREFIX",
            GATEWAY_RATE);
        return false;
    }
    if (o->max_ramp > 0 && (s->window > 0 || steepest(&s->profile, rate_of(s)) > o->max_ramp)) {
        (void)snprintf(why, SETUP_WHY_LEN,
                       "--max-ramp %g: the load would grow by %g publishes a second in a second",
                       o->max_ramp, s->window > 0 ? INFINITY : steepest(&s->profile, rate_of(s)));
        return false;
    }
    if (s->plan != NULL)
        s->window = 0;
    return source_fits(&s->source, s->first_device + s->devices, s->workers, why);
}

static bool read_profile(struct setup *s, char *why)
{
    const struct options *o = s->options;
    char name[64];

    if (s->plan == NULL)
        return profile_load(&s->profile, o->profile, o->scenarios, why);
    (void)snprintf(name, sizeof name, "%.*s", (int)s->plan->head.profile.len,
                   s->plan->head.profile.ptr);
    return profile_read(&s->profile, s->plan->head.profile_text, name, why);
}

bool setup_read(struct setup *s, const struct options *o, const struct trace_plan *plan, char *why)
{
    const struct target_address *to;

    *s = (struct setup){.options = o, .plan = plan};
    if (!read_profile(s, why))
        return false;
    if (plan != NULL)
        profile_stretch(&s->profile, plan->head.duration_us);
    else if (o->duration_us > 0)
        profile_stretch(&s->profile, o->duration_us);
    if (!read_target(s, why) || !target_resolve(&s->target, why) || !has_addresses(s, why) ||
        !is_allowed(s, &s->target.coap, why) || !is_allowed(s, &s->target.coaps, why))
        return false;
    to = s->target.coap.host != NULL ? &s->target.coap : &s->target.coaps;
    if (!source_read(&s->source, o->source, &to->addr, why))
        return false;
    size_up(s);
    return fits(s, why);
}

bool setup_start_helpers(struct setup *s, char *why)
{
    s->log_file = setup_path(s->options, "target.log");
    (void)unlink(s->log_file); /* of an earlier run */
    return target_site_start_helpers(&s->site, &s->target, s->log_file, why);
}

bool setup_start(struct setup *s, char *why)
{
    const struct options *o = s->options;
    char *backend_log = setup_path(o, "backend.log");
    bool ok = target_site_start_backend(&s->site, backend_log, why);

    free(backend_log);
    if (!ok || s->target.start.exec == NULL)
        return ok;
    s->launch = (struct launch){
        .target = &s->target,
        .places = &s->site.places,
        .program = o->endpoint,
        .mutant = o->mutant,
        .log_file = s->log_file,
        .limit_us = 300 * US_PER_S, /* it may read a million devices */
    };
    return launch_start(&s->launch, why);
}

bool setup_probe(const struct setup *s, char *why)
{
    enum { ANSWER_S = 5 };

    return (!needs(&s->profile, false) ||
            target_probe_one(&s->target, false, ANSWER_S * US_PER_S, why)) &&
           (!needs(&s->profile, true) ||
            target_probe_one(&s->target, true, ANSWER_S * US_PER_S, why));
}

void setup_close(struct setup *s)
{
    if (s->launch.pid > 0)
        launch_stop(&s->launch);
    target_site_close(&s->site, false);
    free(s->log_file);
    target_fini(&s->target);
    profile_fini(&s->profile);
}
