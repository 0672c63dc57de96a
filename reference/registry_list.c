/* Get and list: the readers among the managers of registry.h. */
#include <stdio.h>

#include "reference/label_selector.h"
#include "reference/registry_state.h"

static const struct str no_scope = {"", 0};

static enum registry_err get(struct registry *r, struct str scope, struct str name, json_t **out)
{
    struct registry_record record;

    *out = NULL;
    (void)pthread_mutex_lock(&r->mutex);
    const enum registry_err err = registry_store_get(r->store, scope, name, &record);

    (void)pthread_mutex_unlock(&r->mutex);
    if (err == REGISTRY_OK) {
        *out = registry_record_render(&record);
        registry_record_fini(&record);
    }
    return err;
}

enum registry_err registry_app_get(struct registry *r, struct str app, json_t **out)
{
    return get(r, no_scope, app, out);
}

enum registry_err registry_device_get(struct registry *r, struct str app, struct str device,
                                      json_t **out)
{
    *out = NULL;
    return app.len == 0 ? REGISTRY_NOT_FOUND : get(r, app, device, out);
}

/* A list that is being filtered: what matches is counted for offset and limit. */
struct filter {
    const struct label_selector *selector;
    int64_t skip;
    int64_t left; /* < 0: no limit */
    json_t *out;
};

static bool add_record(void *arg, const struct registry_record *record)
{
    struct filter *f = arg;

    if (f->left == 0)
        return false;
    if (!label_selector_matches(f->selector, json_object_get(record->body, "labels")))
        return true;
    if (f->skip > 0) {
        f->skip--;
        return true;
    }
    (void)json_array_append_new(f->out, registry_record_render(record));
    if (f->left > 0)
        f->left--;
    return true;
}

static enum registry_err list(struct registry *r, struct str scope,
                              const struct registry_page *page, json_t **out, char *why)
{
    const struct str labels = page->labels == NULL ? no_scope : str_from(page->labels);
    struct label_selector *selector = label_selector_parse(labels);
    const bool all_match = labels.len == 0;
    struct filter f = {.selector = selector,
                       .skip = all_match || page->offset < 0 ? 0 : page->offset,
                       .left = page->limit,
                       .out = json_array()};
    const struct registry_store_range range = {
        .scope = scope,
        .after = page->after,
        .limit = all_match ? page->limit : -1,
        .offset = all_match && page->offset > 0 ? page->offset : 0};
    enum registry_err err = REGISTRY_INVALID;

    if (selector == NULL) {
        if (why != NULL)
            (void)snprintf(why, REGISTRY_WHY_LEN,
                           "labels: expected a selector such as `a=b,!c,d in (e,f)`");
    } else {
        (void)pthread_mutex_lock(&r->mutex);
        err = registry_store_list(r->store, &range, add_record, &f);
        if (err == REGISTRY_STORE && why != NULL)
            registry_store_why(r->store, why);
        (void)pthread_mutex_unlock(&r->mutex);
    }
    label_selector_free(&selector);
    if (err != REGISTRY_OK) {
        json_decref(f.out);
        f.out = NULL;
    }
    *out = f.out;
    return err;
}

enum registry_err registry_app_list(struct registry *r, const struct registry_page *page,
                                    json_t **out, char *why)
{
    return list(r, no_scope, page, out, why);
}

enum registry_err registry_device_list(struct registry *r, struct str app,
                                       const struct registry_page *page, json_t **out, char *why)
{
    json_t *doc;
    enum registry_err err = registry_app_get(r, app, &doc);

    *out = NULL;
    json_decref(doc);
    if (err == REGISTRY_NOT_FOUND && why != NULL)
        (void)snprintf(why, REGISTRY_WHY_LEN, "the application does not exist");
    return err == REGISTRY_OK ? list(r, app, page, out, why) : err;
}
