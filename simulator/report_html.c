#include "simulator/report.h"
void report_html(const struct result *r, struct buf *out)
{
    UNUSED(r);
    UNUSED(out);
}
