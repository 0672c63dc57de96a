#include "simulator/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/hist_log.h"

enum { FIRST_SECONDS = 64, STAGES_STEP = 8 };

void result_init(struct result *r)
{
    *r = (struct result){
        .target = "",
        .profile = "",
        .run_id = "",
        .version = "",
        .source = "",
        .options = "",
        .rate_per_s = NAN,
        .compress = 1,
        .bytes_per_device = NAN,
        .hist_lines = buf_growing(),
    };
    tally_init(&r->total);
}

void result_fini(struct result *r)
{
    tally_fini(&r->total);
    arena_fini(&r->arena);
    free(r->seconds);
    buf_fini(&r->hist_lines);
    *r = (struct result){0};
}

struct result_second *result_add_second(struct result *r)
{
    if (r->second_count == r->second_cap) {
        r->second_cap = r->second_cap == 0 ? FIRST_SECONDS : r->second_cap * 2;
        r->seconds = xrealloc(r->seconds, r->second_cap * sizeof *r->seconds);
    }
    struct result_second *s = &r->seconds[r->second_count++];

    *s = (struct result_second){
        .own_cpu_cores = NAN,
        .steal_part = NAN,
        .server = {NAN, NAN, NAN, NAN},
    };
    return s;
}

struct result_stage *result_add_stage(struct result *r)
{
    if (r->stage_count % STAGES_STEP == 0) { /* the old ones stay in the arena until the end */
        struct result_stage *more =
            arena_take(&r->arena, r->stage_count + STAGES_STEP, sizeof *more);

        if (r->stage_count > 0)
            memcpy(more, r->stages, r->stage_count * sizeof *more);
        r->stages = more;
    }
    struct result_stage *s = &r->stages[r->stage_count++];

    *s = (struct result_stage){.name = "", .rate_from = NAN, .rate_to = NAN};
    return s;
}

void result_keep_times(struct result *r, const struct tally *t, int64_t from_us, int64_t to_us)
{
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
        if (hist_count(t->hist[i]) > 0)
            hist_log_add(&r->hist_lines, tally_hist_rows[i].name, from_us, to_us, t->hist[i]);
    }
}

const char *result_format(struct result *r, const char *format, ...)
{
    va_list args;
    char text[1024];

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return arena_str(&r->arena, str_from(text)).ptr;
}

void result_add_invalid(struct result *r, const char *sentence)
{
    if (r->invalid_count < RESULT_INVALID_MAX)
        r->invalid[r->invalid_count++] = sentence;
}
