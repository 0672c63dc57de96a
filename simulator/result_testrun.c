#include "simulator/result_testrun.h"

#include <math.h>

#include "simulator/result_verdict.h"
#include "simulator/slo.h"
#include "simulator/validity.h"

enum { SECONDS = 200, CONNECT_S = 25, STALL_AT = 165 };

static const struct {
    const char *name;
    int from_s;
    int to_s;
    double from; /* of the rate */
    double to;
} stages[] = {
    {"ramp",  0,   40,  0, 1},
    {"hold",  40,  120, 1, 1},
    {"spike", 120, 140, 2, 2},
    {"calm",  140, 200, 1, 1},
};

struct making {
    const struct testrun *t;
    struct result *r;
    struct result_second *row;
    struct tally second;
    uint64_t random;
};

static double uniform(struct making *m)
{
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(m->random >> 11) + 0.5) / 9007199254740992.0;
}

/* Around the median, with a long tail. */
static int64_t lognormal(struct making *m, double median_us, double sigma)
{
    double normal = sqrt(-2 * log(uniform(m))) * cos(6.283185307179586 * uniform(m));

    return (int64_t)(median_us * m->t->slowness * exp(sigma * normal));
}

static double load_at(int s)
{
    for (size_t i = 0; i < COUNT(stages); i++) {
        if (s < stages[i].to_s)
            return stages[i].from + (stages[i].to - stages[i].from) * (s - stages[i].from_s) /
                                        (stages[i].to_s - stages[i].from_s);
    }
    return 0;
}

static void publish(struct making *m, int s, double load)
{
    double busy = load > 1.5 ? 9 : 1 + load * load;
    int64_t own = lognormal(m, 420 * busy, 0.55);
    int64_t latency = own;

    if (s == STALL_AT) /* all that came due while it stood still */
        latency += (int64_t)(1e6 * uniform(m));
    m->second.counter[TALLY_PUBLISH_INTENDED]++;
    m->second.counter[TALLY_PUBLISH_SENT]++;
    m->second.counter[TALLY_DATAGRAM_SENT]++;
    if (uniform(m) < 0.0004 * busy) {
        m->second.counter[TALLY_RETRANSMISSION]++;
        m->second.counter[TALLY_DATAGRAM_SENT]++;
        latency += 2000000 + (int64_t)(1e6 * uniform(m));
    }
    if (uniform(m) < 0.00004 * busy) {
        m->second.counter[TALLY_PUBLISH_FAILED]++;
        m->second.counter[TALLY_EVENT_UNDECIDED]++;
        return;
    }
    m->second.counter[TALLY_DATAGRAM_RECEIVED]++;
    m->second.counter[TALLY_PUBLISH_ACKNOWLEDGED]++;
    m->second.counter[TALLY_EVENT_DELIVERED]++;
    tally_time(&m->second, TALLY_HIST_PUBLISH, latency);
    tally_time(&m->second, TALLY_HIST_PUBLISH_UNCORRECTED, own);
    tally_time(&m->second, TALLY_HIST_EVENT, own + lognormal(m, 900, 0.4));
    tally_time(&m->second, TALLY_HIST_SCHEDULE_LAG, lognormal(m, 60 / m->t->slowness, 0.7));
    if (uniform(m) < 0.2) {
        m->second.counter[TALLY_WAIT_STARTED]++;
        m->second.counter[TALLY_WAIT_EXPIRED]++;
        tally_time(&m->second, TALLY_HIST_CT_ERROR, lognormal(m, 3000 * busy, 0.8));
    }
    if (uniform(m) < 0.02) {
        m->second.counter[TALLY_COMMAND_SENT]++;
        m->second.counter[TALLY_COMMAND_DELIVERED]++;
        m->second.counter[TALLY_WAIT_COMMAND]++;
        tally_time(&m->second, TALLY_HIST_COMMAND, lognormal(m, 2500 * busy, 0.6));
    }
}

static void handshakes(struct making *m, int s)
{
    double count = s < CONNECT_S ? 0.4 * (double)m->t->devices / CONNECT_S : 5;

    for (int i = 0; i < (int)count; i++) {
        m->second.counter[TALLY_HANDSHAKE_STARTED]++;
        m->second.counter[TALLY_HANDSHAKE_COMPLETED]++;
        m->second.counter[TALLY_HANDSHAKE_RESUMED] += s >= CONNECT_S;
        tally_time(&m->second, TALLY_HIST_HANDSHAKE, lognormal(m, 9000, 0.7));
    }
}

static int64_t quantile(const struct making *m, enum tally_hist h, double part)
{
    return hist_value_us(m->second.hist[h], part);
}

static void close_second(struct making *m, int s, double load)
{
    struct result_second *row = m->row;
    double connected = s < CONNECT_S ? (s + 1.0) / CONNECT_S : 1;
    double in_flight = (double)m->t->devices * 0.002 * load * (load > 1.5 ? 8 : 1);

    memcpy(row->counter, m->second.counter, sizeof row->counter);
    row->at_us = (s + 1) * US_PER_S;
    row->publish_us[0] = quantile(m, TALLY_HIST_PUBLISH, 0.5);
    row->publish_us[1] = quantile(m, TALLY_HIST_PUBLISH, 0.9);
    row->publish_us[2] = quantile(m, TALLY_HIST_PUBLISH, 0.99);
    row->publish_us[3] = quantile(m, TALLY_HIST_PUBLISH, 1);
    row->handshake_p99_us = quantile(m, TALLY_HIST_HANDSHAKE, 0.99);
    row->ct_error_p99_us = quantile(m, TALLY_HIST_CT_ERROR, 0.99);
    row->lag_p99_us = quantile(m, TALLY_HIST_SCHEDULE_LAG, 0.99);
    row->gauge[TALLY_GAUGE_CONNECTED] = (int64_t)((double)m->t->devices * (0.6 + 0.4 * connected));
    row->gauge[TALLY_GAUGE_IN_FLIGHT] = (int64_t)(in_flight * (0.8 + 0.4 * uniform(m)));
    row->gauge[TALLY_GAUGE_WAITING] =
        (int64_t)((double)m->t->devices * 0.08 * fmin(load, 1.6) * (0.9 + 0.2 * uniform(m)));
    row->gauge[TALLY_GAUGE_HANDSHAKING] = s < CONNECT_S ? 6 + (int64_t)(6 * uniform(m)) : 0;
    row->own_cpu_cores = 0.08 + 0.35 * load + 0.03 * uniform(m);
    row->steal_part = 0.004 * uniform(m);
    row->server = (struct result_server){
        .cpu_cores = fmin(0.99, (s < CONNECT_S ? 0.35 : 0.03) + 0.42 * load + 0.05 * uniform(m)),
        .memory_bytes = 4.2e7 + 5.4e7 * connected + 9e4 * s,
        .descriptors = 31 + (s % 50 == 0),
        .udp_dropped = load > 1.5 && s % 3 == 0 ? 12 : 0,
    };
}

static void add_stages(struct result *r, const struct testrun *t)
{
    for (size_t i = 0; i < COUNT(stages); i++)
        *result_add_stage(r) = (struct result_stage){
            .name = stages[i].name,
            .from_us = stages[i].from_s * US_PER_S,
            .to_us = stages[i].to_s * US_PER_S,
            .rate_from = stages[i].from * t->rate_per_s,
            .rate_to = stages[i].to * t->rate_per_s,
        };
}

static void add_head(struct result *r, const struct testrun *t)
{
    r->target = "reference";
    r->profile = "steady";
    r->run_id = result_format(r, "%016llx", 0x5ea7000000000000ULL + t->seed);
    r->version = "0.1.0";
    r->source = "anyip:127.16.0.0/12";
    r->options = "seatrial-swarm -t reference -p steady --devices 10000 --rate 500 --seed 7";
    r->seed = UINT64_C(18446744073709551615);
    r->devices = t->devices;
    r->workers = 1;
    r->first_device = t->first_device;
    r->rate_per_s = t->rate_per_s;
    r->started_wall_us = INT64_C(1795822620123456);
    r->duration_us = SECONDS * US_PER_S;
    r->events_checked = true;
    r->own_cpu_s = 81.37;
    r->own_memory_bytes = 61 << 20;
    r->bytes_per_device = 121.5;
}

static void judge(struct result *r, const struct testrun *t)
{
    static const struct validity_options options = {0};
    char why[SLO_WHY_LEN];
    struct slo slo;
    bool ok = slo_parse(&slo, str_from(t->slo), why);

    assert(ok);
    slo_judge(&slo, r);
    slo_fini(&slo);
    validity_judge(r, &options);
    r->verdict = result_verdict_of(r, false);
}

void testrun_make(struct result *r, const struct testrun *t)
{
    struct making m = {.t = t, .r = r, .random = t->seed * 77};

    result_init(r);
    add_head(r, t);
    add_stages(r, t);
    tally_init(&m.second);
    for (int s = 0; s < SECONDS; s++) {
        double load = load_at(s);
        int count = (int)(load * t->rate_per_s * (0.97 + 0.06 * uniform(&m)));

        m.row = result_add_second(r);
        for (int i = 0; i < count; i++)
            publish(&m, s, load);
        handshakes(&m, s);
        close_second(&m, s, load);
        tally_add(&r->total, &m.second);
        tally_clear(&m.second);
    }
    memcpy(r->total.gauge, r->seconds[SECONDS - 1].gauge, sizeof r->total.gauge);
    tally_fini(&m.second);
    judge(r, t);
}
