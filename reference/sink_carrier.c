#include "reference/sink_carrier.h"

const char *sink_verdict_name(enum sink_verdict v)
{
    static const char *const names[] = {
        [SINK_VERDICT_TAKEN] = "taken",
        [SINK_VERDICT_REFUSED] = "refused",
        [SINK_VERDICT_BROKEN] = "broken",
        [SINK_VERDICT_FAILED] = "failed",
    };

    return names[v];
}
