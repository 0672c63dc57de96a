#include "lib/cloudevent.h"
#include "lib/cloudevent_fixture.h"
#include "lib/cloudevent_glance.h"

static bool same(struct str glanced, const struct cloudevent *e, const char *name)
{
    const struct cloudevent_attribute *a = cloudevent_find(e, name);

    return a == NULL || a->type != CLOUDEVENT_STRING || str_equal(glanced, a->value);
}

/* What is seen at a glance is what a whole reading finds. */
static void compare(struct str text, const struct cloudevent *e, bool readable)
{
    struct buf scratch = buf_growing();
    struct cloudevent_glance g;

    if (cloudevent_glance(&g, text, &scratch) != readable)
        __builtin_trap();
    if (readable && e->fault_count == 0 &&
        (!same(g.id, e, "id") || !same(g.source, e, "source") || !same(g.type, e, "type") ||
         !same(g.application, e, "application") || !same(g.device, e, "device") ||
         g.data_kind != e->data_kind ||
         (g.data_kind != CLOUDEVENT_BASE64 && !str_equal(g.data, e->data))))
        __builtin_trap();
    buf_fini(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str text = {(const char *)data, len}, key, value;
    struct cloudevent_header headers[160];
    struct cloudevent e;
    struct json_walk w;

    if (cloudevent_batch_begin(&w, text)) {
        while (json_walk_next(&w, &key, &value)) {
            (void)!cloudevent_read_json(&e, value);
            finish(&e);
        }
    }
    bool readable = cloudevent_read_json(&e, text);

    compare(text, &e, readable);
    finish(&e);

    size_t count = take_headers(&text, headers, COUNT(headers));

    (void)!cloudevent_read_http(&e, headers, count, text);
    finish(&e);
    return 0;
}
