#include "simulator/reconcile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* rows of tables end with what matters */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { RUN = 7, FIRST_DEVICE = 100, DEVICES = 10, STEPS = 12, FINDINGS = 5 };

/* What happens, in ms of virtual time. Notices first, in the order of notice_kind. */
enum what {
    SENT,
    ACK,
    REFUSED,
    UNDECIDED,
    CAME,           /* command `other` */
    FOREIGN,        /* a command without our marker */
    EVENT,          /* other: its id */
    EVENT_OF_OTHER, /* names device `other` */
    EVENT_UNNAMED,
    EVENT_OF_OTHER_RUN,
    EVENT_UNMARKED,
    COMMAND, /* number `other`, for the wait of 10 s whose event was seen at 1 s */
    TAKEN,
    FAILED,
    NOTHING,
};

struct step {
    enum what what;
    uint32_t device; /* from FIRST_DEVICE on; hostile ones: + HOSTILE */
    uint32_t sequence;
    int64_t at_ms;
    uint32_t other;
};

enum { HOSTILE = 1000 };

struct finding {
    enum tally_counter counter;
    uint64_t count;
};

struct row {
    const char *name;
    struct step step[STEPS];
    struct finding found[FINDINGS]; /* all that is not 0 */
    struct reconcile_losses losses;
    size_t open;    /* before the end */
    size_t entries; /* 0: by default */
    bool blind;     /* the target gives no events */
};

static void do_notice(struct reconcile *r, const struct step *s)
{
    bool hostile = s->device >= HOSTILE;

    reconcile_notice(r, &(struct notice){
                            .at_us = s->at_ms * US_PER_MS,
                            .device = FIRST_DEVICE + s->device - (hostile ? HOSTILE : 0),
                            .sequence = s->sequence,
                            .command = s->other,
                            .kind = (uint8_t)s->what,
                            .hostile = hostile,
                        });
}

static void do_event(struct reconcile *r, const struct step *s)
{
    struct reconcile_event e = {
        .names_device = s->what != EVENT_UNNAMED,
        .device = FIRST_DEVICE + (s->what == EVENT_OF_OTHER ? s->other : s->device),
        .marked = s->what != EVENT_UNMARKED,
        .run = s->what == EVENT_OF_OTHER_RUN ? RUN + 1 : RUN,
        .marker_device = FIRST_DEVICE + s->device,
        .sequence = s->sequence,
        .sent_us = s->sequence * US_PER_S,
        .id = s->what == EVENT ? s->other : 0,
    };

    (void)reconcile_event(r, &e, s->at_ms * US_PER_MS);
}

static void do_step(struct reconcile *r, const struct step *s)
{
    switch (s->what) {
    case SENT:
    case ACK:
    case REFUSED:
    case UNDECIDED:
    case CAME:
    case FOREIGN:
        do_notice(r, s);
        break;
    case EVENT:
    case EVENT_OF_OTHER:
    case EVENT_UNNAMED:
    case EVENT_OF_OTHER_RUN:
    case EVENT_UNMARKED:
        do_event(r, s);
        break;
    case COMMAND:
        reconcile_command_sent(r, &(struct reconcile_command){
                                      .number = s->other,
                                      .device = FIRST_DEVICE + s->device,
                                      .sequence = s->sequence,
                                      .seen_us = US_PER_S,
                                      .ends_us = 11 * US_PER_S,
                                      .sent_us = s->at_ms * US_PER_MS,
                                  });
        break;
    case TAKEN:
    case FAILED:
        reconcile_command_answered(r, s->other, s->what == TAKEN, s->at_ms * US_PER_MS);
        break;
    case NOTHING:
        break;
    }
}

static uint64_t wanted(const struct row *row, enum tally_counter counter)
{
    for (size_t i = 0; i < FINDINGS; i++)
        if (row->found[i].count > 0 && row->found[i].counter == counter)
            return row->found[i].count;
    return 0;
}

static void check_row(const struct row *row)
{
    struct tally tally;
    struct reconcile *r;

    tally_init(&tally);
    r = reconcile_new(&(struct reconcile_options){
        .run = RUN,
        .first_device = FIRST_DEVICE,
        .device_count = DEVICES,
        .sees_events = !row->blind,
        .entry_count = row->entries,
        .tally = &tally,
    });
    for (size_t i = 0; i < STEPS; i++)
        if (row->step[i].at_ms != 0)
            do_step(r, &row->step[i]);
    if (reconcile_open(r) != row->open)
        fail_msg("%s: %zu open, not %zu", row->name, reconcile_open(r), row->open);
    reconcile_end(r, &row->losses);
    for (int i = 0; i < TALLY_COUNTER_COUNT; i++)
        if (tally.counter[i] != wanted(row, (enum tally_counter)i))
            fail_msg("%s: %s is %llu, not %llu", row->name, tally_counter_rows[i].name,
                     (unsigned long long)tally.counter[i],
                     (unsigned long long)wanted(row, (enum tally_counter)i));
    assert_int_equal(reconcile_open(r), 0);
    reconcile_free(&r);
    tally_fini(&tally);
}

/* clang-format off */
static const struct row events[] = {
    {"acknowledged, then its event",
     .step = {{SENT, 1, 1, 1}, {ACK, 1, 1, 2}, {EVENT, 1, 1, 3, 5}},
     .found = {{TALLY_EVENT_DELIVERED, 1}}},
    {"an event, then acknowledged",
     .step = {{EVENT, 1, 1, 2, 5}, {SENT, 1, 1, 1}, {ACK, 1, 1, 3}},
     .found = {{TALLY_EVENT_DELIVERED, 1}}},
    {"acknowledged, without an event",
     .step = {{SENT, 1, 1, 1}, {ACK, 1, 1, 2}, {SENT, 1, 2, 3}, {ACK, 1, 2, 4}, {EVENT, 1, 2, 5, 6}},
     .found = {{TALLY_EVENT_LOST, 1}, {TALLY_EVENT_DELIVERED, 1}}, .open = 1},
    {"without an event, which may have been in the part of the stream that broke off",
     .step = {{SENT, 1, 1, 1}, {ACK, 1, 1, 2}},
     .found = {{TALLY_EVENT_UNCHECKED, 1}}, .open = 1, .losses = {.events_cut = true}},
    {"a copy of the same event",
     .step = {{SENT, 1, 1, 1}, {ACK, 1, 1, 2}, {EVENT, 1, 1, 3, 5}, {EVENT, 1, 1, 4, 5}},
     .found = {{TALLY_EVENT_DELIVERED, 1}}},
    {"a second event before the answer",
     .step = {{SENT, 1, 1, 1}, {EVENT, 1, 1, 3, 5}, {EVENT, 1, 1, 4, 6}, {ACK, 1, 1, 5}},
     .found = {{TALLY_EVENT_DUPLICATED, 1}}},
    {"a second event of what seemed delivered: the next one pays for it",
     .step = {{ACK, 1, 1, 2}, {EVENT, 1, 1, 3, 5}, {EVENT, 1, 1, 4, 6}, {EVENT, 1, 1, 5, 7},
              {ACK, 1, 2, 6}, {EVENT, 1, 2, 7, 8}},
     .found = {{TALLY_EVENT_DUPLICATED, 1}, {TALLY_EVENT_DELIVERED, 1}}},
    {"the event names another device",
     .step = {{SENT, 1, 1, 1}, {ACK, 1, 1, 2}, {EVENT_OF_OTHER, 1, 1, 3, 2}},
     .found = {{TALLY_EVENT_MISATTRIBUTED, 1}}},
    {"the event names none, and comes first",
     .step = {{SENT, 1, 1, 1}, {EVENT_UNNAMED, 1, 1, 2}, {ACK, 1, 1, 3}},
     .found = {{TALLY_EVENT_MISATTRIBUTED, 1}}},
    {"a second event that names another device",
     .step = {{SENT, 1, 1, 1}, {EVENT, 1, 1, 2, 9}, {EVENT_OF_OTHER, 1, 1, 3, 2}, {ACK, 1, 1, 4}},
     .found = {{TALLY_EVENT_MISATTRIBUTED, 1}, {TALLY_EVENT_DUPLICATED, 1}}},
    {"refused, and published",
     .step = {{SENT, 1, 1, 1}, {REFUSED, 1, 1, 2}, {EVENT, 1, 1, 3, 5}, {EVENT, 1, 1, 3, 5}},
     .found = {{TALLY_EVENT_REFUSED, 1}}},
    {"published, and refused",
     .step = {{SENT, 1, 1, 1}, {EVENT, 1, 1, 3, 5}, {REFUSED, 1, 1, 4}, {EVENT, 1, 1, 5, 6}},
     .found = {{TALLY_EVENT_REFUSED, 2}}},
    {"refused, and not published",
     .step = {{SENT, 1, 1, 1}, {REFUSED, 1, 1, 2}}},
    {"no event may come of a hostile device, whatever was answered",
     .step = {{SENT, 1001, 1, 1}, {ACK, 1001, 1, 2}, {EVENT, 1, 1, 3, 5}, {UNDECIDED, 1002, 1, 2}, {EVENT, 2, 1, 3, 5}},
     .found = {{TALLY_EVENT_REFUSED, 2}}},
    {"a hostile device that is left without an answer and an event",
     .step = {{SENT, 1001, 1, 1}, {UNDECIDED, 1001, 1, 2}}},
    {"undecided, with an event or without",
     .step = {{SENT, 1, 1, 1}, {UNDECIDED, 1, 1, 2}, {EVENT, 1, 1, 3, 5}, {UNDECIDED, 2, 1, 2}},
     .found = {{TALLY_EVENT_UNDECIDED, 2}}},
    {"undecided, with two events",
     .step = {{SENT, 1, 1, 1}, {UNDECIDED, 1, 1, 2}, {EVENT, 1, 1, 3, 5}, {EVENT, 1, 1, 4, 6}},
     .found = {{TALLY_EVENT_UNDECIDED, 1}, {TALLY_EVENT_DUPLICATED, 1}}},
    {"behind the event of a publish that was sent after this one's answer",
     .step = {{ACK, 1, 1, 1900}, {EVENT, 1, 2, 2500, 5}, {EVENT, 1, 1, 2600, 6}, {ACK, 1, 2, 2700}},
     .found = {{TALLY_EVENT_DISORDERED, 1}, {TALLY_EVENT_DELIVERED, 2}}},
    {"behind it, before the answers are told",
     .step = {{EVENT, 1, 2, 2500, 5}, {EVENT, 1, 1, 2600, 6}, {ACK, 1, 1, 1900}, {ACK, 1, 2, 2700}},
     .found = {{TALLY_EVENT_DISORDERED, 1}, {TALLY_EVENT_DELIVERED, 2}}},
    {"behind the event of a publish that was sent before this one's answer",
     .step = {{EVENT, 1, 2, 2500, 5}, {EVENT, 1, 1, 2600, 6}, {ACK, 1, 1, 2100}, {ACK, 1, 2, 2700}},
     .found = {{TALLY_EVENT_DELIVERED, 2}}},
    {"behind it, of a publish that the device gave up",
     .step = {{UNDECIDED, 1, 1, 1900}, {EVENT, 1, 2, 2500, 5}, {EVENT, 1, 1, 2600, 6}, {ACK, 1, 2, 2700}},
     .found = {{TALLY_EVENT_UNDECIDED, 1}, {TALLY_EVENT_DELIVERED, 1}}},
    {"events that are none of this run's, and one of a device of another slice",
     .step = {{EVENT_UNMARKED, 1, 1, 1}, {EVENT_OF_OTHER_RUN, 1, 1, 1}, {EVENT, DEVICES, 1, 1, 3}},
     .found = {{TALLY_EVENT_STRAY, 2}}},
    {"an event of a publish that was never sent",
     .step = {{SENT, 1, 1, 1}, {ACK, 1, 1, 2}, {EVENT, 1, 1, 3, 5}, {EVENT, 1, 2, 4, 6}},
     .found = {{TALLY_EVENT_STRAY, 1}, {TALLY_EVENT_DELIVERED, 1}}},
    {"an event of a publish that was sent and not answered until the end",
     .step = {{SENT, 1, 1, 1}, {EVENT, 1, 1, 3, 5}},
     .found = {{TALLY_EVENT_UNDECIDED, 1}}},
    {"notices were lost: an event without an outcome says nothing",
     .step = {{EVENT, 1, 1, 3, 5}, {SENT, 2, 1, 1}, {EVENT, 2, 1, 3, 5}},
     .found = {{TALLY_EVENT_UNCHECKED, 1}}, .losses = {.notices = 3, .acknowledged = 1}},
    {"notices were lost: what is known still counts",
     .step = {{ACK, 1, 1, 2}, {ACK, 2, 1, 2}, {EVENT, 2, 1, 3, 5}},
     .found = {{TALLY_EVENT_UNCHECKED, 4}, {TALLY_EVENT_LOST, 1}, {TALLY_EVENT_DELIVERED, 1}},
     .losses = {.notices = 9, .acknowledged = 4}, .open = 1},
    {"the target gives no events",
     .step = {{SENT, 1, 1, 1}, {ACK, 1, 1, 2}, {UNDECIDED, 1, 2, 3}, {REFUSED, 1, 3, 4}, {ACK, 1002, 1, 5}},
     .found = {{TALLY_EVENT_UNCHECKED, 1}, {TALLY_EVENT_UNDECIDED, 1}}, .blind = true},
    {"makes room: an acknowledged publish was still to have its event",
     .step = {{ACK, 1, 1, 2}, {ACK, 1, 2, 3}, {ACK, 1, 3, 4}}, .entries = 2,
     .found = {{TALLY_EVENT_UNCHECKED, 1}, {TALLY_EVENT_LOST, 2}}, .open = 2},
    {"makes room: the event comes all the same", .entries = 2,
     .step = {{SENT, 1, 3, 1}, {ACK, 1, 1, 2}, {ACK, 1, 2, 3}, {ACK, 1, 3, 4}, {EVENT, 1, 2, 5, 6}, {EVENT, 1, 3, 6, 7}, {EVENT, 1, 1, 7, 5}},
     .found = {{TALLY_EVENT_UNCHECKED, 1}, {TALLY_EVENT_DELIVERED, 2}}},
    {"makes room: its time was over",
     .step = {{ACK, 1, 1, 2}, {ACK, 1, 2, 60001}, {ACK, 1, 3, 60002}}, .entries = 2,
     .found = {{TALLY_EVENT_LOST, 3}}, .open = 2},
    {"makes room: the device's window remembers the event",
     .step = {{EVENT, 1, 1, 2, 5}, {EVENT, 1, 2, 3, 6}, {EVENT, 1, 3, 4, 7}, {ACK, 1, 1, 5}, {ACK, 1, 2, 6}, {ACK, 1, 3, 6}},
     .entries = 2, .found = {{TALLY_EVENT_DELIVERED, 3}}},
    {"makes room: a second event is still seen",
     .step = {{ACK, 1, 1, 1}, {EVENT, 1, 1, 2, 5}, {ACK, 1, 2, 2}, {EVENT, 1, 2, 3, 6}, {ACK, 1, 3, 3}, {EVENT, 1, 3, 4, 7},
              {EVENT, 1, 1, 5, 8}},
     .entries = 2, .found = {{TALLY_EVENT_DELIVERED, 3}, {TALLY_EVENT_DUPLICATED, 1}}},
};

/* Device 1 waits with its publish 1 from 1 s (its event) to 11 s. */
static const struct row commands[] = {
    {"delivered, whichever notice comes first",
     .step = {{COMMAND, 1, 1, 2000, 1}, {TAKEN, 0, 0, 2001, 1}, {CAME, 1, 1, 2002, 1}, {ACK, 1, 1, 2002},
              {COMMAND, 2, 1, 2000, 2}, {TAKEN, 0, 0, 2001, 2}, {ACK, 2, 1, 2002}, {CAME, 2, 1, 2002, 2}},
     .found = {{TALLY_COMMAND_SENT, 2}, {TALLY_COMMAND_DELIVERED, 2}, {TALLY_EVENT_UNCHECKED, 2}}, .blind = true},
    {"delivered before the API has answered",
     .step = {{COMMAND, 1, 1, 2000, 1}, {CAME, 1, 1, 2002, 1}, {ACK, 1, 1, 2002}, {TAKEN, 0, 0, 2005, 1}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_DELIVERED, 1}, {TALLY_EVENT_UNCHECKED, 1}}, .blind = true},
    {"lost", .blind = true,
     .step = {{COMMAND, 1, 1, 2000, 1}, {TAKEN, 0, 0, 2001, 1}, {ACK, 1, 1, 11000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_LOST, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"lost, at the last moment that counts", .blind = true,
     .step = {{COMMAND, 1, 1, 1100, 1}, {TAKEN, 0, 0, 10750, 1}, {ACK, 1, 1, 11000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_LOST, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"sent less than 100 ms after the event was seen", .blind = true,
     .step = {{COMMAND, 1, 1, 1099, 1}, {TAKEN, 0, 0, 1100, 1}, {ACK, 1, 1, 11000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_UNDECIDED, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"handled less than 250 ms before the wait ends", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 10751, 1}, {ACK, 1, 1, 11000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_UNDECIDED, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"the wait ended earlier than it should", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {ACK, 1, 1, 5200}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_UNDECIDED, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"the publish got no answer: the command may have been in it", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {UNDECIDED, 1, 1, 40000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_UNDECIDED, 1}, {TALLY_EVENT_UNDECIDED, 1}}},
    {"the wait goes on at the end of the run", .blind = true, .open = 1,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_UNDECIDED, 1}}},
    {"to a later wait of its device", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {ACK, 1, 1, 11000}, {CAME, 1, 2, 12000, 1}, {ACK, 1, 2, 12000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_LATE, 1}, {TALLY_EVENT_UNCHECKED, 2}}},
    {"to another device, and not to its own", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {CAME, 2, 1, 5002, 1}, {ACK, 2, 1, 5002}, {ACK, 1, 1, 11000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_MISDELIVERED, 1}, {TALLY_COMMAND_LOST, 1}, {TALLY_EVENT_UNCHECKED, 2}}},
    {"nobody's: never sent, or not ours", .blind = true,
     .step = {{CAME, 2, 1, 5002, 77}, {FOREIGN, 2, 2, 5002}},
     .found = {{TALLY_COMMAND_MISDELIVERED, 2}}},
    {"twice, in one wait and in the next", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {CAME, 1, 1, 5002, 1}, {ACK, 1, 1, 5002}, {CAME, 1, 2, 7000, 1},
              {CAME, 1, 3, 8000, 1}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_DELIVERED, 1}, {TALLY_COMMAND_DUPLICATED, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"of two in one wait the second may be lost", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {COMMAND, 1, 1, 5100, 2}, {TAKEN, 0, 0, 5101, 2},
              {ACK, 1, 1, 5500}, {CAME, 1, 1, 5500, 1}},
     .found = {{TALLY_COMMAND_SENT, 2}, {TALLY_COMMAND_DELIVERED, 1}, {TALLY_COMMAND_UNDECIDED, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"ended by a foreign one", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {FOREIGN, 1, 1, 9000}, {ACK, 1, 1, 9000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_MISDELIVERED, 1}, {TALLY_COMMAND_UNDECIDED, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"refused by the API", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {FAILED, 0, 0, 5001, 1}, {ACK, 1, 1, 11000}},
     .found = {{TALLY_COMMAND_FAILED, 1}, {TALLY_EVENT_UNCHECKED, 1}}},
    {"notices were lost: so may have been that of its arrival", .blind = true,
     .step = {{COMMAND, 1, 1, 5000, 1}, {TAKEN, 0, 0, 5001, 1}, {ACK, 1, 1, 11000}},
     .found = {{TALLY_COMMAND_SENT, 1}, {TALLY_COMMAND_UNDECIDED, 1}, {TALLY_EVENT_UNCHECKED, 1}}, .losses = {.notices = 1}},
};
/* clang-format on */

static void decides_about_events(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(events); i++)
        check_row(&events[i]);
}

static void decides_about_commands(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(commands); i++)
        check_row(&commands[i]);
}

/* A million publishes through a ring of a thousand: each has one event and one answer. */
static void every_publish_is_decided_once(void **state)
{
    enum { MANY = 1000000, LAG = 500 };
    struct tally tally;
    struct reconcile *r;

    UNUSED(state);
    tally_init(&tally);
    r = reconcile_new(&(struct reconcile_options){
        .run = RUN, .device_count = 97, .sees_events = true, .entry_count = 1024, .tally = &tally});
    for (uint32_t i = 0; i < MANY + LAG; i++) {
        if (i < MANY) {
            struct reconcile_event e = {true, i % 97, true, RUN, i % 97, i / 97 + 1, i, i};

            assert_true(reconcile_event(r, &e, i));
        }
        if (i >= LAG)
            reconcile_notice(r, &(struct notice){.at_us = i,
                                                 .device = (i - LAG) % 97,
                                                 .sequence = (i - LAG) / 97 + 1,
                                                 .kind = NOTICE_ACKNOWLEDGED});
    }
    reconcile_end(r, &(struct reconcile_losses){.notices = 0});
    for (int i = 0; i < TALLY_COUNTER_COUNT; i++)
        assert_int_equal(tally.counter[i], i == TALLY_EVENT_DELIVERED ? MANY : 0);
    assert_int_equal(hist_count(tally.hist[TALLY_HIST_EVENT]), MANY);
    reconcile_free(&r);
    tally_fini(&tally);
}

static void times_events_and_commands(void **state)
{
    struct tally tally;
    struct reconcile *r;
    struct step steps[] = {
        {ACK,     1, 1, 900,  0},
        {EVENT,   1, 1, 1250, 0},
        {COMMAND, 1, 1, 2000, 1},
        {CAME,    1, 1, 2007, 1},
    };

    UNUSED(state);
    tally_init(&tally);
    r = reconcile_new(&(struct reconcile_options){.run = RUN,
                                                  .first_device = FIRST_DEVICE,
                                                  .device_count = DEVICES,
                                                  .sees_events = true,
                                                  .tally = &tally});
    for (size_t i = 0; i < COUNT(steps); i++)
        do_step(r, &steps[i]);
    assert_int_equal(hist_count(tally.hist[TALLY_HIST_EVENT]), 1);
    assert_in_range(hist_max_us(tally.hist[TALLY_HIST_EVENT]), 250000, 250255);
    assert_int_equal(hist_count(tally.hist[TALLY_HIST_COMMAND]), 1);
    assert_in_range(hist_max_us(tally.hist[TALLY_HIST_COMMAND]), 7000, 7010);
    reconcile_free(&r);
    tally_fini(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_about_events),
        cmocka_unit_test(decides_about_commands),
        cmocka_unit_test(every_publish_is_decided_once),
        cmocka_unit_test(times_events_and_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
