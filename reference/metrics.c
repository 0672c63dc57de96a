#include "reference/metrics.h"

#include "lib/metrics_process.h"

static _Atomic(struct metrics *) slots;

static const struct metric_row {
    const char *name;
    const char *labels;
    const char *type;
    const char *help;
} rows[] = {
#define X(id, name, labels, type, help) {name, labels, type, help},
#include "reference/metrics_table.h"
#undef X
};

struct metrics *metrics_new(void)
{
    struct metrics *m = xcalloc(1, sizeof *m);

    m->next = atomic_load(&slots);
    while (!atomic_compare_exchange_weak(&slots, &m->next, m)) {
    }
    return m;
}

int64_t metrics_total(enum metric id)
{
    int64_t sum = 0;

    for (struct metrics *m = atomic_load(&slots); m != NULL; m = m->next)
        sum += atomic_load_explicit(&m->value[id], memory_order_relaxed);
    return sum;
}

void metrics_render(struct buf *out)
{
    const char *previous = "";

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct metric_row *row = &rows[i];

        if (strcmp(previous, row->name) != 0) {
            buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                           row->type);
        }
        previous = row->name;
        buf_add_format(out, "%s%s%s%s %lld\n", row->name, *row->labels == 0 ? "" : "{", row->labels,
                       *row->labels == 0 ? "" : "}", (long long)metrics_total((enum metric)i));
    }
    metrics_process_render(out);
}
