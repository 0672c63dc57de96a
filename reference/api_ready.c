#include "reference/api_ready.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"

struct api_ready {
    const struct api_backend *backend;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t probed;
    bool probing;
    uint64_t probes; /* finished ones */
    int64_t keep_until_us;
    bool verdict;
    char why[SERVER_WHY_LEN];
};

struct api_ready *api_ready_new(const struct api_backend *backend)
{
    struct api_ready *ready = xcalloc(1, sizeof *ready);

    ready->backend = backend;
    ready->keep_until_us = INT64_MIN;
    ready->verdict = true; /* so that the first bad verdict is logged */
    int failed = pthread_mutex_init(&ready->lock, NULL) | pthread_cond_init(&ready->probed, NULL);

    assert(failed == 0);
    return ready;
}

void api_ready_free(struct api_ready **ready)
{
    if (*ready == NULL)
        return;
    (void)pthread_cond_destroy(&(*ready)->probed);
    (void)pthread_mutex_destroy(&(*ready)->lock);
    free(*ready);
    *ready = NULL;
}

/* Called and left with the lock held; without it during the probe. */
static void probe(struct api_ready *ready, int64_t now_us)
{
    char why[SERVER_WHY_LEN] = "";
    char quoted[SERVER_WHY_LEN];

    ready->probing = true;
    (void)pthread_mutex_unlock(&ready->lock);
    bool verdict = ready->backend->ready(ready->backend->arg, API_READY_TIMEOUT_US, why);

    if (verdict)
        why[0] = '\0';
    (void)pthread_mutex_lock(&ready->lock);
    if (verdict != ready->verdict)
        log_event(verdict ? LOG_INFO : LOG_WARN, "api", verdict ? "ready" : "not-ready", "why=%s",
                  log_quote(str_from(why), quoted, sizeof quoted));
    ready->verdict = verdict;
    (void)snprintf(ready->why, sizeof ready->why, "%s", why);
    ready->keep_until_us = now_us + API_READY_KEEP_US;
    ready->probing = false;
    ready->probes++;
    (void)pthread_cond_broadcast(&ready->probed);
}

bool api_ready_ask(struct api_ready *ready, int64_t now_us, char *why)
{
    (void)pthread_mutex_lock(&ready->lock);
    if (ready->probing) {
        uint64_t probes = ready->probes;

        while (ready->probes == probes)
            (void)pthread_cond_wait(&ready->probed, &ready->lock);
    } else if (now_us >= ready->keep_until_us) {
        probe(ready, now_us);
    }
    bool verdict = ready->verdict;

    (void)snprintf(why, SERVER_WHY_LEN, "%s", ready->why);
    (void)pthread_mutex_unlock(&ready->lock);
    return verdict;
}
