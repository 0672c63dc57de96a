#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "reference/registry_index.h"

/* A device of `app` with that name, and aliases that are NULL from the first missing one on. */
static struct registry_entry *device(const char *app, const char *name, const char *a,
                                     const char *b)
{
    struct registry_entry *e = registry_entry_new(REGISTRY_DEVICE);
    struct str *aliases = arena_take(&e->memory, 3, sizeof *aliases);

    e->device.app_name = arena_str(&e->memory, str_from(app));
    e->device.name = arena_str(&e->memory, str_from(name));
    aliases[e->alias_count++] = e->device.name;
    if (a != NULL)
        aliases[e->alias_count++] = arena_str(&e->memory, str_from(a));
    if (b != NULL)
        aliases[e->alias_count++] = arena_str(&e->memory, str_from(b));
    e->aliases = aliases;
    return e;
}

static struct registry_entry *app(const char *name)
{
    struct registry_entry *e = registry_entry_new(REGISTRY_APP);
    struct str *aliases = arena_take(&e->memory, 1, sizeof *aliases);

    e->app.name = arena_str(&e->memory, str_from(name));
    aliases[e->alias_count++] = e->app.name;
    e->aliases = aliases;
    return e;
}

static void put(struct registry_index *ix, struct registry_entry *e)
{
    assert_true(registry_index_put(ix, e));
}

static const struct registry_entry *find(const struct registry_index *ix, const char *scope,
                                         const char *alias)
{
    return registry_index_find(ix, str_from(scope), str_from(alias));
}

static void finds_by_every_alias_in_its_scope_only(void **state)
{
    struct registry_index *ix = registry_index_new();

    UNUSED(state);
    put(ix, app("a"));
    put(ix, app("b"));
    put(ix, device("a", "d", "x", "y"));
    assert_non_null(find(ix, "a", "d"));
    assert_ptr_equal(find(ix, "a", "x"), find(ix, "a", "d"));
    assert_ptr_equal(find(ix, "a", "y"), find(ix, "a", "d"));
    assert_null(find(ix, "b", "d"));
    assert_null(find(ix, "", "d"));
    assert_null(find(ix, "ad", ""));
    assert_null(find(ix, "d", "a"));
    assert_int_equal(find(ix, "", "a")->kind, REGISTRY_APP);
    registry_index_free(&ix);
}

static void replacing_drops_the_aliases_that_are_gone(void **state)
{
    struct registry_index *ix = registry_index_new();
    const uint64_t before = registry_index_generation(ix);

    UNUSED(state);
    put(ix, device("a", "d", "x", "y"));
    put(ix, device("a", "d", "y", "z"));
    assert_null(find(ix, "a", "x"));
    assert_ptr_equal(find(ix, "a", "y"), find(ix, "a", "z"));
    assert_int_equal(registry_index_count(ix, REGISTRY_DEVICE), 1);
    assert_true(registry_index_generation(ix) > before);
    registry_index_free(&ix);
}

static void an_alias_can_move_before_its_old_owner_has_changed(void **state)
{
    struct registry_index *ix = registry_index_new();

    UNUSED(state);
    put(ix, device("a", "d", "x", NULL));
    put(ix, device("a", "e", "x", NULL));
    assert_ptr_equal(find(ix, "a", "x"), find(ix, "a", "e"));
    put(ix, device("a", "d", NULL, NULL));
    assert_ptr_equal(find(ix, "a", "x"), find(ix, "a", "e"));
    registry_index_remove(ix, STR("a"), STR("e"));
    assert_null(find(ix, "a", "x"));
    registry_index_free(&ix);
}

static void the_name_of_an_entry_cannot_be_taken(void **state)
{
    struct registry_index *ix = registry_index_new();
    struct registry_entry *e = device("a", "e", "d", NULL);

    UNUSED(state);
    put(ix, device("a", "d", NULL, NULL));
    assert_false(registry_index_put(ix, e));
    assert_null(find(ix, "a", "e"));
    registry_entry_free(&e);
    registry_index_free(&ix);
}

static void an_alias_twice_in_an_entry_does_no_harm(void **state)
{
    struct registry_index *ix = registry_index_new();

    UNUSED(state);
    put(ix, device("a", "d", "x", "x"));
    put(ix, device("a", "d", "d", NULL));
    assert_null(find(ix, "a", "x"));
    registry_index_remove(ix, STR("a"), STR("d"));
    assert_null(find(ix, "a", "d"));
    registry_index_free(&ix);
}

static void an_application_leaves_with_its_devices(void **state)
{
    struct registry_index *ix = registry_index_new();

    UNUSED(state);
    put(ix, app("a"));
    put(ix, device("a", "d", "x", NULL));
    put(ix, device("b", "d", NULL, NULL));
    registry_index_remove(ix, STR(""), STR("a"));
    assert_null(find(ix, "", "a"));
    assert_null(find(ix, "a", "d"));
    assert_null(find(ix, "a", "x"));
    assert_non_null(find(ix, "b", "d"));
    registry_index_remove(ix, STR("b"), STR("x"));
    assert_int_equal(registry_index_count(ix, REGISTRY_DEVICE), 1);
    registry_index_free(&ix);
}

static void grows_and_shrinks_without_losing_anybody(void **state)
{
    enum { DEVICES = 3000, ROUNDS = 3 };
    struct registry_index *ix = registry_index_new();
    char name[32];

    UNUSED(state);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < DEVICES; i++) {
            (void)snprintf(name, sizeof name, "device-%d", i);
            put(ix, device("a", name, NULL, NULL));
        }
        for (int i = 0; i < DEVICES; i++) {
            (void)snprintf(name, sizeof name, "device-%d", i);
            assert_string_equal(find(ix, "a", name)->device.name.ptr, name);
            if (i % 2 == round % 2)
                registry_index_remove(ix, STR("a"), str_from(name));
        }
        for (int i = 0; i < DEVICES; i++) {
            (void)snprintf(name, sizeof name, "device-%d", i);
            assert_int_equal(find(ix, "a", name) == NULL, i % 2 == round % 2);
        }
        assert_int_equal(registry_index_count(ix, REGISTRY_DEVICE), DEVICES / 2);
    }
    registry_index_free(&ix);
}

/* --- readers beside a writer ---------------------------------------------------------------------
 */

enum { READERS = 3, THREAD_DEVICES = 40, CHANGES = 4000 };

struct world {
    struct registry_index *ix;
    _Atomic bool ends;
    _Atomic uint64_t looked;
};

/* Every device's alias tells its name: an entry that was freed or mixed up would not fit. */
static void *read_all(void *arg)
{
    struct world *w = arg;
    struct epoch_reader *reader = epoch_reader_new(registry_index_epoch(w->ix));
    char name[32];
    uint64_t looked = 0;

    while (!atomic_load(&w->ends)) {
        for (int i = 0; i < THREAD_DEVICES; i++) {
            (void)snprintf(name, sizeof name, "d%d", i);
            const struct registry_entry *e = find(w->ix, "a", name);

            if (e != NULL) {
                assert(strcmp(e->device.name.ptr, name) == 0);
                assert(strcmp(e->aliases[1].ptr + 2, name) == 0);
            }
            /* The first device is always there: replaced in one step. */
            assert(e != NULL || i != 0);
            looked++;
        }
        if (looked % (THREAD_DEVICES * 8) == 0)
            epoch_offline(reader);
        epoch_quiescent(reader);
    }
    (void)atomic_fetch_add(&w->looked, looked);
    epoch_reader_free(&reader);
    return NULL;
}

static void change(struct registry_index *ix, unsigned n)
{
    const unsigned i = n * 7 % THREAD_DEVICES;
    char name[32];
    char alias[40];

    (void)snprintf(name, sizeof name, "d%u", i);
    (void)snprintf(alias, sizeof alias, "%u-%s", n % 10, name);
    if (n % 5 == 0 && i != 0)
        registry_index_remove(ix, STR("a"), str_from(name));
    else
        put(ix, device("a", name, alias, NULL));
}

static void readers_never_see_what_is_freed(void **state)
{
    struct world w = {.ix = registry_index_new()};
    pthread_t threads[READERS];

    UNUSED(state);
    put(w.ix, device("a", "d0", "0-d0", NULL));
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &w), 0);
    for (unsigned n = 0; n < CHANGES; n++)
        change(w.ix, n);
    atomic_store(&w.ends, true);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(epoch_reclaim(registry_index_epoch(w.ix)), 0);
    registry_index_free(&w.ix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_every_alias_in_its_scope_only),
        cmocka_unit_test(replacing_drops_the_aliases_that_are_gone),
        cmocka_unit_test(an_alias_can_move_before_its_old_owner_has_changed),
        cmocka_unit_test(the_name_of_an_entry_cannot_be_taken),
        cmocka_unit_test(an_alias_twice_in_an_entry_does_no_harm),
        cmocka_unit_test(an_application_leaves_with_its_devices),
        cmocka_unit_test(grows_and_shrinks_without_losing_anybody),
        cmocka_unit_test(readers_never_see_what_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
