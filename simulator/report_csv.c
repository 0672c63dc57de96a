#include "simulator/report.h"
#include "simulator/result_field.h"

/* What is not known is an empty cell. */
void report_csv(const struct result *r, struct buf *out)
{
    const struct result_fields *fields = &result_second_fields;

    for (size_t i = 0; i < fields->count; i++)
        buf_add_format(out, "%s%s", i == 0 ? "" : ",", fields->rows[i].name);
    buf_add_char(out, '\n');
    for (size_t s = 0; s < r->second_count; s++) {
        for (size_t i = 0; i < fields->count; i++) {
            size_t before = out->len + (i > 0);

            if (i > 0)
                buf_add_char(out, ',');
            result_field_write(&fields->rows[i], &r->seconds[s], out);
            if (str_equal((struct str){out->ptr + before, out->len - before}, STR("null")))
                out->len = before;
        }
        buf_add_char(out, '\n');
    }
}
