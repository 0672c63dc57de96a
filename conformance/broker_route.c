#include "conformance/broker_route.h"

#include <stdlib.h>

enum { MENTION_MIN = 8 }; /* shorter names may stand in an event by chance */

static bool is_same(const struct route_name *n, const char *application, const char *text)
{
    if (strcmp(n->text, text) != 0 || (n->application == NULL) != (application == NULL))
        return false;
    return application == NULL || strcmp(n->application, application) == 0;
}

void route_add(struct route_names *names, const char *application, const char *text)
{
    for (size_t i = 0; i < names->count; i++)
        if (is_same(&names->name[i], application, text))
            return;
    if (names->count == names->cap) {
        names->cap = names->cap == 0 ? 8 : 2 * names->cap;
        names->name = xrealloc(names->name, names->cap * sizeof *names->name);
    }
    names->name[names->count++] = (struct route_name){
        application == NULL ? NULL : xstrdup(str_from(application)), xstrdup(str_from(text))};
}

void route_fini(struct route_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->name[i].application);
        free(names->name[i].text);
    }
    free(names->name);
    *names = (struct route_names){0};
}

static bool attribute_is(const struct cloudevent *e, const char *attribute, const char *text)
{
    const struct cloudevent_attribute *a = cloudevent_find(e, attribute);

    return a != NULL && str_equal(a->value, str_from(text));
}

static enum route_fit fit_of(const struct route_name *n, const struct cloudevent *e, struct str raw)
{
    size_t len = strlen(n->text);

    if (n->application != NULL && !attribute_is(e, "application", n->application))
        return ROUTE_NONE;
    if (attribute_is(e, "device", n->text) || attribute_is(e, "sender", n->text))
        return ROUTE_DEVICE;
    if (n->application != NULL)
        return ROUTE_NONE;
    if (attribute_is(e, "application", n->text))
        return ROUTE_APPLICATION;
    return len >= MENTION_MIN && raw.len >= len && memmem(raw.ptr, raw.len, n->text, len) != NULL
               ? ROUTE_MENTIONED
               : ROUTE_NONE;
}

enum route_fit route_fit(const struct route_names *names, const struct cloudevent *e,
                         struct str raw)
{
    enum route_fit best = ROUTE_NONE;

    for (size_t i = 0; i < names->count && best < ROUTE_DEVICE; i++) {
        enum route_fit fit = fit_of(&names->name[i], e, raw);

        best = fit > best ? fit : best;
    }
    return best;
}
