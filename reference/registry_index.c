#include "reference/registry_index.h"

#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/siphash.h"

enum { FIRST_SLOTS = 64 };

/* One name that leads to an entry; lives in the entry's memory. */
struct node {
    uint64_t hash;
    struct str scope;
    struct str alias;
    const struct registry_entry *entry;
};

/* A removed node's slot: look-ups go on behind it. */
static const struct node grave;

/* slots is a power of two; at least a quarter of them is NULL, so that every look-up ends. */
struct table {
    size_t slots;
    size_t used; /* nodes and graves; the writer's */
    _Atomic(const struct node *) slot[];
};

struct registry_index {
    _Atomic(struct table *) table;
    _Atomic uint64_t generation;
    struct epoch *epoch;
    size_t nodes;     /* without graves */
    size_t counts[2]; /* entries, by registry_kind */
    uint8_t key[SIPHASH_KEY_LEN];
};

static struct table *table_new(size_t slots)
{
    struct table *t = xcalloc(1, sizeof *t + slots * sizeof t->slot[0]);

    t->slots = slots;
    return t;
}

struct registry_index *registry_index_new(void)
{
    struct registry_index *ix = xcalloc(1, sizeof *ix);

    if (RAND_bytes(ix->key, sizeof ix->key) != 1)
        abort(); /* a machine without randomness cannot serve DTLS either */
    ix->epoch = epoch_new();
    atomic_init(&ix->table, table_new(FIRST_SLOTS));
    atomic_init(&ix->generation, 1);
    return ix;
}

static void free_entry(void *object)
{
    struct registry_entry *e = object;

    registry_entry_free(&e);
}

/* A node of the entry's name stands for the entry where each may be met only once. */
static bool is_name(const struct node *n)
{
    return str_equal(n->alias, registry_entry_name(n->entry));
}

static const struct node *node_at(const struct table *t, size_t at)
{
    const struct node *n = atomic_load_explicit(&t->slot[at], memory_order_acquire);

    return n == &grave ? NULL : n;
}

static void *unconst(const void *ptr)
{
    return (void *)(uintptr_t)ptr;
}

void registry_index_free(struct registry_index **ix)
{
    if (*ix == NULL)
        return;
    struct table *t = atomic_load(&(*ix)->table);
    struct registry_entry **entries =
        xcalloc((*ix)->counts[0] + (*ix)->counts[1], sizeof(struct registry_entry *));
    size_t count = 0;

    for (size_t i = 0; i < t->slots; i++) {
        const struct node *n = node_at(t, i);

        if (n != NULL && is_name(n))
            entries[count++] = unconst(n->entry);
    }
    for (size_t i = 0; i < count; i++)
        registry_entry_free(&entries[i]);
    free(entries);
    epoch_free(&(*ix)->epoch);
    free(t);
    free(*ix);
    *ix = NULL;
}

struct epoch *registry_index_epoch(struct registry_index *ix)
{
    return ix->epoch;
}

uint64_t registry_index_generation(const struct registry_index *ix)
{
    return atomic_load(&ix->generation);
}

size_t registry_index_count(const struct registry_index *ix, enum registry_kind kind)
{
    return ix->counts[kind];
}

/* Scope and alias are hashed apart, so that no choice of both can stand for another pair. */
static uint64_t hash_of(const struct registry_index *ix, struct str scope, struct str alias)
{
    return siphash13(ix->key, scope.ptr, scope.len) * UINT64_C(0x9e3779b97f4a7c15) +
           siphash13(ix->key, alias.ptr, alias.len);
}

static bool matches(const struct node *n, uint64_t hash, struct str scope, struct str alias)
{
    return n->hash == hash && str_equal(n->alias, alias) && str_equal(n->scope, scope);
}

/* The slot that holds this name; t->slots when none does. */
static size_t slot_of(const struct table *t, uint64_t hash, struct str scope, struct str alias)
{
    for (size_t at = (size_t)hash & (t->slots - 1);; at = (at + 1) & (t->slots - 1)) {
        const struct node *n = atomic_load_explicit(&t->slot[at], memory_order_acquire);

        if (n == NULL)
            return t->slots;
        if (n != &grave && matches(n, hash, scope, alias))
            return at;
    }
}

const struct registry_entry *registry_index_find(const struct registry_index *ix, struct str scope,
                                                 struct str alias)
{
    const struct table *t = atomic_load_explicit(&ix->table, memory_order_acquire);
    const uint64_t hash = hash_of(ix, scope, alias);

    /* The node is read once: the writer may bury the slot between two looks at it. */
    for (size_t at = (size_t)hash & (t->slots - 1);; at = (at + 1) & (t->slots - 1)) {
        const struct node *n = atomic_load_explicit(&t->slot[at], memory_order_acquire);

        if (n == NULL)
            return NULL;
        if (n != &grave && matches(n, hash, scope, alias))
            return n->entry;
    }
}

static bool takes_a_name(const struct registry_index *ix, const struct registry_entry *e)
{
    for (size_t i = 0; i < e->alias_count; i++) {
        const struct registry_entry *other =
            registry_index_find(ix, registry_entry_scope(e), e->aliases[i]);

        if (other != NULL && str_equal(registry_entry_name(other), e->aliases[i]) &&
            !str_equal(registry_entry_name(e), e->aliases[i]))
            return true;
    }
    return false;
}

static void free_table(void *object)
{
    free(object);
}

static void store(struct table *t, size_t at, const struct node *n)
{
    atomic_store_explicit(&t->slot[at], n, memory_order_release);
}

static void insert(struct table *t, const struct node *n)
{
    size_t at = (size_t)n->hash & (t->slots - 1);

    while (node_at(t, at) != NULL)
        at = (at + 1) & (t->slots - 1);
    if (atomic_load_explicit(&t->slot[at], memory_order_relaxed) == NULL)
        t->used++;
    store(t, at, n);
}

/* Room for more names: a new table without graves when this one would be three quarters full. */
static struct table *make_room(struct registry_index *ix, size_t more)
{
    struct table *old = atomic_load_explicit(&ix->table, memory_order_relaxed);
    size_t slots = old->slots;

    if ((old->used + more) * 4 <= slots * 3)
        return old;
    while ((ix->nodes + more) * 2 > slots)
        slots *= 2;
    struct table *t = table_new(slots);

    for (size_t i = 0; i < old->slots; i++) {
        const struct node *n = node_at(old, i);

        if (n != NULL)
            insert(t, n);
    }
    atomic_store_explicit(&ix->table, t, memory_order_release);
    epoch_retire(ix->epoch, old, free_table);
    return t;
}

/* Buries the names of old, except those that lead to another entry by now. */
static void bury(struct registry_index *ix, const struct registry_entry *old)
{
    struct table *t = atomic_load_explicit(&ix->table, memory_order_relaxed);
    const struct str scope = registry_entry_scope(old);

    for (size_t i = 0; i < old->alias_count; i++) {
        const struct str alias = old->aliases[i];
        const size_t at = slot_of(t, hash_of(ix, scope, alias), scope, alias);

        if (at < t->slots && node_at(t, at)->entry == old) {
            store(t, at, &grave);
            ix->nodes--;
        }
    }
    ix->counts[old->kind]--;
    epoch_retire(ix->epoch, unconst(old), free_entry);
}

static void changed(struct registry_index *ix)
{
    (void)atomic_fetch_add(&ix->generation, 1);
    (void)epoch_reclaim(ix->epoch);
}

bool registry_index_put(struct registry_index *ix, struct registry_entry *e)
{
    if (takes_a_name(ix, e))
        return false;
    const struct str scope = registry_entry_scope(e);
    const struct registry_entry *old = registry_index_find(ix, scope, registry_entry_name(e));
    struct node *nodes = arena_take(&e->memory, e->alias_count, sizeof *nodes);
    struct table *t = make_room(ix, e->alias_count);
    uint64_t *generation = e->kind == REGISTRY_APP ? &e->app.generation : &e->device.generation;

    *generation = registry_index_generation(ix) + 1;
    for (size_t i = 0; i < e->alias_count; i++) {
        const struct str alias = e->aliases[i];
        const uint64_t hash = hash_of(ix, scope, alias);
        const size_t at = slot_of(t, hash, scope, alias);

        nodes[i] = (struct node){hash, scope, alias, e};
        if (at < t->slots) {
            store(t, at, &nodes[i]);
        } else {
            insert(t, &nodes[i]);
            ix->nodes++;
        }
    }
    ix->counts[e->kind]++;
    if (old != NULL)
        bury(ix, old);
    changed(ix);
    return true;
}

struct scope_of {
    struct str app;
};

static bool is_of_app(void *arg, const struct registry_entry *e)
{
    const struct scope_of *scope = arg;

    return e->kind == REGISTRY_DEVICE && str_equal(e->device.app_name, scope->app);
}

void registry_index_sweep(struct registry_index *ix,
                          bool (*gone)(void *arg, const struct registry_entry *e), void *arg)
{
    const struct table *t = atomic_load_explicit(&ix->table, memory_order_relaxed);

    for (size_t i = 0; i < t->slots; i++) {
        const struct node *n = node_at(t, i);

        if (n != NULL && is_name(n) && gone(arg, n->entry))
            bury(ix, n->entry);
    }
    changed(ix);
}

void registry_index_remove(struct registry_index *ix, struct str scope, struct str name)
{
    const struct registry_entry *old = registry_index_find(ix, scope, name);

    if (old == NULL || !str_equal(registry_entry_name(old), name))
        return;
    if (old->kind == REGISTRY_APP) {
        struct scope_of of = {old->app.name};

        registry_index_sweep(ix, is_of_app, &of);
    }
    bury(ix, old);
    changed(ix);
}
