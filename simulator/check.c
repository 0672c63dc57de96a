#include "simulator/check.h"

#include <math.h>
#include <stdio.h>

#include "simulator/result.h"
#include "simulator/result_verdict.h"
#include "simulator/slo.h"
#include "simulator/summary.h"
#include "simulator/virtual.h"

#define LATENCY_US (2 * US_PER_MS)
#define DRAIN_US (3600 * US_PER_S)

/* RFC 7252 4.8 */
#define ACK_TIMEOUT_US (2 * US_PER_S)
#define ACK_RANDOM_FACTOR 1.5
enum { MAX_RETRANSMIT = 4 };

/* Devices as they are, but for their sessions; hostile ones that an ideal endpoint would refuse are
 * silent. */
static void without_dtls(struct profile *p)
{
    for (size_t i = 0; i < p->class_count; i++) {
        struct profile_class *c = &p->classes[i];

        if (c->credential == PROFILE_WRONG_PASSWORD || c->credential == PROFILE_WRONG_PSK ||
            c->credential == PROFILE_EXPIRED_X509 || c->credential == PROFILE_STALL)
            c->credential = PROFILE_GARBAGE;
        else if (c->credential != PROFILE_GARBAGE)
            c->credential = PROFILE_BASIC;
    }
}

static void describe(const struct options *o, const struct profile *p, int64_t devices,
                     struct result *r)
{
    r->target = "an ideal endpoint";
    r->profile = arena_str(&r->arena, str_from(p->name)).ptr;
    r->run_id = "check";
    r->version = SEATRIAL_VERSION;
    r->source = "none";
    r->options = "";
    r->seed = o->seed_number;
    r->devices = devices;
    r->workers = 1;
    r->rate_per_s = o->rate_per_s;
    r->compress = o->compress;
}

static bool play(const struct options *o, struct profile *p, struct result *r, char *why)
{
    int64_t devices = o->devices > 0 ? o->devices : p->devices;
    struct ideal_options endpoint = {.latency_us = LATENCY_US};
    struct virtual_world w = {.fleet = NULL};
    struct pace pace;
    struct fleet_options f = {
        .profile = p,
        .pace = &pace,
        .window = o->window,
        .seed = o->seed_number,
        .count = (uint32_t)devices,
        .ack_timeout_us = ACK_TIMEOUT_US,
        .ack_random_factor = ACK_RANDOM_FACTOR,
        .max_retransmit = MAX_RETRANSMIT,
        .answer_timeout_us = o->answer_timeout_us,
    };
    bool ok;

    describe(o, p, devices, r);
    pace_init(&pace, p, o->window > 0 ? 1 : o->rate_per_s, devices, o->compress);
    ok = virtual_begin(&w, &f, &endpoint, &r->total, why);
    if (ok) {
        int64_t start_us = w.now_us;

        virtual_run(&w, start_us + pace_end_us(&pace));
        r->duration_us = w.now_us - start_us;
        virtual_drain(&w, DRAIN_US);
        ok = fleet_hook_error(w.fleet) == NULL;
        if (!ok)
            (void)snprintf(why, FLEET_WHY_LEN, "%s", fleet_hook_error(w.fleet));
    }
    virtual_end(&w);
    return ok;
}

static enum swarm_exit judge(const struct options *o, const struct profile *p, struct result *r,
                             char *why)
{
    const char *text = o->slo != NULL ? o->slo : p->slo;
    struct slo slo;

    if (!slo_parse(&slo, text == NULL ? (struct str){"", 0} : str_from(text), why))
        return SWARM_USAGE;
    slo_judge(&slo, r);
    slo_fini(&slo);
    r->verdict = result_verdict_of(r, false);
    summary_print(stdout, r, NULL);
    return (enum swarm_exit)result_verdict_exit(r->verdict);
}

enum swarm_exit check_command(const struct options *o)
{
    enum swarm_exit code = SWARM_USAGE;
    char why[PROFILE_WHY_LEN + SLO_WHY_LEN];
    struct profile p;
    struct result r;

    result_init(&r);
    if (profile_load(&p, o->profile, o->scenarios, why)) {
        if (o->duration_us > 0)
            profile_stretch(&p, o->duration_us);
        without_dtls(&p);
        if (o->window == 0 && isnan(o->rate_per_s) && isnan(p.period_s))
            (void)snprintf(why, sizeof why, "profile %s has no period: say --rate R/s", p.name);
        else if (play(o, &p, &r, why))
            code = judge(o, &p, &r, why);
        profile_fini(&p);
    }
    if (code == SWARM_USAGE)
        (void)fprintf(stderr, "seatrial-swarm: %s\n", why);
    result_fini(&r);
    return code;
}
