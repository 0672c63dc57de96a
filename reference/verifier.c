#include "reference/verifier.h"

#include <stdlib.h>

#include "reference/password.h"

/* One password of one device on its way through the pool. */
struct work {
    struct hash_job job;
    struct in_flight_work line;
    struct verdict_key verdict; /* of all that the verdict depends on */
};

struct verifier {
    struct hash_pool *pool;
    struct metrics *metrics;
    struct verdict_cache *cache;
    struct mailbox mailbox;
    struct in_flight in_flight;
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
    struct in_flight_work *line;

    if (v == NULL)
        return;
    hash_pool_withdraw(v->pool, &v->mailbox);
    (void)mailbox_take(&v->mailbox); /* all of them are in flight too */
    while ((line = in_flight_remove_any(&v->in_flight)) != NULL)
        work_free(CONTAINER_OF(line, struct work, line));
    in_flight_fini(&v->in_flight);
    mailbox_fini(&v->mailbox);
    verdict_cache_free(&v->cache);
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

static enum verifier_result start(struct verifier *v, const struct verifier_ask *ask,
                                  struct verdict_key verdict, struct verdict_key device)
{
    struct work *w = xcalloc(1, sizeof *w);

    w->job.home = &v->mailbox;
    w->job.password = xstrdup(ask->password);
    w->job.hashes = copy_candidates(ask, &w->job.hash_count);
    w->verdict = verdict;
    if (!hash_pool_submit(v->pool, &w->job)) {
        hash_job_forget(&w->job);
        work_free(w);
        return VERIFIER_OVERLOADED;
    }
    in_flight_add(&v->in_flight, &w->line, device, ask->ticket);
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
    struct in_flight_work *line = in_flight_find(&v->in_flight, device);

    /* behind the hash of this device that is in flight, whichever password it is for */
    if (line != NULL)
        return in_flight_join(line, ask->ticket) ? VERIFIER_PENDING : VERIFIER_OVERLOADED;
    return start(v, ask, verdict, device);
}

static void finish(struct verifier *v, struct work *w, int64_t now_us)
{
    metrics_add(v->metrics, METRIC_HASHES, (int64_t)w->job.computed);
    if (w->job.outcome != HASH_CANCELLED)
        verdict_cache_put(v->cache, w->verdict, w->job.outcome == HASH_MATCHES, now_us);
    in_flight_done(&v->in_flight, &w->line);
    work_free(w);
}

size_t verifier_poll(struct verifier *v, int64_t now_us, uint64_t *tickets, size_t max)
{
    struct mail *mail = mailbox_take(&v->mailbox);

    while (mail != NULL) {
        struct mail *next = mail->next;

        finish(v, CONTAINER_OF(mail, struct work, job.mail), now_us);
        mail = next;
    }
    return in_flight_take(&v->in_flight, tickets, max);
}

int verifier_wake_fd(const struct verifier *v)
{
    return v->mailbox.wake_fd;
}
