#include "simulator/impair.h"

#include <stdlib.h>

#include "simulator/rng.h"

enum {
    MAX_DATAGRAM = 65535,
    OVERTAKE_US = 50000, /* who is not overtaken until then goes on alone */
};

/* Of a device: how many datagrams have come, and two facts. */
#define DEVICE_BURST UINT32_C(0x80000000) /* the bad state: all is lost */
#define DEVICE_HELD UINT32_C(0x40000000)  /* one waits to be overtaken */
#define DEVICE_NUMBER UINT32_C(0x3fffffff)

struct held {
    int64_t due_us;
    uint64_t order; /* of equal times, first come, first served */
    uint32_t device;
    bool overtake; /* due as soon as its device's next one has gone */
    size_t len;
    size_t cap;
    uint8_t *bytes;
};

struct impair {
    struct impair_options o;
    struct profile_impairment what;
    uint32_t *device;
    struct held *heap; /* o.pool; the least due_us first; buffers beyond count are spare */
    size_t count;
    uint64_t order;
    uint8_t changed[MAX_DATAGRAM];
};

/* The k-th chance of a datagram. */
enum chance { LOSE, BURST, COPY, OVERTAKE, CORRUPT, WHICH_BIT, DELAY, DELAY_OF_COPY };

static double chance(uint64_t random, enum chance k)
{
    return rng_part(rng_mix(random + (uint64_t)k));
}

struct impair *impair_new(const struct impair_options *options)
{
    const struct profile_impairment *w = options->what;

    if (w->loss <= 0 && w->burst_loss <= 0 && w->duplicate <= 0 && w->reorder <= 0 &&
        w->corrupt <= 0 && w->delay_max_us <= 0)
        return NULL;
    struct impair *i = xcalloc(1, sizeof *i);

    i->o = *options;
    i->what = *w;
    i->device = xcalloc((size_t)options->device_count, sizeof *i->device);
    i->heap = xcalloc(options->pool + 1, sizeof *i->heap);
    return i;
}

void impair_free(struct impair **i)
{
    if (*i == NULL)
        return;
    for (size_t n = 0; n < (*i)->o.pool; n++)
        free((*i)->heap[n].bytes);
    free((*i)->heap);
    free((*i)->device);
    free(*i);
    *i = NULL;
}

static bool is_before(const struct held *a, const struct held *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void swap(struct impair *i, size_t a, size_t b)
{
    struct held h = i->heap[a];

    i->heap[a] = i->heap[b];
    i->heap[b] = h;
}

static void sift_up(struct impair *i, size_t at)
{
    while (at > 0 && is_before(&i->heap[at], &i->heap[(at - 1) / 2])) {
        swap(i, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct impair *i, size_t at)
{
    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < i->count && is_before(&i->heap[child], &i->heap[least]))
                least = child;
        if (least == at)
            return;
        swap(i, at, least);
        at = least;
    }
}

/* Takes the one at `at` out of the heap and delivers it. */
static void release(struct impair *i, size_t at)
{
    i->count--;
    swap(i, at, i->count);
    if (at < i->count) {
        sift_up(i, at);
        sift_down(i, at);
    }
    const struct held *h = &i->heap[i->count];

    if (h->overtake)
        i->device[h->device - i->o.first_device] &= ~DEVICE_HELD;
    i->o.deliver(i->o.arg, h->device, h->bytes, h->len);
}

/* False: the pool is full. */
static bool hold(struct impair *i, const struct held *as, const uint8_t *bytes, size_t len)
{
    if (i->count == i->o.pool)
        return false;
    struct held *h = &i->heap[i->count];

    if (h->cap < len) {
        h->bytes = xrealloc(h->bytes, len);
        h->cap = len;
    }
    if (len > 0)
        memcpy(h->bytes, bytes, len);
    h->due_us = as->due_us;
    h->device = as->device;
    h->overtake = as->overtake;
    h->order = i->order++;
    h->len = len;
    sift_up(i, i->count++);
    tally_count(i->o.tally, TALLY_IMPAIR_DELAYED);
    return true;
}

/* Sooner or later. */
static void go_on(struct impair *i, struct held *as, double delay, const uint8_t *bytes, size_t len)
{
    int64_t spread_us = i->what.delay_max_us - i->what.delay_min_us;
    int64_t delay_us = i->what.delay_min_us + (int64_t)(delay * (double)spread_us);

    if (as->overtake)
        delay_us += OVERTAKE_US;
    as->due_us += delay_us;
    if (delay_us > 0 && hold(i, as, bytes, len)) {
        if (as->overtake)
            i->device[as->device - i->o.first_device] |= DEVICE_HELD;
        return;
    }
    i->o.deliver(i->o.arg, as->device, bytes, len);
}

/* One step of Gilbert-Elliott: is the datagram in a burst? */
static bool is_in_burst(const struct impair *i, uint32_t *device, uint64_t random)
{
    double x = chance(random, BURST);
    bool was_bad = (*device & DEVICE_BURST) != 0;
    bool bad = was_bad || x < i->what.burst_loss;

    if (!bad)
        return false;
    /* the same number decides about its end: what is left of it is as random */
    double again = was_bad ? x : x / i->what.burst_loss;

    if (again < 1 / i->what.burst_len)
        *device &= ~DEVICE_BURST;
    else
        *device |= DEVICE_BURST;
    return true;
}

static void release_overtaken(struct impair *i, uint32_t device)
{
    for (size_t n = 0; n < i->count; n++) {
        if (i->heap[n].overtake && i->heap[n].device == device) {
            release(i, n);
            return;
        }
    }
}

void impair_count_into(struct impair *i, struct tally *tally)
{
    i->o.tally = tally;
}

void impair_pass(struct impair *i, uint32_t device, const uint8_t *bytes, size_t len,
                 int64_t now_us)
{
    assert(device >= i->o.first_device && device - i->o.first_device < i->o.device_count);
    assert(len <= MAX_DATAGRAM);
    uint32_t *state = &i->device[device - i->o.first_device];
    uint64_t random = rng_nth(i->o.seed, device, i->o.inbound ? RNG_IMPAIR_IN : RNG_IMPAIR_OUT,
                              *state & DEVICE_NUMBER);
    bool was_held = (*state & DEVICE_HELD) != 0;

    *state = (*state & ~DEVICE_NUMBER) | ((*state + 1) & DEVICE_NUMBER);
    if (is_in_burst(i, state, random) || chance(random, LOSE) < i->what.loss) {
        tally_count(i->o.tally, TALLY_IMPAIR_LOST);
        return;
    }
    if (len > 0 && chance(random, CORRUPT) < i->what.corrupt) {
        size_t bit = (size_t)(chance(random, WHICH_BIT) * (double)len * 8);

        memcpy(i->changed, bytes, len);
        i->changed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        bytes = i->changed;
        tally_count(i->o.tally, TALLY_IMPAIR_CORRUPTED);
    }
    struct held as = {.due_us = now_us, .device = device};
    struct held copy = as;

    as.overtake = !was_held && chance(random, OVERTAKE) < i->what.reorder;
    go_on(i, &as, chance(random, DELAY), bytes, len);
    if (chance(random, COPY) < i->what.duplicate) {
        tally_count(i->o.tally, TALLY_IMPAIR_DUPLICATED);
        go_on(i, &copy, chance(random, DELAY_OF_COPY), bytes, len);
    }
    if (was_held)
        release_overtaken(i, device);
}

int64_t impair_deadline_us(const struct impair *i)
{
    return i->count > 0 ? i->heap[0].due_us : INT64_MAX;
}

void impair_advance(struct impair *i, int64_t now_us)
{
    while (i->count > 0 && i->heap[0].due_us <= now_us)
        release(i, 0);
}
