/*
 * Holds what devices say of their publishes and commands against what the application sees of
 * them, and decides as tally_table.h says. Pure: no clock, no I/O, one thread.
 *
 * A publish is known by (device, sequence). Its event may come before or after its outcome; what
 * came first waits in a ring of entries, also to know the id by which a copy of the same event is
 * told from a second event. Of each device there are 24 bytes: which of its last 64 publishes had
 * an event. When the ring is full its oldest entry goes; only an acknowledged publish that still
 * waits for its event is then undecidable, and counted as unchecked unless its time was over.
 *
 * What workers could not tell (full rings) makes publishes unchecked and commands undecided, never
 * wrong. What turns out later to be wrong is taken back: a publish counted as delivered whose
 * second event comes is not counted as delivered in the end (but in the seconds before).
 */
#ifndef SIMULATOR_RECONCILE_H
#define SIMULATOR_RECONCILE_H

#include "simulator/notice.h"
#include "simulator/tally.h"

/* Waits that are younger or nearer to their end than this leave it open whether a command reaches
 * them; the latter holds where commands do not go through brokers. */
#define RECONCILE_YOUNG_US (100 * US_PER_MS)
#define RECONCILE_ENDING_US (250 * US_PER_MS)
/* An acknowledged publish that must make room is lost after this time without an event. */
#define RECONCILE_PATIENCE_US (60 * US_PER_S)

struct reconcile;

struct reconcile_options {
    uint64_t run;
    uint32_t first_device;
    uint32_t device_count;
    bool sees_events;    /* false: every acknowledged publish is unchecked */
    int64_t ending_us;   /* in place of RECONCILE_ENDING_US; 0: that */
    size_t entry_count;  /* publishes remembered, a power of 2; 0: by the number of devices */
    struct tally *tally; /* what is found is counted here; borrowed */
};

struct reconcile *reconcile_new(const struct reconcile_options *options);
void reconcile_free(struct reconcile **r);

/* Of one device in the order of posting. */
void reconcile_notice(struct reconcile *r, const struct notice *n);

struct reconcile_event {
    bool names_device; /* the event says which device it is of */
    uint32_t device;   /* then: which */
    bool marked;
    uint64_t run; /* of the marker, if marked; as all that follows */
    uint32_t marker_device;
    uint32_t sequence;
    int64_t sent_us;
    uint32_t id; /* hash of source and id */
};
/* now_us: when it came. True: it is the first of a publish of this run and slice. Those of another
 * slice are not counted. */
bool reconcile_event(struct reconcile *r, const struct reconcile_event *e, int64_t now_us);

struct reconcile_command {
    uint32_t number; /* 1, 2, 3 ... */
    uint32_t device;
    uint32_t sequence;  /* of the publish that waits */
    int64_t seen_us;    /* when its event came */
    int64_t ends_us;    /* when its wait is over */
    int64_t sent_us;    /* now */
    int64_t handled_us; /* set when the API has answered */
};
void reconcile_command_sent(struct reconcile *r, const struct reconcile_command *c);
/* taken: the API said 2xx. */
void reconcile_command_answered(struct reconcile *r, uint32_t number, bool taken, int64_t now_us);

/* How many things may still be decided by what comes: acknowledged publishes without an event,
 * commands without an answer of the API or whose wait goes on. */
size_t reconcile_open(const struct reconcile *r);

struct reconcile_losses {
    uint64_t notices;      /* that workers could not post */
    uint64_t acknowledged; /* of these, acknowledged publishes */
    bool events_cut;       /* the stream of events broke off */
};
/* Decides all that is open. */
void reconcile_end(struct reconcile *r, const struct reconcile_losses *losses);

#endif
