#include "conformance/case.h"

static const char *const bindings[BINDINGS] = {"coap", "coaps-psk", "coaps-x509"};
static const char *const levels[] = {"MUST", "SHOULD", "MAY", "INFO"};
static const char *const impacts[] = {"safe", "malformed", "flood", "restart"};

void case_add_finding(struct case_report *report, const struct case_finding *f)
{
    if (report->finding_count < CASE_MAX_FINDINGS) {
        report->findings[report->finding_count] = *f;
    } else if (f->verdict > report->verdict) { /* the signature is never lost */
        report->findings[CASE_MAX_FINDINGS - 1] = *f;
    }
    report->finding_count++;
    report->verdict = verdict_worse(report->verdict, f->verdict);
}

const struct case_finding *case_signature(const struct case_report *report)
{
    for (int i = 0; i < report->finding_count && i < CASE_MAX_FINDINGS; i++) {
        if (report->findings[i].verdict == report->verdict)
            return &report->findings[i];
    }
    return NULL;
}

const char *binding_name(enum binding b)
{
    assert((size_t)b < COUNT(bindings));
    return bindings[b];
}

const struct case_kill *case_claim(const struct case_def *def, const char *mutant)
{
    for (size_t i = 0; i < def->kill_count; i++) {
        if (strcmp(def->kills[i].mutant, mutant) == 0)
            return &def->kills[i];
    }
    return NULL;
}

const char *case_level_name(enum case_level level)
{
    assert((size_t)level < COUNT(levels));
    return levels[level];
}

const char *case_impact_name(enum case_impact impact)
{
    assert((size_t)impact < COUNT(impacts));
    return impacts[impact];
}
