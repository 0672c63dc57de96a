#include "lib/nearest.h"

enum { NAME_CAP = 64 };

struct nearest nearest_to(struct str name)
{
    /* farther than that is another word */
    return (struct nearest){.name = name, .least = name.len / 3 + 2};
}

/* Levenshtein distance; both shorter than NAME_CAP. */
static size_t distance(struct str a, struct str b)
{
    size_t row[NAME_CAP + 1];

    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            size_t skip = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = change < skip ? change : skip;
        }
    }
    return row[b.len];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    struct str known = str_from(candidate);
    size_t d;

    if (n->name.len == 0 || n->name.len >= NAME_CAP || known.len >= NAME_CAP)
        return;
    d = distance(n->name, known);
    /* the start of a long name is meant as that name */
    if (d > 1 && n->name.len >= 3 && known.len > n->name.len &&
        memcmp(n->name.ptr, known.ptr, n->name.len) == 0)
        d = 1;
    if (d < n->least) {
        n->least = d;
        n->found = candidate;
    }
}
