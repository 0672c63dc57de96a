#include "lib/dtls_link.h"

#include <stdlib.h>

enum { LINK_MAX_RECORDS = 64, LINK_DEFAULT_US = 50000 };

struct dtls_link_rule {
    struct dtls_link_rule *next;
    struct dtls_rule wish;
    int met; /* records that fitted, for a rule without a place in the handshake */
};

/* A record that comes later. */
struct dtls_link_kept {
    struct dtls_link_kept *next;
    enum dtls_way to;
    int64_t at_us;
    bool waits; /* to be overtaken by one record */
    size_t len;
    uint8_t bytes[];
};

static const char *const names[] = {
    [DTLS_DROP] = "drop",       [DTLS_DUPLICATE] = "duplicate", [DTLS_DELAY] = "delay",
    [DTLS_REORDER] = "reorder", [DTLS_CORRUPT] = "corrupt",
};

const char *dtls_action_name(enum dtls_action action)
{
    return names[action];
}

bool dtls_action_from_name(struct str name, enum dtls_action *out)
{
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_equal(name, str_from(names[i]))) {
            *out = (enum dtls_action)i;
            return true;
        }
    return false;
}

void dtls_link_init(struct dtls_link *l, const struct dtls_link_hooks *hooks, void *arg)
{
    *l = (struct dtls_link){.hooks = *hooks, .arg = arg};
}

void dtls_link_add(struct dtls_link *l, const struct dtls_rule *rule)
{
    struct dtls_link_rule *r = xcalloc(1, sizeof *r);
    struct dtls_link_rule **last = &l->rules;

    r->wish = *rule;
    if (r->wish.count == 0)
        r->wish.count = 1;
    if (r->wish.by_us == 0)
        r->wish.by_us = LINK_DEFAULT_US;
    while (*last != NULL)
        last = &(*last)->next;
    *last = r;
}

void dtls_link_clear(struct dtls_link *l)
{
    for (struct dtls_link_rule *r; (r = l->rules) != NULL; free(r))
        l->rules = r->next;
}

void dtls_link_fini(struct dtls_link *l)
{
    dtls_link_clear(l);
    for (struct dtls_link_kept *k; (k = l->kept) != NULL; free(k))
        l->kept = k->next;
}

static bool fits_field(int wish, int got)
{
    return wish == 0 || wish == got;
}

static bool has_place(const struct dtls_rule *wish)
{
    return wish->flight != 0 || wish->number != 0 || wish->message != 0;
}

static bool fits(struct dtls_link_rule *rule, const struct dtls_record *r)
{
    const struct dtls_rule *w = &rule->wish;
    int turn;

    if (w->to != r->to || !fits_field(w->flight, r->flight) || !fits_field(w->number, r->number) ||
        !fits_field(w->message, r->message) || !fits_field(w->content, r->head.content))
        return false;
    turn = has_place(w) ? r->copy : rule->met++;
    return turn >= w->skip && (w->count < 0 || turn - w->skip < w->count);
}

static const struct dtls_rule *rule_for(struct dtls_link *l, const struct dtls_record *r)
{
    for (struct dtls_link_rule *rule = l->rules; rule != NULL; rule = rule->next)
        if (fits(rule, r))
            return &rule->wish;
    return NULL;
}

static void keep(struct dtls_link *l, const struct dtls_record *r, const struct dtls_rule *rule,
                 int64_t now_us)
{
    struct dtls_link_kept *k = xmalloc(sizeof *k + r->len);
    struct dtls_link_kept **last = &l->kept;

    *k = (struct dtls_link_kept){.to = r->to,
                                 .at_us = now_us + rule->by_us,
                                 .waits = rule->action == DTLS_REORDER,
                                 .len = r->len};
    memcpy(k->bytes, r->bytes, r->len);
    while (*last != NULL)
        last = &(*last)->next;
    *last = k;
}

static void deliver(struct dtls_link *l, const struct dtls_record *r, int64_t now_us)
{
    l->hooks.deliver(l->arg, r->to, r->bytes, r->len, now_us);
}

static void deliver_corrupt(struct dtls_link *l, const struct dtls_record *r, int64_t now_us)
{
    uint8_t *bytes = xmalloc(r->len);

    memcpy(bytes, r->bytes, r->len);
    bytes[r->len - 1] ^= 1;
    l->hooks.deliver(l->arg, r->to, bytes, r->len, now_us);
    free(bytes);
}

/* One that waits on this way is overtaken; those that were kept first come first. */
static void release(struct dtls_link *l, enum dtls_way to, int64_t now_us)
{
    struct dtls_link_kept **at = &l->kept;
    struct dtls_link_kept *k;

    while ((k = *at) != NULL && !(k->waits && k->to == to))
        at = &k->next;
    if (k == NULL)
        return;
    *at = k->next;
    l->hooks.deliver(l->arg, k->to, k->bytes, k->len, now_us);
    free(k);
}

static void apply(struct dtls_link *l, const struct dtls_rule *rule, const struct dtls_record *r,
                  int64_t now_us)
{
    switch (rule->action) {
    case DTLS_DROP:
        return;
    case DTLS_DELAY:
    case DTLS_REORDER:
        keep(l, r, rule, now_us);
        return;
    case DTLS_DUPLICATE:
        deliver(l, r, now_us);
        deliver(l, r, now_us);
        break;
    case DTLS_CORRUPT:
        deliver_corrupt(l, r, now_us);
        break;
    }
    release(l, r->to, now_us);
}

/* Rules may be cleared while a record is delivered: the copies stay. */
struct passing {
    struct dtls_record record;
    struct dtls_rule rule;
    bool touched;
};

/* Reads the datagram's records. What is behind them, or no record at all, is one without place. */
static size_t split(struct dtls_link *l, enum dtls_way to, struct str datagram, struct passing *out)
{
    const uint8_t *at = (const uint8_t *)datagram.ptr;
    size_t count = 0;

    while (datagram.len > 0 && count < LINK_MAX_RECORDS) {
        struct passing *p = &out[count++];
        const struct dtls_rule *rule;

        *p = (struct passing){0};
        if (count == LINK_MAX_RECORDS || !dtls_record_next(&at, &datagram.len, to, &p->record)) {
            p->record = (struct dtls_record){.to = to,
                                             .bytes = at,
                                             .len = datagram.len,
                                             .message = -1,
                                             .last_seq = -1,
                                             .alert_level = -1,
                                             .alert = -1};
            datagram.len = 0;
        }
        dtls_track(&l->track, &p->record);
        rule = rule_for(l, &p->record);
        if (rule != NULL) {
            p->touched = true;
            p->rule = *rule;
        }
        if (l->hooks.record != NULL)
            l->hooks.record(l->arg, &p->record, rule ? dtls_action_name(rule->action) : NULL);
    }
    return count;
}

void dtls_link_pass(struct dtls_link *l, enum dtls_way to, const uint8_t *bytes, size_t len,
                    int64_t now_us)
{
    struct passing *p = xmalloc(LINK_MAX_RECORDS * sizeof *p);
    size_t count = split(l, to, (struct str){(const char *)bytes, len}, p);
    bool touched = to == DTLS_TO_DEVICE; /* it always gets single records */

    for (size_t i = 0; i < count; i++)
        touched = touched || p[i].touched;
    if (!touched) {
        l->hooks.deliver(l->arg, to, bytes, len, now_us);
        release(l, to, now_us);
    }
    for (size_t i = 0; touched && i < count; i++) {
        if (p[i].touched) {
            apply(l, &p[i].rule, &p[i].record, now_us);
            continue;
        }
        deliver(l, &p[i].record, now_us);
        release(l, to, now_us);
    }
    free(p);
}

int64_t dtls_link_deadline_us(const struct dtls_link *l)
{
    int64_t soonest = INT64_MAX;

    for (const struct dtls_link_kept *k = l->kept; k != NULL; k = k->next)
        if (k->at_us < soonest)
            soonest = k->at_us;
    return soonest;
}

/* Takes out the one that is due first. */
static struct dtls_link_kept *take_due(struct dtls_link *l, int64_t now_us)
{
    int64_t soonest = dtls_link_deadline_us(l);
    struct dtls_link_kept **at = &l->kept;
    struct dtls_link_kept *k;

    if (soonest > now_us)
        return NULL;
    for (k = *at; k != NULL && k->at_us != soonest; k = *at)
        at = &k->next;
    assert(k != NULL); /* somebody has the soonest time */
    *at = k->next;
    return k;
}

void dtls_link_tick(struct dtls_link *l, int64_t now_us)
{
    for (struct dtls_link_kept *k; (k = take_due(l, now_us)) != NULL; free(k))
        l->hooks.deliver(l->arg, k->to, k->bytes, k->len, now_us);
}
