#include "simulator/slo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A rule that was read is read again from its text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct slo s;
    char why[SLO_WHY_LEN];

    if (!slo_parse(&s, (struct str){(const char *)data, len}, why))
        return 0;
    for (size_t i = 0; i < s.count; i++) {
        struct slo again;
        bool ok = slo_parse(&again, str_from(s.rule[i].text), why);

        assert(ok && again.count == 1 && again.rule[0].index == s.rule[i].index);
        slo_fini(&again);
    }
    slo_fini(&s);
    return 0;
}
