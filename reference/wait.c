#include "reference/wait.h"

#include <stdlib.h>

#include "lib/entropy.h"
#include "lib/lazy.h"
#include "lib/siphash.h"

struct wait_table {
    struct wait **heads;
    size_t mask;
    size_t count;
    uint8_t secret[2][SIPHASH_KEY_LEN];
};

struct wait_table *wait_table_new(size_t max)
{
    struct wait_table *t = xcalloc(1, sizeof *t);
    size_t heads = 64;

    while (heads < max)
        heads *= 2;
    t->mask = heads - 1;
    t->heads = lazy_calloc(heads, sizeof *t->heads);
    entropy_fill(t->secret, sizeof t->secret);
    return t;
}

void wait_table_free(struct wait_table **t)
{
    if (*t == NULL)
        return;
    lazy_free((*t)->heads, (*t)->mask + 1, sizeof *(*t)->heads);
    free(*t);
    *t = NULL;
}

struct wait_key wait_key(const struct wait_table *t, struct str application, struct str device)
{
    struct wait_key key;

    for (size_t i = 0; i < 2; i++) {
        /* each name hashed alone, then the pair: no two pairs of names have the same bytes */
        uint64_t pair[2] = {siphash(t->secret[i], application.ptr, application.len),
                            siphash(t->secret[i], device.ptr, device.len)};

        key.word[i] = siphash(t->secret[i], pair, sizeof pair);
    }
    return key;
}

static struct wait **head_of(const struct wait_table *t, const struct wait_key *key)
{
    return &t->heads[key->word[0] & t->mask];
}

void wait_add(struct wait_table *t, struct wait *w, const struct wait_key *key)
{
    assert(w->link == NULL);
    struct wait **head = head_of(t, key);

    w->key = *key;
    w->next = *head;
    w->link = head;
    if (w->next != NULL)
        w->next->link = &w->next;
    *head = w;
    t->count++;
}

void wait_remove(struct wait_table *t, struct wait *w)
{
    if (w->link == NULL)
        return;
    *w->link = w->next;
    if (w->next != NULL)
        w->next->link = w->link;
    w->next = NULL;
    w->link = NULL;
    t->count--;
}

/* w or the first behind it in its chain that has the key. */
static struct wait *matching(struct wait *w, const struct wait_key *key)
{
    while (w != NULL && (w->key.word[0] != key->word[0] || w->key.word[1] != key->word[1]))
        w = w->next;
    return w;
}

struct wait *wait_first(const struct wait_table *t, const struct wait_key *key)
{
    return matching(*head_of(t, key), key);
}

struct wait *wait_next(const struct wait *w)
{
    return matching(w->next, &w->key);
}

size_t wait_count(const struct wait_table *t)
{
    return t->count;
}
