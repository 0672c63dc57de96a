#include "lib/hist_log.h"

#include <math.h>
#include <stdlib.h>

#include "lib/rfc3339.h"

enum { NUMBER_LEN = 32 };

void hist_log_begin(struct buf *out, const char *by, int64_t start_wall_us)
{
    buf_add_format(out, "#[Logged with %s; values are microseconds]\n", by);
    buf_add_str(out, STR("#[Histogram log format version 1.3]\n"));
    buf_add_format(out, "#[StartTime: %.3f (seconds since epoch), ",
                   (double)start_wall_us / (double)US_PER_S);
    rfc3339_format(start_wall_us, out);
    buf_add_format(out, "]\n#[BaseTime: %.3f (seconds since epoch)]\n",
                   (double)start_wall_us / (double)US_PER_S);
    buf_add_str(out, STR("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                         "\"Interval_Compressed_Histogram\"\n"));
}

void hist_log_add(struct buf *out, const char *tag, int64_t from_us, int64_t to_us,
                  const struct hist *h)
{
    if (tag != NULL)
        buf_add_format(out, "Tag=%s,", tag);
    buf_add_format(out, "%.3f,%.3f,%.3f,", (double)from_us / (double)US_PER_S,
                   (double)(to_us - from_us) / (double)US_PER_S,
                   (double)hist_max_us(h) / (double)US_PER_MS);
    hist_encode(h, out);
    buf_add_char(out, '\n');
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* What stands before the next separator, which is taken too. */
static struct str take_until(struct str *text, char separator)
{
    const char *end = text->len == 0 ? NULL : memchr(text->ptr, separator, text->len);
    struct str taken = {text->ptr, end == NULL ? text->len : (size_t)(end - text->ptr)};
    size_t gone = taken.len + (end != NULL);

    text->ptr += gone;
    text->len -= gone;
    return taken;
}

/* Seconds, as microseconds; at most the age of the epoch. */
static bool read_seconds(struct str text, int64_t *out_us)
{
    char digits[NUMBER_LEN];
    char *end;

    if (text.len == 0 || text.len >= sizeof digits || text.ptr[0] < '0' || text.ptr[0] > '9')
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';

    double seconds = strtod(digits, &end);

    *out_us = 0;
    if (*end != '\0' || !isfinite(seconds) || seconds > 1e12)
        return false;
    *out_us = llround(seconds * (double)US_PER_S);
    return true;
}

static bool read_line(struct str text, struct hist_log_line *line)
{
    struct str most;
    int64_t length_us;
    int64_t most_us;

    *line = (struct hist_log_line){
        .tag = {NULL, 0}
    };
    if (text.len > 4 && memcmp(text.ptr, "Tag=", 4) == 0) {
        line->tag = take_until(&text, ',');
        line->tag.ptr += 4;
        line->tag.len -= 4;
    }
    if (!read_seconds(take_until(&text, ','), &line->from_us) ||
        !read_seconds(take_until(&text, ','), &length_us))
        return false;
    most = take_until(&text, ',');
    line->to_us = line->from_us + length_us;
    line->histogram = text;
    return read_seconds(most, &most_us) && text.len > 0;
}

bool hist_log_next(struct str *text, struct hist_log_line *line)
{
    while (text->len > 0) {
        struct str whole = *text;
        struct str one = take_until(text, '\n');

        if (one.len > 0 && one.ptr[one.len - 1] == '\r')
            one.len--;
        if (one.len == 0 || one.ptr[0] == '#' || one.ptr[0] == '"')
            continue;
        if (read_line(one, line))
            return true;
        *text = whole;
        return false;
    }
    return false;
}
