#include "reference/verifier.h"

#include <stdlib.h>

#include "reference/password.h"
#include "reference/verdict_cache.h"

enum { BUCKETS = 1024 };

/* One password of one device on its way through the pool. */
struct work {
    struct hash_job job;
    struct verdict_key device;  /* of application and device */
    struct verdict_key verdict; /* of all that the verdict depends on */
    struct work *next;          /* in its bucket */
    size_t ticket_count;
    uint64_t tickets[VERIFIER_MAX_TICKETS];
};

struct verifier {
    struct hash_pool *pool;
    struct metrics *metrics;
    struct verdict_cache *cache;
    struct mailbox mailbox;
    struct work *buckets[BUCKETS];
    uint64_t *ready; /* tickets whose hash is done: [ready_first, ready_end) */
    size_t ready_first;
    size_t ready_end;
    size_t ready_cap;
};

struct verifier *verifier_new(struct hash_pool *pool, size_t cache_entries, int64_t cache_us,
                              struct metrics *metrics)
{
    struct verifier *v = xcalloc(1, sizeof *v);

    v->pool = pool;
    v->metrics = metrics;
    v->cache = verdict_cache_new(cache_entries, cache_us);
    mailbox_init(&v->mailbox);
    return v;
}

static void work_free(struct work *w)
{
    free(w->job.hashes); /* one block, texts included */
    free(w);
}

void verifier_free(struct verifier **verifier)
{
    struct verifier *v = *verifier;

    if (v == NULL)
        return;
    hash_pool_withdraw(v->pool, &v->mailbox);
    (void)mailbox_take(&v->mailbox); /* all of them are in the buckets too */
    for (size_t i = 0; i < BUCKETS; i++) {
        while (v->buckets[i] != NULL) {
            struct work *w = v->buckets[i];

            v->buckets[i] = w->next;
            work_free(w);
        }
    }
    mailbox_fini(&v->mailbox);
    verdict_cache_free(&v->cache);
    free(v->ready);
    free(v);
    *verifier = NULL;
}

/* May this stored credential answer the claim? Facts 2.4. */
static bool applies(const struct registry_password *stored, const struct verifier_ask *ask)
{
    const struct claim *claim = ask->claim;

    if (claim->is_user)
        return str_equal(claim->username, stored->is_user ? stored->username : ask->device->name);
    if (!stored->is_user)
        return true;
    return str_equal(stored->username, stored->unique ? claim->device : ask->device->name);
}

/* All plain ones are compared, also after one that matched: the time tells nothing. */
static bool plain_matches(const struct verifier_ask *ask)
{
    bool matches = false;

    for (size_t i = 0; i < ask->device->password_count; i++) {
        const struct registry_password *stored = &ask->device->passwords[i];

        if (stored->form == REGISTRY_PLAIN && applies(stored, ask))
            matches = password_equal(ask->password, stored->secret) || matches;
    }
    return matches;
}

static bool is_candidate(const struct registry_password *stored, const struct verifier_ask *ask)
{
    return stored->form != REGISTRY_PLAIN && applies(stored, ask) &&
           password_hash_valid(stored->secret);
}

/* The hashes to try as one block, an array of pointers and the texts; NULL and 0 when none. */
static char **copy_candidates(const struct verifier_ask *ask, size_t *count)
{
    size_t text_len = 0;

    *count = 0;
    for (size_t i = 0; i < ask->device->password_count; i++) {
        if (is_candidate(&ask->device->passwords[i], ask)) {
            text_len += ask->device->passwords[i].secret.len + 1;
            ++*count;
        }
    }
    if (*count == 0)
        return NULL;
    char **hashes = xmalloc(*count * sizeof *hashes + text_len);
    char *text = (char *)(hashes + *count);
    size_t filled = 0;

    for (size_t i = 0; i < ask->device->password_count; i++) {
        const struct registry_password *stored = &ask->device->passwords[i];

        if (is_candidate(stored, ask)) {
            hashes[filled++] = text;
            memcpy(text, stored->secret.ptr, stored->secret.len);
            text[stored->secret.len] = '\0';
            text += stored->secret.len + 1;
        }
    }
    return hashes;
}

static bool any_candidate(const struct verifier_ask *ask)
{
    for (size_t i = 0; i < ask->device->password_count; i++) {
        if (is_candidate(&ask->device->passwords[i], ask))
            return true;
    }
    return false;
}

static struct verdict_key device_key(struct verifier *v, const struct verifier_ask *ask)
{
    const struct str parts[] = {ask->app->uid, ask->device->uid};

    return verdict_cache_key(v->cache, parts, COUNT(parts));
}

/* A changed device has another generation: a new password counts at once (AUTH-17). */
static struct verdict_key verdict_key(struct verifier *v, const struct verifier_ask *ask)
{
    uint64_t generation = ask->device->generation;
    const struct str parts[] = {
        ask->app->uid,
        ask->device->uid,
        {(const char *)&generation, sizeof generation},
        ask->claim->is_user ? STR("user") : STR("pass"),
        ask->claim->is_user ? ask->claim->username : ask->claim->device,
        ask->password,
    };

    return verdict_cache_key(v->cache, parts, COUNT(parts));
}

static struct work **find_place(struct verifier *v, struct verdict_key device)
{
    struct work **place = &v->buckets[device.word[0] % BUCKETS];

    while (*place != NULL && ((*place)->device.word[0] != device.word[0] ||
                              (*place)->device.word[1] != device.word[1]))
        place = &(*place)->next;
    return place;
}

/* Lines up behind the hash of this device that is in flight, whichever password it is for. */
static enum verifier_result join(struct work *w, uint64_t ticket)
{
    for (size_t i = 0; i < w->ticket_count; i++) {
        if (w->tickets[i] == ticket)
            return VERIFIER_PENDING;
    }
    if (w->ticket_count == VERIFIER_MAX_TICKETS)
        return VERIFIER_OVERLOADED;
    w->tickets[w->ticket_count++] = ticket;
    return VERIFIER_PENDING;
}

static enum verifier_result start(struct verifier *v, const struct verifier_ask *ask,
                                  struct verdict_key verdict, struct verdict_key device,
                                  struct work **place)
{
    struct work *w = xcalloc(1, sizeof *w);

    w->job.home = &v->mailbox;
    w->job.password = xstrdup(ask->password);
    w->job.hashes = copy_candidates(ask, &w->job.hash_count);
    w->device = device;
    w->verdict = verdict;
    w->tickets[w->ticket_count++] = ask->ticket;
    if (!hash_pool_submit(v->pool, &w->job)) {
        hash_job_forget(&w->job);
        work_free(w);
        return VERIFIER_OVERLOADED;
    }
    *place = w;
    return VERIFIER_PENDING;
}

enum verifier_result verifier_check(struct verifier *v, const struct verifier_ask *ask,
                                    int64_t now_us)
{
    if (plain_matches(ask))
        return VERIFIER_MATCHES;
    /* crypt(3) would end the password at a NUL: two passwords would be one. */
    if (ask->password.len > 0 && memchr(ask->password.ptr, '\0', ask->password.len) != NULL)
        return VERIFIER_DIFFERS;
    if (!any_candidate(ask))
        return VERIFIER_DIFFERS;
    struct verdict_key verdict = verdict_key(v, ask);

    switch (verdict_cache_get(v->cache, verdict, now_us)) {
    case VERDICT_PASS:
        return VERIFIER_MATCHES;
    case VERDICT_FAIL:
        return VERIFIER_DIFFERS;
    case VERDICT_UNKNOWN:
        break;
    }
    struct verdict_key device = device_key(v, ask);
    struct work **place = find_place(v, device);

    if (*place != NULL)
        return join(*place, ask->ticket);
    return start(v, ask, verdict, device, place);
}

static void add_ready(struct verifier *v, uint64_t ticket)
{
    if (v->ready_first == v->ready_end)
        v->ready_first = v->ready_end = 0;
    if (v->ready_end == v->ready_cap) {
        v->ready_cap = v->ready_cap == 0 ? 64 : v->ready_cap * 2;
        v->ready = xrealloc(v->ready, v->ready_cap * sizeof *v->ready);
    }
    v->ready[v->ready_end++] = ticket;
}

static void finish(struct verifier *v, struct work *w, int64_t now_us)
{
    struct work **place = find_place(v, w->device);

    assert(*place == w);
    *place = w->next;
    metrics_add(v->metrics, METRIC_HASHES, (int64_t)w->job.computed);
    if (w->job.outcome != HASH_CANCELLED)
        verdict_cache_put(v->cache, w->verdict, w->job.outcome == HASH_MATCHES, now_us);
    for (size_t i = 0; i < w->ticket_count; i++)
        add_ready(v, w->tickets[i]);
    work_free(w);
}

size_t verifier_poll(struct verifier *v, int64_t now_us, uint64_t *tickets, size_t max)
{
    struct mail *mail = mailbox_take(&v->mailbox);
    size_t count = 0;

    while (mail != NULL) {
        struct mail *next = mail->next;

        finish(v, CONTAINER_OF(mail, struct work, job.mail), now_us);
        mail = next;
    }
    while (count < max && v->ready_first < v->ready_end)
        tickets[count++] = v->ready[v->ready_first++];
    return count;
}

int verifier_wake_fd(const struct verifier *v)
{
    return v->mailbox.wake_fd;
}
