#include "reference/hash_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "reference/password.h"

struct worker {
    struct hash_pool *pool;
    struct hash_job *job; /* running; NULL when idle */
    bool cancelled;       /* stop at the next hash of it */
    pthread_t thread;
};

struct hash_pool {
    pthread_mutex_t mutex; /* guards all below, and the workers */
    pthread_cond_t work;   /* a job was queued, or the end */
    pthread_cond_t done;   /* a job was posted home */
    struct hash_job *first;
    struct hash_job **last;
    size_t queued;
    size_t max_queued;
    bool stop;
    size_t worker_count;
    struct worker workers[];
};

void hash_job_forget(struct hash_job *job)
{
    if (job->password != NULL)
        OPENSSL_cleanse(job->password, strlen(job->password));
    free(job->password);
    job->password = NULL;
}

/* Posts job home. The mutex is held, so that withdraw sees the job either in the pool or at home.
 */
static void send_home(struct hash_job *job, enum hash_outcome outcome)
{
    hash_job_forget(job);
    job->outcome = outcome;
    mailbox_post(job->home, &job->mail);
}

static struct hash_job *take_job(struct hash_pool *p)
{
    struct hash_job *job = p->first;

    p->first = job->next;
    if (p->first == NULL)
        p->last = &p->first;
    p->queued--;
    return job;
}

/* Called with the mutex held, computes without it. */
static enum hash_outcome compute(struct hash_pool *p, struct worker *w)
{
    struct hash_job *job = w->job;

    for (size_t i = 0; i < job->hash_count; i++) {
        if (w->cancelled)
            return HASH_CANCELLED;
        (void)pthread_mutex_unlock(&p->mutex);
        bool matches = password_verify(job->password, job->hashes[i]);

        (void)pthread_mutex_lock(&p->mutex);
        job->computed++;
        if (matches)
            return HASH_MATCHES;
    }
    return HASH_DIFFERS;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct hash_pool *p = w->pool;

    (void)pthread_mutex_lock(&p->mutex);
    for (;;) {
        while (p->first == NULL && !p->stop)
            (void)pthread_cond_wait(&p->work, &p->mutex);
        if (p->stop)
            break;
        w->job = take_job(p);
        w->cancelled = false;
        enum hash_outcome outcome = compute(p, w);

        send_home(w->job, outcome);
        w->job = NULL;
        (void)pthread_cond_broadcast(&p->done);
    }
    (void)pthread_mutex_unlock(&p->mutex);
    return NULL;
}

struct hash_pool *hash_pool_new(int threads, size_t queue)
{
    assert(threads >= 1);
    struct hash_pool *p = xcalloc(1, sizeof *p + (size_t)threads * sizeof p->workers[0]);
    int failed = pthread_mutex_init(&p->mutex, NULL);
    sigset_t all;
    sigset_t before;

    failed |= pthread_cond_init(&p->work, NULL);
    failed |= pthread_cond_init(&p->done, NULL);
    p->last = &p->first;
    p->max_queued = queue;
    p->worker_count = (size_t)threads;
    (void)sigfillset(&all); /* signals are for the main thread */
    failed |= pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < p->worker_count; i++) {
        p->workers[i].pool = p;
        failed |= pthread_create(&p->workers[i].thread, NULL, run, &p->workers[i]);
    }
    failed |= pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(failed == 0); /* at start: a few threads are always to be had */
    return p;
}

/* Cancels queued jobs of home (NULL: of anybody) and tells running ones to stop. */
static void cancel(struct hash_pool *p, const struct mailbox *home)
{
    struct hash_job *job = p->first;

    p->first = NULL;
    p->last = &p->first;
    while (job != NULL) {
        struct hash_job *next = job->next;

        job->next = NULL;
        if (home == NULL || job->home == home) {
            p->queued--;
            send_home(job, HASH_CANCELLED);
        } else {
            *p->last = job;
            p->last = &job->next;
        }
        job = next;
    }
    for (size_t i = 0; i < p->worker_count; i++) {
        struct worker *w = &p->workers[i];

        if (w->job != NULL && (home == NULL || w->job->home == home))
            w->cancelled = true;
    }
}

void hash_pool_free(struct hash_pool **pool)
{
    struct hash_pool *p = *pool;

    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->mutex);
    p->stop = true;
    cancel(p, NULL);
    (void)pthread_cond_broadcast(&p->work);
    (void)pthread_mutex_unlock(&p->mutex);
    for (size_t i = 0; i < p->worker_count; i++)
        (void)pthread_join(p->workers[i].thread, NULL);
    (void)pthread_cond_destroy(&p->done);
    (void)pthread_cond_destroy(&p->work);
    (void)pthread_mutex_destroy(&p->mutex);
    free(p);
    *pool = NULL;
}

bool hash_pool_submit(struct hash_pool *p, struct hash_job *job)
{
    (void)pthread_mutex_lock(&p->mutex);
    bool taken = !p->stop && p->queued < p->max_queued;

    if (taken) {
        job->next = NULL;
        job->computed = 0;
        *p->last = job;
        p->last = &job->next;
        p->queued++;
        (void)pthread_cond_signal(&p->work);
    }
    (void)pthread_mutex_unlock(&p->mutex);
    return taken;
}

static bool is_running(const struct hash_pool *p, const struct mailbox *home)
{
    for (size_t i = 0; i < p->worker_count; i++) {
        if (p->workers[i].job != NULL && p->workers[i].job->home == home)
            return true;
    }
    return false;
}

void hash_pool_withdraw(struct hash_pool *p, struct mailbox *home)
{
    (void)pthread_mutex_lock(&p->mutex);
    cancel(p, home);
    while (is_running(p, home))
        (void)pthread_cond_wait(&p->done, &p->mutex);
    (void)pthread_mutex_unlock(&p->mutex);
}
