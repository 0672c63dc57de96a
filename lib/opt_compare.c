#include "lib/opt_compare.h"

static bool same_text(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;

    return *x == *y || (*x != NULL && *y != NULL && strcmp(*x, *y) == 0);
}

static bool same_addresses(const void *a, const void *b)
{
    const struct addr_list *x = a;
    const struct addr_list *y = b;

    if (x->count != y->count)
        return false;
    for (size_t i = 0; i < x->count; i++) {
        if (!addr_equal(&x->addr[i], &y->addr[i]))
            return false;
    }
    return true;
}

static bool is_same(const struct opt *row, const char *a, const char *b)
{
    switch (row->type) {
    case OPT_HEADING:
        return true;
    case OPT_TEXT:
        return same_text(a + row->offset, b + row->offset);
    case OPT_ADDRESS:
        return same_addresses(a + row->offset, b + row->offset);
    case OPT_FLAG:
    case OPT_INTEGER:
    case OPT_DURATION:
    case OPT_SIZE:
    case OPT_DECIMAL:
    case OPT_NAME:
        break;
    }
    return memcmp(a + row->offset, b + row->offset, row->size) == 0;
}

void opt_compare(const struct opt *rows, size_t row_count, const void *a, const void *b,
                 opt_differs_fn differs, void *arg)
{
    for (size_t i = 0; i < row_count; i++) {
        if (!is_same(&rows[i], a, b))
            differs(arg, &rows[i]);
    }
}
