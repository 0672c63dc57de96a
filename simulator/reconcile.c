#include "simulator/reconcile.h"

#include <stdlib.h>

#include "lib/lazy.h"
#include "simulator/reconcile_command.h"
#include "simulator/rng.h"

enum { ENTRIES_MIN = 1 << 20, ENTRIES_MAX = 1 << 22, WINDOW = 64 };

/* What is known of all publishes of a device. */
struct device {
    uint64_t window;   /* bit n: publish top - n had an event */
    int64_t top_us;    /* when publish `top` was sent */
    uint32_t top;      /* of the publishes that had an event, the latest; 0: none */
    uint32_t sent_top; /* the latest that was sent */
};

_Static_assert(sizeof(struct device) == 24, "a million devices are 24 MB");

enum outcome { OUTCOME_NONE, OUTCOME_ACKNOWLEDGED, OUTCOME_REFUSED, OUTCOME_UNDECIDED };

enum flag {
    SEEN = 1,          /* its event has come */
    MISATTRIBUTED = 2, /* and named another device */
    DUPLICATED = 4,    /* and another one */
    BEHIND = 8,        /* and came behind a later one, sent at time_us */
    DELIVERED = 16,    /* counted so */
};

struct entry {
    int64_t time_us; /* of the outcome; BEHIND: of the later publish */
    uint32_t device;
    uint32_t sequence; /* 0: no entry */
    uint32_t next;     /* of the same bucket: slot + 1; 0: the last */
    uint32_t id;
    uint8_t outcome;
    uint8_t flags;
};

struct reconcile {
    struct reconcile_options options;
    struct tally *tally;
    struct reconcile_commands *commands;
    struct device *devices; /* from first_device on */
    struct entry *entries;  /* a ring */
    uint32_t *buckets;      /* slot + 1 */
    uint64_t made;          /* entries so far */
    size_t waiting;         /* acknowledged, without an event */
    uint64_t overcounted;   /* delivered, as it seemed */
    uint64_t given_up;      /* acknowledged publishes that had to make room: an event may follow */
};

struct reconcile *reconcile_new(const struct reconcile_options *options)
{
    struct reconcile *r = xcalloc(1, sizeof *r);
    size_t count = ENTRIES_MIN;

    assert(options->device_count > 0);
    while (count < ENTRIES_MAX && count < 4 * (size_t)options->device_count)
        count *= 2;
    r->options = *options;
    if (r->options.entry_count == 0)
        r->options.entry_count = count;
    assert((r->options.entry_count & (r->options.entry_count - 1)) == 0);
    r->tally = options->tally;
    r->commands = reconcile_commands_new(
        options->tally, options->ending_us == 0 ? RECONCILE_ENDING_US : options->ending_us);
    r->devices = lazy_calloc(options->device_count, sizeof *r->devices);
    r->entries = lazy_calloc(r->options.entry_count, sizeof *r->entries);
    r->buckets = lazy_calloc(r->options.entry_count, sizeof *r->buckets);
    return r;
}

void reconcile_free(struct reconcile **r)
{
    if (*r == NULL)
        return;
    reconcile_commands_free(&(*r)->commands);
    lazy_free((*r)->devices, (*r)->options.device_count, sizeof *(*r)->devices);
    lazy_free((*r)->entries, (*r)->options.entry_count, sizeof *(*r)->entries);
    lazy_free((*r)->buckets, (*r)->options.entry_count, sizeof *(*r)->buckets);
    free(*r);
    *r = NULL;
}

/* --- entries -------------------------------------------------------------------------------------
 */

static uint32_t *bucket_of(struct reconcile *r, uint32_t device, uint32_t sequence)
{
    return &r->buckets[rng_mix((uint64_t)device << 32 | sequence) & (r->options.entry_count - 1)];
}

static struct entry *find(struct reconcile *r, uint32_t device, uint32_t sequence)
{
    uint32_t at = *bucket_of(r, device, sequence);

    while (at != 0 &&
           (r->entries[at - 1].device != device || r->entries[at - 1].sequence != sequence))
        at = r->entries[at - 1].next;
    return at == 0 ? NULL : &r->entries[at - 1];
}

static bool waits_for_event(const struct entry *e)
{
    return e->outcome == OUTCOME_ACKNOWLEDGED && (e->flags & SEEN) == 0;
}

static void unlink_entry(struct reconcile *r, const struct entry *e)
{
    uint32_t slot = (uint32_t)(e - r->entries) + 1;
    uint32_t *link = bucket_of(r, e->device, e->sequence);

    while (*link != slot) {
        assert(*link != 0);
        link = &r->entries[*link - 1].next;
    }
    *link = e->next;
}

/* The oldest entry makes room: what can still come of it is in the device's window. */
static struct entry *add_entry(struct reconcile *r, uint32_t device, uint32_t sequence,
                               int64_t now_us)
{
    struct entry *e = &r->entries[r->made & (r->options.entry_count - 1)];
    uint32_t *bucket = bucket_of(r, device, sequence);

    if (e->sequence != 0) {
        if (waits_for_event(e)) {
            r->waiting--;
            r->given_up++;
            tally_count(r->tally, now_us - e->time_us >= RECONCILE_PATIENCE_US
                                      ? TALLY_EVENT_LOST
                                      : TALLY_EVENT_UNCHECKED);
        }
        unlink_entry(r, e);
    }
    *e = (struct entry){.device = device, .sequence = sequence, .next = *bucket};
    *bucket = (uint32_t)(e - r->entries) + 1;
    r->made++;
    return e;
}

/* --- the device's window -------------------------------------------------------------------------
 */

static struct device *device_of(struct reconcile *r, uint32_t device)
{
    uint32_t index = device - r->options.first_device;

    return index < r->options.device_count ? &r->devices[index] : NULL;
}

static bool window_has(const struct device *d, uint32_t sequence)
{
    return sequence <= d->top && d->top - sequence < WINDOW &&
           (d->window >> (d->top - sequence) & 1) != 0;
}

static void window_add(struct device *d, uint32_t sequence, int64_t sent_us)
{
    if (sequence > d->top) {
        uint32_t by = sequence - d->top;

        d->window = by < WINDOW ? d->window << by | 1 : 1;
        d->top = sequence;
        d->top_us = sent_us;
    } else if (d->top - sequence < WINDOW) {
        d->window |= UINT64_C(1) << (d->top - sequence);
    }
}

/* --- decisions -----------------------------------------------------------------------------------
 */

/* Both its outcome and its (first) event are known. acknowledged_us: of the outcome. */
static void settle(struct reconcile *r, struct entry *e, int64_t acknowledged_us, int64_t later_us)
{
    if (e->outcome == OUTCOME_REFUSED) {
        tally_count(r->tally, TALLY_EVENT_REFUSED);
        return;
    }
    if (e->outcome != OUTCOME_ACKNOWLEDGED)
        return;
    /* a device may send the next one before this one is answered: no order then (EVT-08) */
    if ((e->flags & BEHIND) != 0 && acknowledged_us < later_us)
        tally_count(r->tally, TALLY_EVENT_DISORDERED);
    if ((e->flags & (MISATTRIBUTED | DUPLICATED)) != 0)
        return;
    e->flags |= DELIVERED;
    if (r->overcounted > 0)
        r->overcounted--;
    else
        tally_count(r->tally, TALLY_EVENT_DELIVERED);
}

static void take_outcome(struct reconcile *r, const struct notice *n, enum outcome outcome)
{
    struct device *d = device_of(r, n->device);
    struct entry *e = find(r, n->device, n->sequence);

    if (d == NULL || n->sequence == 0)
        return;
    if (e == NULL) {
        e = add_entry(r, n->device, n->sequence, n->at_us);
        if (window_has(d, n->sequence)) /* its entry had to make room */
            e->flags = SEEN;
    }
    if (e->outcome != OUTCOME_NONE)
        return;
    e->outcome = (uint8_t)outcome;
    if ((e->flags & SEEN) != 0)
        settle(r, e, n->at_us, e->time_us);
    else
        r->waiting += waits_for_event(e);
    e->time_us = n->at_us;
}

void reconcile_notice(struct reconcile *r, const struct notice *n)
{
    static const enum outcome outcomes[] = {
        [NOTICE_ACKNOWLEDGED] = OUTCOME_ACKNOWLEDGED,
        [NOTICE_REFUSED] = OUTCOME_REFUSED,
        [NOTICE_UNDECIDED] = OUTCOME_UNDECIDED,
    };
    struct device *d = device_of(r, n->device);

    switch ((enum notice_kind)n->kind) {
    case NOTICE_SENT:
        if (d != NULL && n->sequence > d->sent_top)
            d->sent_top = n->sequence;
        return;
    case NOTICE_COMMAND:
    case NOTICE_FOREIGN:
        reconcile_commands_came(r->commands, n);
        return;
    case NOTICE_ACKNOWLEDGED:
    case NOTICE_REFUSED:
    case NOTICE_UNDECIDED:
        break;
    }
    reconcile_commands_wait_over(r->commands, n);
    if (n->kind == NOTICE_UNDECIDED && !n->hostile)
        tally_count(r->tally, TALLY_EVENT_UNDECIDED);
    if (r->options.sees_events)
        take_outcome(r, n, n->hostile ? OUTCOME_REFUSED : outcomes[n->kind]);
    else if (n->kind == NOTICE_ACKNOWLEDGED && !n->hostile)
        tally_count(r->tally, TALLY_EVENT_UNCHECKED);
}

static bool is_misattributed(struct reconcile *r, const struct reconcile_event *e)
{
    if (e->names_device && e->device == e->marker_device)
        return false;
    tally_count(r->tally, TALLY_EVENT_MISATTRIBUTED);
    return true;
}

static void take_second(struct reconcile *r, struct entry *e, const struct reconcile_event *event)
{
    if (e->id == event->id) /* a copy of the same event, EVT-01 */
        return;
    (void)is_misattributed(r, event);
    if (e->outcome == OUTCOME_REFUSED) {
        tally_count(r->tally, TALLY_EVENT_REFUSED);
        return;
    }
    if ((e->flags & DUPLICATED) != 0)
        return;
    tally_count(r->tally, TALLY_EVENT_DUPLICATED);
    r->overcounted += (e->flags & DELIVERED) != 0;
    e->flags = (uint8_t)((e->flags | DUPLICATED) & ~DELIVERED);
}

static void take_first(struct reconcile *r, struct device *d, const struct reconcile_event *e,
                       int64_t now_us)
{
    struct entry *entry = find(r, e->marker_device, e->sequence);
    int64_t acknowledged_us;

    if (entry == NULL)
        entry = add_entry(r, e->marker_device, e->sequence, now_us);
    r->waiting -= waits_for_event(entry);
    acknowledged_us = entry->time_us;
    entry->id = e->id;
    entry->flags |= SEEN;
    if (is_misattributed(r, e))
        entry->flags |= MISATTRIBUTED;
    if (e->sequence < d->top)
        entry->flags |= BEHIND;
    if (entry->outcome == OUTCOME_NONE)
        entry->time_us = d->top_us;
    else
        settle(r, entry, acknowledged_us, d->top_us);
    window_add(d, e->sequence, e->sent_us);
    tally_time(r->tally, TALLY_HIST_EVENT, now_us - e->sent_us);
}

bool reconcile_event(struct reconcile *r, const struct reconcile_event *e, int64_t now_us)
{
    struct device *d = e->marked ? device_of(r, e->marker_device) : NULL;
    struct entry *entry;

    if (!e->marked || e->run != r->options.run || e->sequence == 0) {
        tally_count(r->tally, TALLY_EVENT_STRAY);
        return false;
    }
    if (d == NULL) /* of another slice of the run */
        return false;
    entry = find(r, e->marker_device, e->sequence);
    if (entry != NULL && (entry->flags & SEEN) != 0) {
        take_second(r, entry, e);
        return false;
    }
    if (entry == NULL && window_has(d, e->sequence)) {
        tally_count(r->tally, TALLY_EVENT_DUPLICATED); /* its entry had to make room, and its id */
        return false;
    }
    take_first(r, d, e, now_us);
    return true;
}

/* --- commands, and the end -----------------------------------------------------------------------
 */

void reconcile_command_sent(struct reconcile *r, const struct reconcile_command *c)
{
    reconcile_commands_sent(r->commands, c);
}

void reconcile_command_answered(struct reconcile *r, uint32_t number, bool taken, int64_t now_us)
{
    reconcile_commands_answered(r->commands, number, taken, now_us);
}

size_t reconcile_open(const struct reconcile *r)
{
    return r->waiting + reconcile_commands_open(r->commands);
}

void reconcile_end(struct reconcile *r, const struct reconcile_losses *losses)
{
    uint64_t count = r->made < r->options.entry_count ? r->made : r->options.entry_count;

    for (uint64_t i = 0; i < count; i++) {
        struct entry *e = &r->entries[i];
        const struct device *d = device_of(r, e->device);

        if (waits_for_event(e))
            tally_count(r->tally, losses->events_cut ? TALLY_EVENT_UNCHECKED : TALLY_EVENT_LOST);
        else if (e->outcome == OUTCOME_NONE && losses->notices == 0 && r->given_up == 0)
            tally_count(r->tally,
                        e->sequence > d->sent_top ? TALLY_EVENT_STRAY : TALLY_EVENT_UNDECIDED);
        unlink_entry(r, e);
        *e = (struct entry){.sequence = 0};
    }
    r->made = 0;
    r->waiting = 0;
    if (r->options.sees_events)
        r->tally->counter[TALLY_EVENT_UNCHECKED] += losses->acknowledged;
    reconcile_commands_end(r->commands, losses->notices > 0);
}
