#include "reference/api_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/clock.h"

struct api_watched {
    struct api_watched *next;
    struct api_watched **link; /* what points to this one */
    int fd;
    int64_t deadline_us;
};

struct api_watch {
    int64_t limit_us;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t stopping;
    bool stop;
    struct api_watched *first;
};

enum { LOOK_EVERY = 4 }; /* looks a limit: a connection ends at most a quarter late */

static void end_late_ones(struct api_watch *watch, int64_t now_us)
{
    for (struct api_watched *w = watch->first; w != NULL; w = w->next) {
        if (now_us < w->deadline_us)
            continue;
        w->deadline_us = INT64_MAX;
        (void)shutdown(w->fd, SHUT_RDWR); /* its own thread sees the end and cleans up */
    }
}

static void *watch_main(void *arg)
{
    struct api_watch *watch = arg;
    struct timespec until;

    (void)pthread_mutex_lock(&watch->lock);
    while (!watch->stop) {
        int64_t now_us = clock_mono_us();
        int64_t until_us = now_us + watch->limit_us / LOOK_EVERY + 1;

        end_late_ones(watch, now_us);
        until.tv_sec = (time_t)(until_us / US_PER_S);
        until.tv_nsec = (long)(until_us % US_PER_S * 1000);
        (void)pthread_cond_timedwait(&watch->stopping, &watch->lock, &until);
    }
    (void)pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct api_watch *api_watch_new(int64_t limit_us)
{
    struct api_watch *watch = xcalloc(1, sizeof *watch);
    pthread_condattr_t attr;

    watch->limit_us = limit_us;
    int failed = pthread_condattr_init(&attr) | pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) |
                 pthread_cond_init(&watch->stopping, &attr) | pthread_condattr_destroy(&attr) |
                 pthread_mutex_init(&watch->lock, NULL) |
                 pthread_create(&watch->thread, NULL, watch_main, watch);

    assert(failed == 0);
    return watch;
}

void api_watch_free(struct api_watch **watch)
{
    struct api_watch *w = *watch;

    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    assert(w->first == NULL);
    w->stop = true;
    (void)pthread_cond_signal(&w->stopping);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    (void)pthread_cond_destroy(&w->stopping);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
    *watch = NULL;
}

struct api_watched *api_watch_enter(struct api_watch *watch, int fd)
{
    struct api_watched *w = xcalloc(1, sizeof *w);

    w->fd = fd;
    w->deadline_us = clock_mono_us() + watch->limit_us;
    (void)pthread_mutex_lock(&watch->lock);
    w->next = watch->first;
    w->link = &watch->first;
    if (w->next != NULL)
        w->next->link = &w->next;
    watch->first = w;
    (void)pthread_mutex_unlock(&watch->lock);
    return w;
}

void api_watch_leave(struct api_watch *watch, struct api_watched **watched)
{
    struct api_watched *w = *watched;

    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    *w->link = w->next;
    if (w->next != NULL)
        w->next->link = w->link;
    (void)pthread_mutex_unlock(&watch->lock);
    free(w);
    *watched = NULL;
}

static void set_deadline(struct api_watch *watch, struct api_watched *watched, int64_t deadline_us)
{
    (void)pthread_mutex_lock(&watch->lock);
    watched->deadline_us = deadline_us;
    (void)pthread_mutex_unlock(&watch->lock);
}

void api_watch_rest(struct api_watch *watch, struct api_watched *watched)
{
    set_deadline(watch, watched, INT64_MAX);
}

void api_watch_again(struct api_watch *watch, struct api_watched *watched)
{
    set_deadline(watch, watched, clock_mono_us() + watch->limit_us);
}
