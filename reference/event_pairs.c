#include "reference/event_pairs.h"

#include "lib/rfc3339.h"
#include "lib/utf8.h"

/* Room for what is made from other attributes: source, partitionkey, time. */
struct walk {
    event_pair_fn fn;
    void *arg;
    struct buf made;
    size_t count;
};

static void give(struct walk *w, struct str name, struct str value)
{
    w->fn(w->arg, name, value);
    w->count++;
}

static void give_made(struct walk *w, const struct event *e, struct str name,
                      void (*make)(const struct event *e, struct buf *out))
{
    buf_clear(&w->made);
    make(e, &w->made);
    give(w, name, buf_str(&w->made));
}

static void add_time(const struct event *e, struct buf *out)
{
    rfc3339_format(e->time_us, out);
}

size_t event_each_pair(const struct event *e, event_pair_fn fn, void *arg)
{
    struct walk w = {fn, arg, buf_growing(), 0};
    struct event_extension texts[EVENT_MAX_TEXTS];
    size_t count = event_texts(e, texts);

    assert(e->data != EVENT_UNCLASSIFIED);
    give(&w, STR("specversion"), STR("1.0"));
    give(&w, STR("type"), event_type(e));
    give(&w, STR("id"), (struct str){e->id, EVENT_ID_LEN});
    give_made(&w, e, STR("time"), add_time);
    give_made(&w, e, STR("source"), event_add_source);
    if (event_has_partition_key(e))
        give_made(&w, e, STR("partitionkey"), event_add_partition_key);
    for (size_t i = 0; i < count; i++)
        give(&w, texts[i].name, texts[i].value);
    buf_fini(&w.made);
    return w.count;
}

void event_add_text(struct buf *out, struct str s)
{
    for (size_t at = 0; at < s.len;) {
        struct str rest = {s.ptr + at, s.len - at};
        size_t len = rest.ptr[0] == '\0' ? 0 : utf8_char_len(rest);

        buf_add_str(out, len == 0 ? STR("\xEF\xBF\xBD") : (struct str){rest.ptr, len});
        at += len == 0 ? 1 : len;
    }
    buf_add_char(out, '\0');
}

struct pairs {
    struct str prefix;
    struct buf *out;
    size_t count;
};

static void add_pair(void *arg, struct str name, struct str value)
{
    struct pairs *p = arg;

    if (str_equal(name, STR("datacontenttype")))
        return;
    buf_add_str(p->out, p->prefix);
    event_add_text(p->out, name);
    event_add_text(p->out, value);
    p->count++;
}

size_t event_pairs(const struct event *e, const char *prefix, struct buf *out)
{
    struct pairs p = {str_from(prefix), out, 0};

    (void)event_each_pair(e, add_pair, &p);
    return p.count;
}
