#include "simulator/result_verdict.h"

const struct result_wrong result_wrongs[RESULT_WRONG_COUNT] = {
    {TALLY_EVENT_LOST,           false, "publishes were acknowledged and no event came"          },
    {TALLY_EVENT_DUPLICATED,     false, "publishes made more than one event"                     },
    {TALLY_EVENT_MISATTRIBUTED,  false, "events name another device than the one that published" },
    {TALLY_EVENT_REFUSED,        false, "publishes were refused and made an event all the same"  },
    {TALLY_HOSTILE_ACCEPTED,     false, "publishes of devices that must be refused were accepted"},
    {TALLY_COMMAND_MISDELIVERED, false, "commands reached another device"                        },
    {TALLY_COMMAND_DUPLICATED,   false, "commands were delivered twice"                          },
    {TALLY_COMMAND_LOST,         true,  "commands sent inside a wait never came"                 },
};

static const struct {
    const char *name;
    enum swarm_exit code;
} verdicts[] = {
    [RESULT_GOOD] = {"GOOD",        SWARM_HELD       },
    [RESULT_BROKEN] = {"BROKEN",      SWARM_BROKEN     },
    [RESULT_INVALID] = {"INVALID",     SWARM_INVALID    },
    [RESULT_INTERRUPTED] = {"INTERRUPTED", SWARM_INTERRUPTED},
};

static bool is_wrong(const struct result *r, bool generator_is_good)
{
    for (size_t i = 0; i < COUNT(result_wrongs); i++) {
        if (r->total.counter[result_wrongs[i].counter] > 0 &&
            (generator_is_good || !result_wrongs[i].needs_generator))
            return true;
    }
    return false;
}

static bool slo_is_broken(const struct result *r)
{
    for (size_t i = 0; i < r->slo_count; i++) {
        if (!r->slo[i].held && !r->slo[i].unknown)
            return true;
    }
    return false;
}

enum result_verdict result_verdict_of(const struct result *r, bool interrupted)
{
    if (is_wrong(r, false))
        return RESULT_BROKEN;
    if (interrupted)
        return RESULT_INTERRUPTED;
    if (r->invalid_count > 0)
        return RESULT_INVALID;
    return is_wrong(r, true) || slo_is_broken(r) ? RESULT_BROKEN : RESULT_GOOD;
}

const char *result_verdict_name(enum result_verdict v)
{
    assert((size_t)v < COUNT(verdicts));
    return verdicts[v].name;
}

enum swarm_exit result_verdict_exit(enum result_verdict v)
{
    assert((size_t)v < COUNT(verdicts));
    return verdicts[v].code;
}
