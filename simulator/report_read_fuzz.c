#include "simulator/report.h"
#include "simulator/report_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was read is written so that it is read as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct result r;
    struct result again;
    struct buf first = buf_growing();
    struct buf second = buf_growing();
    char why[REPORT_READ_WHY_LEN];

    result_init(&r);
    result_init(&again);
    if (report_read(&r, (struct str){(const char *)data, len}, why)) {
        report_json(&r, &first);
        bool ok = report_read(&again, buf_str(&first), why);

        report_json(&again, &second);
        assert(ok && str_equal(buf_str(&first), buf_str(&second)));
    }
    buf_fini(&second);
    buf_fini(&first);
    result_fini(&again);
    result_fini(&r);
    return 0;
}
