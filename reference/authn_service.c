#include "reference/authn_service.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reference/auth_local.h"
#include "reference/authn_answer.h"

struct authn_service {
    struct registry *registry;
    struct hash_pool *hashes;
    struct metrics *metrics;
    struct mailbox stop; /* wakes the thread at the end */
    pthread_t thread;    /* takes the hashes that are done */
    pthread_mutex_t mutex;
    pthread_cond_t done; /* hashes were taken */
    /* under the mutex */
    struct registry_reader *reader;
    struct auth_local *local;
    bool drogue_quirks;
    uint64_t last_ticket;
};

static void take_hashes(struct authn_service *s)
{
    uint64_t tickets[64];

    (void)pthread_mutex_lock(&s->mutex);
    while (auth_local_source.poll(s->local, clock_mono_us(), tickets, COUNT(tickets)) ==
           COUNT(tickets))
        ; /* who asked asks again: the verdict is remembered */
    (void)pthread_cond_broadcast(&s->done);
    (void)pthread_mutex_unlock(&s->mutex);
}

static void *run(void *arg)
{
    struct authn_service *s = arg;
    struct pollfd fds[] = {
        {.fd = auth_local_source.wake_fd(s->local), .events = POLLIN},
        {.fd = s->stop.wake_fd,                     .events = POLLIN},
    };

    while (fds[1].revents == 0) {
        if (poll(fds, COUNT(fds), -1) > 0 && fds[0].revents != 0)
            take_hashes(s);
    }
    return NULL;
}

struct authn_service *authn_service_new(struct registry *registry, const struct config *config)
{
    struct authn_service *s = xcalloc(1, sizeof *s);
    const struct auth_options options = {
        .cache_entries = (size_t)config->hash_cache_entries,
        .cache_us = config->hash_cache_us,
        .drogue_quirks = config->drogue_quirks,
    };

    s->registry = registry;
    s->drogue_quirks = config->drogue_quirks;
    s->hashes = hash_pool_new(config->hash_threads, (size_t)config->hash_queue);
    s->metrics = metrics_new();
    s->reader = registry_reader_new(registry);
    registry_offline(s->reader);
    s->local = auth_local_new(s->reader, s->hashes, &options, s->metrics);
    mailbox_init(&s->stop);
    int failed = pthread_mutex_init(&s->mutex, NULL);

    failed |= pthread_cond_init(&s->done, NULL);
    failed |= pthread_create(&s->thread, NULL, run, s);
    assert(failed == 0);
    return s;
}

void authn_service_free(struct authn_service **service)
{
    struct authn_service *s = *service;
    struct mail end = {NULL};

    if (s == NULL)
        return;
    mailbox_post(&s->stop, &end);
    (void)pthread_join(s->thread, NULL);
    (void)mailbox_take(&s->stop);
    auth_local_free(&s->local);
    registry_reader_free(&s->reader);
    hash_pool_free(&s->hashes);
    mailbox_fini(&s->stop);
    (void)pthread_cond_destroy(&s->done);
    (void)pthread_mutex_destroy(&s->mutex);
    free(s);
    *service = NULL;
}

/* --- what is asked ------------------------------------------------------------------------------
 */

/* Everything that an answer is made from; the entries live while the mutex is held. */
struct found {
    struct auth_who who;
    const struct registry_device *as; /* NULL: not asked for */
    const struct registry_psk *psk;
};

/* Drogue Cloud compares the name before it looks anything up (facts 2.9). */
static bool asks_for_itself(const struct authn_service *s, const struct auth_question *q)
{
    return s->drogue_quirks && q->call == AUTH_CALL_PROVE && str_equal(q->as, q->device);
}

static enum auth_reason find_target(struct authn_service *s, const struct auth_question *q,
                                    struct found *out)
{
    if (!q->has_as || asks_for_itself(s, q))
        return REASON_GRANTED;
    return auth_local_target(s->local, &out->who, q->as, &out->as);
}

/* Drogue Cloud takes the name alone, no alias, and does not look at the device behind it. */
static enum auth_reason find_gateway(struct authn_service *s, const struct auth_question *q,
                                     struct auth_who *out)
{
    enum auth_reason reason =
        auth_session_find(auth_local_view(s->local), q->application, q->device, out);

    if (!s->drogue_quirks || out->device == NULL)
        return reason;
    return str_equal(out->device->name, q->device) ? REASON_GRANTED : REASON_UNKNOWN_DEVICE;
}

static enum auth_reason find(struct authn_service *s, const struct auth_question *q,
                             const struct auth_moment *at, struct found *out)
{
    enum auth_reason reason = REASON_GRANTED;

    *out = (struct found){.psk = NULL};
    switch (q->call) {
    case AUTH_CALL_PROVE:
        reason = auth_local_prove(s->local, q, NULL, at, &out->who);
        break;
    case AUTH_CALL_KEY:
        return auth_local_key(s->local, q, at, &out->who, &out->psk);
    case AUTH_CALL_GATEWAY:
        reason = find_gateway(s, q, &out->who);
        break;
    }
    return reason == REASON_GRANTED ? find_target(s, q, out) : reason;
}

/* Waits while a hash is being computed. The mutex is held, but for the time of waiting. */
static enum auth_reason find_at_last(struct authn_service *s, const struct auth_question *q,
                                     struct found *out)
{
    uint64_t ticket = ++s->last_ticket;

    for (;;) {
        struct auth_moment at = {clock_mono_us(), clock_wall_us(), ticket};

        registry_quiescent(s->reader);
        enum auth_reason reason = find(s, q, &at, out);

        if (reason != REASON_PENDING)
            return reason;
        (void)pthread_cond_wait(&s->done, &s->mutex);
    }
}

static bool load(struct authn_service *s, const struct found *found, struct authn_documents *out)
{
    const struct registry_app *app = found->who.app;
    bool good = registry_app_get(s->registry, app->name, &out->app) == REGISTRY_OK &&
                registry_device_get(s->registry, app->name, found->who.device->name,
                                    &out->device) == REGISTRY_OK &&
                (found->as == NULL || registry_device_get(s->registry, app->name, found->as->name,
                                                          &out->as) == REGISTRY_OK);

    if (!good) {
        json_decref(out->app);
        json_decref(out->device);
        json_decref(out->as);
    }
    return good;
}

static void log_refused(const struct auth_question *q, enum auth_reason reason)
{
    static struct log_limit limit;
    char application[160];
    char device[320];
    char as[320];

    log_limited(&limit, LOG_WARN, "authn", "refused", "reason=%s application=%s device=%s as=%s",
                auth_reason_word(reason),
                log_quote(q->application, application, sizeof application),
                log_quote(q->device, device, sizeof device), log_quote(q->as, as, sizeof as));
}

/* The mutex is held. */
static enum authn_err answer(struct authn_service *s, const struct auth_question *q, json_t **out)
{
    struct authn_documents documents = {.app = NULL};
    struct found found;
    enum auth_reason reason = find_at_last(s, q, &found);

    if (reason == REASON_OVERLOADED) {
        metrics_add(s->metrics, METRIC_OVERLOAD, 1);
        return AUTHN_OVERLOADED;
    }
    if (reason != REASON_GRANTED) {
        log_refused(q, reason);
        metrics_add(s->metrics, METRIC_AUTH_REFUSED, 1);
        *out = authn_answer_fail(q->call);
        return AUTHN_OK;
    }
    if (!load(s, &found, &documents))
        return AUTHN_STORE;
    metrics_add(s->metrics, METRIC_AUTH_OK, 1);
    *out = authn_answer_pass(q->call, &documents, found.psk);
    return AUTHN_OK;
}

enum authn_err authn_service_answer(struct authn_service *s, const struct auth_question *question,
                                    json_t **out)
{
    (void)pthread_mutex_lock(&s->mutex);
    enum authn_err err = answer(s, question, out);

    registry_offline(s->reader);
    (void)pthread_mutex_unlock(&s->mutex);
    return err;
}
