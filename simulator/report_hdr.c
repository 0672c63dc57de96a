#include "lib/hist_log.h"
#include "simulator/report.h"

void report_hdr(const struct result *r, struct buf *out)
{
    struct buf by = buf_growing();

    buf_add_format(&by, "seatrial-swarm %s, run %s", r->version, r->run_id);
    buf_add_char(&by, '\0');
    hist_log_begin(out, by.ptr, r->started_wall_us);
    buf_add_str(out, buf_str(&r->hist_lines));
    for (size_t i = 0; i < TALLY_HIST_COUNT && r->hist_lines.len == 0; i++) {
        if (hist_count(r->total.hist[i]) > 0)
            hist_log_add(out, tally_hist_rows[i].name, 0, r->duration_us, r->total.hist[i]);
    }
    buf_fini(&by);
}
