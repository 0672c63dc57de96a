#include "reference/mutant.h"

#if SEATRIAL_MUTANTS

bool mutant_chosen[MUTANT_COUNT];

static const struct mutant_row {
    enum mutant id;
    const char *name;
    const char *text;
} rows[] = {
/* clang-format off */
#define X(id, name, text) {MUTANT_##id, name, text},
    MUTANT_TABLE(X)
#undef X
    /* clang-format on */
};

/* What the CoAP endpoint of Drogue Cloud 0.11 does otherwise than this one: the mutants that
 * scenarios/waivers/drogue-cloud-0.11.lua expects. Not command-before-confirmation-lost: whether
 * the original loses a command that early is chance. */
static const enum mutant drogue_0_11[] = {
    MUTANT_SUB_PATH_WITHOUT_QUERY_SILENT,
    MUTANT_QUERY_FIRST_OPTION_ONLY,
    MUTANT_BAD_CT_RESETS_PARAMETERS,
    MUTANT_ANY_METHOD_PUBLISHES,
    MUTANT_EMPTY_CHANNEL_PUBLISHED,
    MUTANT_AS_IGNORED,
    MUTANT_AUTHORIZATION_TWICE_ACCEPTED,
    MUTANT_ANCHOR_SENT_ALONG_REFUSED,
    MUTANT_REVOCATION_IGNORED_IN_SESSION,
    MUTANT_PSK_OLDEST_WINS,
    MUTANT_DISABLED_DEVICE_ACCEPTED,
    MUTANT_REFUSAL_ECHOES_PAYLOAD,
    MUTANT_EVENT_DEVICE_UID_MISSING,
    MUTANT_DATA_SCHEMA_UNCHECKED,
    MUTANT_EACH_BLOCK_AN_EVENT,
    MUTANT_PING_ANSWERED,
    MUTANT_CON_COPY_PROCESSED_TWICE,
    MUTANT_NON_COPY_PROCESSED_TWICE,
    MUTANT_REQUEST_IN_ACK_PUBLISHED,
    MUTANT_RESPONSE_CODE_ANSWERED,
    MUTANT_VERSION_UNCHECKED,
    MUTANT_MARKER_WITHOUT_PAYLOAD_ACCEPTED,
    MUTANT_ACK_LATE,
    MUTANT_CRITICAL_OPTION_IGNORED,
    MUTANT_PROXY_URI_IGNORED,
    MUTANT_IF_MATCH_IGNORED,
    MUTANT_CCM_MISSING,
    MUTANT_SESSION_ENDS_BY_AGE,
};

static const struct mutant_bundle {
    const char *name;
    const enum mutant *ids;
    size_t count;
} bundles[] = {
    {"drogue-0.11", drogue_0_11, COUNT(drogue_0_11)},
};

void mutant_clear(void)
{
    memset(mutant_chosen, 0, sizeof mutant_chosen);
}

bool mutant_choose(const char *name)
{
    mutant_clear();
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            mutant_chosen[rows[i].id] = true;
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(bundles); i++) {
        if (strcmp(bundles[i].name, name) != 0)
            continue;
        for (size_t k = 0; k < bundles[i].count; k++)
            mutant_chosen[bundles[i].ids[k]] = true;
        return true;
    }
    return false;
}

void mutant_list(FILE *out)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        (void)fprintf(out, "%-34s %s\n", rows[i].name, rows[i].text);
}

#else

void mutant_clear(void)
{
}

bool mutant_choose(const char *name)
{
    UNUSED(name);
    return false;
}

void mutant_list(FILE *out)
{
    UNUSED(out);
}

#endif
