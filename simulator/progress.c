#include "simulator/progress.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include "simulator/progress_text.h"

enum { COLUMNS = 80 };

struct progress {
    FILE *out;
    bool live;
    bool drawn; /* a picture stands above the cursor, which is hidden */
    int64_t total_us;
    size_t seen; /* rows */
    uint64_t total[TALLY_COUNTER_COUNT];
};

struct progress *progress_new(FILE *out, bool live, int64_t total_us)
{
    struct progress *p = xcalloc(1, sizeof *p);

    p->out = out;
    p->live = live;
    p->total_us = total_us;
    return p;
}

static size_t columns_of(FILE *out)
{
    struct winsize size;

    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return COLUMNS;
    return size.ws_col;
}

/* The first of these that is set says which characters the terminal knows. */
static bool knows_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL;
    }
    return false;
}

static void add_rows(struct progress *p, const struct result *r)
{
    for (; p->seen < r->second_count; p->seen++) {
        for (size_t c = 0; c < TALLY_COUNTER_COUNT; c++)
            p->total[c] += r->seconds[p->seen].counter[c];
    }
}

void progress_second(struct progress *p, const struct result *r)
{
    struct progress_view v = {r, p->total_us, p->total, COLUMNS, false};
    struct buf text = buf_growing();

    add_rows(p, r);
    if (r->second_count == 0)
        return;
    if (p->live) {
        v.columns = columns_of(p->out);
        v.utf8 = knows_utf8();
        if (p->drawn)
            buf_add_format(&text, "\x1b[%dA", PROGRESS_TEXT_LINES);
        else
            buf_add_str(&text, STR("\x1b[?25l"));
        progress_text_picture(&v, &text);
        p->drawn = true;
    } else {
        progress_text_line(&v, &text);
        buf_add_char(&text, '\n');
    }
    (void)fwrite(text.ptr, text.len, 1, p->out);
    (void)fflush(p->out);
    buf_fini(&text);
}

void progress_end(struct progress **p)
{
    if (*p == NULL)
        return;
    if ((*p)->drawn) {
        (void)fputs("\n\x1b[?25h", (*p)->out);
        (void)fflush((*p)->out);
    }
    free(*p);
    *p = NULL;
}
