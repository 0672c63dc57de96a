#include "simulator/reconcile_command.h"

#include <stdlib.h>

#include "lib/lazy.h"
#include "simulator/rng.h"

enum { COMMAND_RING = 1 << 18 }; /* 20 min at 200 a second */

enum command_state {
    COMMAND_NONE,
    COMMAND_OPEN,      /* its wait goes on */
    COMMAND_MISSED,    /* its wait has ended without it, though it was sent in time */
    COMMAND_UNCERTAIN, /* its wait has ended without it, which may be right */
    COMMAND_CAME,
};

struct entry {
    struct reconcile_command command; /* handled_us 0: the API has not answered */
    uint32_t next;                    /* of the same bucket: slot + 1; 0: the last */
    uint8_t state;
    bool failed; /* the API did not take it */
    bool doubled;
};

struct reconcile_commands {
    struct tally *tally;
    int64_t ending_us;     /* a wait that is nearer to its end may miss a command */
    struct entry *entries; /* a ring by number */
    uint32_t *buckets;     /* by device; slot + 1 */
    uint32_t last;         /* number of the newest */
    size_t open;
};

struct reconcile_commands *reconcile_commands_new(struct tally *tally, int64_t ending_us)
{
    struct reconcile_commands *c = xcalloc(1, sizeof *c);

    c->tally = tally;
    c->ending_us = ending_us;
    c->entries = lazy_calloc(COMMAND_RING, sizeof *c->entries);
    c->buckets = lazy_calloc(COMMAND_RING, sizeof *c->buckets);
    return c;
}

void reconcile_commands_free(struct reconcile_commands **c)
{
    if (*c == NULL)
        return;
    lazy_free((*c)->entries, COMMAND_RING, sizeof *(*c)->entries);
    lazy_free((*c)->buckets, COMMAND_RING, sizeof *(*c)->buckets);
    free(*c);
    *c = NULL;
}

static uint32_t *bucket_of(struct reconcile_commands *c, uint32_t device)
{
    return &c->buckets[rng_mix(device) & (COMMAND_RING - 1)];
}

static struct entry *find(struct reconcile_commands *c, uint32_t number)
{
    struct entry *e = &c->entries[number & (COMMAND_RING - 1)];

    return e->state != COMMAND_NONE && e->command.number == number ? e : NULL;
}

static bool is_open(const struct entry *e)
{
    return e->state == COMMAND_OPEN || (e->command.handled_us == 0 && !e->failed);
}

/* What is known of it at the end, or when it must make room. */
static void decide(struct reconcile_commands *c, const struct entry *e, bool cut)
{
    if (e->failed || e->state == COMMAND_CAME)
        return;
    tally_count(c->tally,
                e->state == COMMAND_MISSED && !cut ? TALLY_COMMAND_LOST : TALLY_COMMAND_UNDECIDED);
}

static void remove_entry(struct reconcile_commands *c, struct entry *e)
{
    uint32_t slot = (uint32_t)(e - c->entries) + 1;
    uint32_t *link = bucket_of(c, e->command.device);

    while (*link != slot) {
        assert(*link != 0);
        link = &c->entries[*link - 1].next;
    }
    *link = e->next;
    c->open -= is_open(e);
    *e = (struct entry){.state = COMMAND_NONE};
}

void reconcile_commands_sent(struct reconcile_commands *c, const struct reconcile_command *command)
{
    struct entry *e = &c->entries[command->number & (COMMAND_RING - 1)];
    uint32_t *bucket = bucket_of(c, command->device);

    if (e->state != COMMAND_NONE) {
        decide(c, e, false);
        remove_entry(c, e);
    }
    *e = (struct entry){.command = *command, .next = *bucket, .state = COMMAND_OPEN};
    *bucket = (uint32_t)(e - c->entries) + 1;
    c->last = command->number;
    c->open++;
}

void reconcile_commands_answered(struct reconcile_commands *c, uint32_t number, bool taken,
                                 int64_t now_us)
{
    struct entry *e = find(c, number);

    tally_count(c->tally, taken ? TALLY_COMMAND_SENT : TALLY_COMMAND_FAILED);
    if (e == NULL)
        return;
    c->open -= is_open(e);
    e->command.handled_us = now_us;
    e->failed = !taken;
    if (e->failed && e->state == COMMAND_OPEN)
        e->state = COMMAND_UNCERTAIN;
    c->open += is_open(e);
}

/* Another command has ended the wait: of two in one wait the second may be lost. */
static void give_way(struct reconcile_commands *c, const struct notice *n, const struct entry *came)
{
    for (uint32_t at = *bucket_of(c, n->device); at != 0; at = c->entries[at - 1].next) {
        struct entry *e = &c->entries[at - 1];

        if (e->command.device != n->device || e->command.sequence != n->sequence || e == came ||
            (e->state != COMMAND_OPEN && e->state != COMMAND_MISSED))
            continue;
        c->open -= is_open(e);
        e->state = COMMAND_UNCERTAIN;
        c->open += is_open(e);
    }
}

void reconcile_commands_came(struct reconcile_commands *c, const struct notice *n)
{
    struct entry *e = n->kind == NOTICE_FOREIGN ? NULL : find(c, n->command);

    give_way(c, n, e);
    if (e == NULL || n->device != e->command.device) {
        tally_count(c->tally, TALLY_COMMAND_MISDELIVERED); /* or never sent: nobody's */
    } else if (e->state == COMMAND_CAME) {
        if (!e->doubled)
            tally_count(c->tally, TALLY_COMMAND_DUPLICATED);
        e->doubled = true;
    } else {
        tally_count(c->tally, n->sequence > e->command.sequence ? TALLY_COMMAND_LATE
                                                                : TALLY_COMMAND_DELIVERED);
        tally_time(c->tally, TALLY_HIST_COMMAND, n->at_us - e->command.sent_us);
        c->open -= is_open(e);
        e->state = COMMAND_CAME;
        c->open += is_open(e);
    }
}

/* The wait has ended at n->at_us without it: could it have reached the device? */
static enum command_state judge(const struct reconcile_commands *all, const struct entry *e,
                                const struct notice *n)
{
    const struct reconcile_command *c = &e->command;
    int64_t ends_us = c->ends_us < n->at_us ? c->ends_us : n->at_us;
    int64_t handled_us = c->handled_us == 0 ? n->at_us : c->handled_us;

    if (n->kind != NOTICE_ACKNOWLEDGED) /* its answer, with the command, may be what was lost */
        return COMMAND_UNCERTAIN;
    if (c->sent_us - c->seen_us < RECONCILE_YOUNG_US || handled_us > ends_us - all->ending_us)
        return COMMAND_UNCERTAIN;
    return COMMAND_MISSED;
}

void reconcile_commands_wait_over(struct reconcile_commands *c, const struct notice *n)
{
    for (uint32_t at = *bucket_of(c, n->device); at != 0; at = c->entries[at - 1].next) {
        struct entry *e = &c->entries[at - 1];

        if (e->command.device != n->device || e->command.sequence != n->sequence ||
            e->state != COMMAND_OPEN)
            continue;
        c->open -= is_open(e);
        e->state = (uint8_t)judge(c, e, n);
        c->open += is_open(e);
    }
}

size_t reconcile_commands_open(const struct reconcile_commands *c)
{
    return c->open;
}

void reconcile_commands_end(struct reconcile_commands *c, bool cut)
{
    uint32_t count = c->last < COMMAND_RING ? c->last : COMMAND_RING;

    for (uint32_t i = 0; i < count; i++) {
        struct entry *e = find(c, c->last - i);

        if (e == NULL)
            continue;
        decide(c, e, cut);
        remove_entry(c, e);
    }
}
