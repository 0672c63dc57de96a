#include "reference/outcome.h"

static const struct outcome_row {
    uint8_t code;
    struct str text;
} rows[] = {
/* clang-format off */
#define X(id, class, detail, text) {(class) << 5 | (detail), {text, sizeof(text) - 1}},
    OUTCOME_TABLE(X)
#undef X
    /* clang-format on */
};

uint8_t outcome_code(enum outcome o)
{
    assert((size_t)o < COUNT(rows));
    return rows[o].code;
}

struct str outcome_text(enum outcome o)
{
    assert((size_t)o < COUNT(rows));
    return rows[o].text;
}
