#include "conformance/verdict.h"

static const char *const names[VERDICTS] = {
    [VERDICT_PASS] = "PASS",
    [VERDICT_SKIPPED] = "SKIPPED",
    [VERDICT_NA] = "N/A",
    [VERDICT_WAIVED] = "WAIVED",
    [VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
    [VERDICT_WARN] = "WARN",
    [VERDICT_STALE_WAIVER] = "STALE-WAIVER",
    [VERDICT_FAIL] = "FAIL",
    [VERDICT_ERROR] = "ERROR",
};

const char *verdict_name(enum verdict v)
{
    assert((size_t)v < COUNT(names));
    return names[v];
}

bool verdict_from_name(struct str name, enum verdict *out)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        if (str_equal(name, str_from(names[i]))) {
            *out = (enum verdict)i;
            return true;
        }
    }
    return false;
}

enum verdict verdict_worse(enum verdict a, enum verdict b)
{
    return a > b ? a : b;
}

static bool has_failed(const struct tally *t)
{
    return t->count[VERDICT_FAIL] > 0 || t->count[VERDICT_STALE_WAIVER] > 0 || t->strays > 0 ||
           (t->strict && t->count[VERDICT_WARN] > 0) || (t->no_flaky && t->flaky > 0);
}

enum exit_code verdict_exit_code(const struct tally *t)
{
    if (t->interrupted)
        return EXIT_INTERRUPTED;
    if (t->bad_script)
        return EXIT_USAGE;
    if (t->unreachable)
        return EXIT_UNREACHABLE;
    if (t->suite_error || t->count[VERDICT_ERROR] > 0)
        return EXIT_SUITE;
    if (has_failed(t))
        return EXIT_FAILED;
    /* an expected failure is no proof that anything works */
    if (t->count[VERDICT_PASS] + t->count[VERDICT_WARN] == 0)
        return EXIT_NOTHING;
    return EXIT_GOOD;
}
