#include "reference/sink_lane.h"

/* Where the first item of key's lane is linked, or would be. */
static struct sink_lane_item **find(struct sink_lanes *lanes, uint64_t key)
{
    struct sink_lane_item **at = &lanes->bucket[key % SINK_LANE_BUCKETS];

    while (*at != NULL && (*at)->key != key)
        at = &(*at)->beside;
    return at;
}

bool sink_lanes_add(struct sink_lanes *lanes, struct sink_lane_item *item)
{
    struct sink_lane_item **at = find(lanes, item->key);
    struct sink_lane_item *first = *at;

    item->next = item->beside = NULL;
    item->last = item;
    if (first == NULL) {
        *at = item;
        return true;
    }
    first->last->next = item;
    first->last = item;
    return false;
}

struct sink_lane_item *sink_lanes_remove(struct sink_lanes *lanes, struct sink_lane_item *item)
{
    struct sink_lane_item **at = find(lanes, item->key);
    struct sink_lane_item *next = item->next;

    assert(*at == item);
    if (next == NULL) {
        *at = item->beside;
    } else {
        next->last = item->last;
        next->beside = item->beside;
        *at = next;
    }
    return next;
}
