#include "simulator/figure.h"

#include <math.h>

#define FIGURE_ROW(id, name, unit, text) [FIGURE_##id] = {name, SHOW_##unit, text},
const struct figure_row figure_rows[FIGURE_COUNT] = {FIGURES(FIGURE_ROW)};
#undef FIGURE_ROW

static double count(const struct result *r, enum tally_counter c)
{
    return (double)r->total.counter[c];
}

/* NAN when there is nothing to divide by. */
static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

static double per_s(const struct result *r, enum tally_counter c)
{
    return ratio(count(r, c), (double)r->duration_us / (double)US_PER_S);
}

static double publish_errors(const struct result *r)
{
    return count(r, TALLY_PUBLISH_REFUSED) + count(r, TALLY_PUBLISH_FAILED) +
           count(r, TALLY_PUBLISH_RESET) + count(r, TALLY_PUBLISH_TIMEOUT);
}

static double publish_finished(const struct result *r)
{
    return publish_errors(r) + count(r, TALLY_PUBLISH_ACKNOWLEDGED);
}

static double events_per_ack(const struct result *r)
{
    double once = count(r, TALLY_EVENT_DELIVERED);
    double more = count(r, TALLY_EVENT_DUPLICATED);

    return r->events_checked ? ratio(once + 2 * more, once + more + count(r, TALLY_EVENT_LOST))
                             : NAN;
}

static double command_loss(const struct result *r)
{
    double lost = count(r, TALLY_COMMAND_LOST);

    return ratio(lost, lost + count(r, TALLY_COMMAND_DELIVERED) + count(r, TALLY_COMMAND_LATE));
}

static double handshake_errors(const struct result *r)
{
    double failed = count(r, TALLY_HANDSHAKE_FAILED) + count(r, TALLY_HANDSHAKE_TIMEOUT);

    return ratio(failed, failed + count(r, TALLY_HANDSHAKE_COMPLETED));
}

struct series {
    double sum;
    double most;
    double known;
};

static struct series series_of(const struct result *r, size_t offset)
{
    struct series s = {.most = NAN};

    for (size_t i = 0; i < r->second_count; i++) {
        double value;

        memcpy(&value, (const char *)&r->seconds[i].server + offset, sizeof value);
        if (isnan(value))
            continue;
        s.sum += value;
        s.most = fmax(s.most, value);
        s.known++;
    }
    return s;
}

double figure_of(const struct result *r, enum figure f)
{
    struct series s;

    switch (f) {
    case FIGURE_RATE:
        return per_s(r, TALLY_PUBLISH_ACKNOWLEDGED);
    case FIGURE_INTENDED_RATE:
        return per_s(r, TALLY_PUBLISH_INTENDED);
    case FIGURE_ERROR_RATE:
        return ratio(publish_errors(r), publish_finished(r));
    case FIGURE_TIMEOUT_RATE:
        return ratio(count(r, TALLY_PUBLISH_TIMEOUT), publish_finished(r));
    case FIGURE_RETRANSMISSION_RATE:
        return ratio(count(r, TALLY_RETRANSMISSION), count(r, TALLY_PUBLISH_SENT));
    case FIGURE_EVENTS_PER_ACK:
        return events_per_ack(r);
    case FIGURE_COMMAND_LOSS:
        return command_loss(r);
    case FIGURE_HANDSHAKE_ERROR_RATE:
        return handshake_errors(r);
    case FIGURE_SERVER_CPU:
        s = series_of(r, offsetof(struct result_server, cpu_cores));
        return ratio(s.sum, s.known);
    case FIGURE_SERVER_MEMORY:
        return series_of(r, offsetof(struct result_server, memory_bytes)).most;
    case FIGURE_SERVER_DROPS:
        s = series_of(r, offsetof(struct result_server, udp_dropped));
        return s.known > 0 ? s.sum : NAN;
    case FIGURE_COUNT:
        break;
    }
    return NAN;
}
