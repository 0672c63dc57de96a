/*
 * Order by key: items of one key go one after the other, items of different keys side by side.
 *
 * Each key in use has a lane, a queue; its first item is the one in work. Constant time, no
 * allocation: the items are the caller's.
 */
#ifndef REFERENCE_SINK_LANE_H
#define REFERENCE_SINK_LANE_H

#include "lib/base.h"

struct sink_lane_item {
    uint64_t key; /* spread well: a hash; two that share one only wait for each other */
    struct sink_lane_item *next;   /* behind this one, same key */
    struct sink_lane_item *last;   /* of the lane; valid in its first item */
    struct sink_lane_item *beside; /* first item of another lane of the same bucket */
};

enum { SINK_LANE_BUCKETS = 16384 };

struct sink_lanes {
    struct sink_lane_item *bucket[SINK_LANE_BUCKETS];
};

/* Takes item, whose key is set. True: it is the first of its lane. */
bool sink_lanes_add(struct sink_lanes *lanes, struct sink_lane_item *item) MUST_CHECK;

/* Gives item back, which is the first of its lane. Returns the one that is first now, or NULL. */
struct sink_lane_item *sink_lanes_remove(struct sink_lanes *lanes, struct sink_lane_item *item);

#endif
