#include "reference/sink_group.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/thread.h"
#include "reference/mutant.h"
#include "reference/sink_file.h"

enum {
    MAX_PARTS = 4096,         /* pieces written before one fdatasync */
    PROBE_MS = 1000,          /* how often a sink that is down is tried */
    STALL_AFTER_US = 3000000, /* of a mutant */
    STALL_MS = 1000,
};

struct group_sink {
    struct sink sink;
    int64_t max_bytes;
    struct sink_file *file; /* NULL for `null:` */
    struct metrics *metrics;
    struct mailbox inbox;
    struct mail stop;      /* posted last */
    struct mailbox closed; /* ports, to be freed at the end */
    pthread_t writer;
    _Atomic bool up;
    struct iovec parts[MAX_PARTS];
};

static struct group_sink *of(struct sink *s)
{
    return CONTAINER_OF(s, struct group_sink, sink);
}

struct mailbox *sink_group_inbox(struct sink *s)
{
    return of(s)->file == NULL ? NULL : &of(s)->inbox;
}

int64_t sink_group_max_bytes(const struct sink *s)
{
    return ((const struct group_sink *)s)->max_bytes;
}

void sink_group_keep_port(struct sink *s, struct mail *port)
{
    mailbox_post(&of(s)->closed, port);
}

static bool is_up(const struct sink *s)
{
    return ((const struct group_sink *)s)->up;
}

/* Gives the groups from..to (not included) back to their ports. */
static void give_back(struct mail *from, const struct mail *to, bool failed)
{
    while (from != to) {
        struct sink_group *g = CONTAINER_OF(from, struct sink_group, mail);

        from = from->next;
        g->failed = failed;
        mailbox_post(g->back, &g->mail);
    }
}

/* Commits groups until the list ends or is the stop. Returns what is left: the stop, or NULL. */
static struct mail *commit_groups(struct group_sink *s, struct mail *list)
{
    while (list != NULL && list != &s->stop) {
        struct mail *end = list;
        size_t count = 0;

        for (; end != NULL && end != &s->stop && count + 2 <= MAX_PARTS; end = end->next) {
            const struct sink_group *g = CONTAINER_OF(end, struct sink_group, mail);

            for (size_t i = 0; i < g->parts; i++)
                s->parts[count++] = g->part[i];
        }
        bool committed = sink_file_commit(s->file, s->parts, count);

        s->up = committed;
        metrics_add(s->metrics, committed ? METRIC_SINK_BATCHES : METRIC_SINK_FAILURES, 1);
        give_back(list, end, !committed);
        list = end;
    }
    return list;
}

/* Of a mutant. *until_us: when it comes, 0 before the first event, INT64_MAX when it is over. */
static void stall_once(int64_t *until_us)
{
    if (*until_us == 0) {
        *until_us = clock_mono_us() + STALL_AFTER_US;
    } else if (*until_us <= clock_mono_us()) {
        *until_us = INT64_MAX;
        (void)poll(NULL, 0, STALL_MS);
    }
}

static void *run_writer(void *arg)
{
    struct group_sink *s = arg;
    struct pollfd wait = {.fd = s->inbox.wake_fd, .events = POLLIN};
    int64_t stall_us = 0;

    for (;;) {
        int ready = poll(&wait, 1, s->up ? -1 : PROBE_MS);

        if (mutant_is(MUTANT_WRITTEN_LATE))
            (void)poll(NULL, 0, 3000);
        if (mutant_is(MUTANT_STALL_ONCE))
            stall_once(&stall_us);
        if (ready == 0)
            s->up = sink_file_probe(s->file);
        else if (commit_groups(s, mailbox_take(&s->inbox)) == &s->stop)
            return NULL;
    }
}

/* Opens PATH and starts the thread that writes to it. */
static bool open_file(struct group_sink *s, const char *path, int64_t rotate_bytes, char *why)
{
    s->file = sink_file_open(path, rotate_bytes, why);
    if (s->file == NULL)
        return false;
    s->metrics = metrics_new();
    mailbox_init(&s->inbox);
    /* a write beyond RLIMIT_FSIZE is a failed write, not the end of the program */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (thread_start(&s->writer, run_writer, s))
        return true;
    (void)snprintf(why, SINK_WHY_LEN, "sink: cannot start the writer thread");
    mailbox_fini(&s->inbox);
    sink_file_close(&s->file);
    return false;
}

static const char file_scheme[] = "file:";

static bool check(const struct sink_options *options, char *why)
{
    UNUSED(options); /* what a file sink needs is found out by opening it */
    UNUSED(why);
    return true;
}

static struct sink *open_sink(const struct sink_options *options, char *why)
{
    bool file = strncmp(options->url, file_scheme, sizeof file_scheme - 1) == 0;
    struct group_sink *s = xcalloc(1, sizeof *s);

    s->max_bytes = options->max_bytes;
    s->up = true;
    if (file && !open_file(s, options->url + sizeof file_scheme - 1, options->rotate_bytes, why)) {
        free(s);
        return NULL;
    }
    mailbox_init(&s->closed);
    return &s->sink;
}

static void close_sink(struct sink **sink)
{
    struct group_sink *s = of(*sink);
    struct mail *port;

    if (s->file != NULL) {
        mailbox_post(&s->inbox, &s->stop);
        (void)pthread_join(s->writer, NULL);
        mailbox_fini(&s->inbox);
        sink_file_close(&s->file);
    }
    for (port = mailbox_take(&s->closed); port != NULL;) {
        struct mail *next = port->next;

        sink_ring_free(port);
        port = next;
    }
    mailbox_fini(&s->closed);
    free(s);
    *sink = NULL;
}

static void drain(struct sink *s, int64_t until_us)
{
    UNUSED(s); /* a commit is not worth giving up */
    UNUSED(until_us);
}

const struct sink_functions sink_group_functions = {
    .check = check,
    .open = open_sink,
    .close = close_sink,
    .is_up = is_up,
    .drain = drain,
    .port_open = sink_ring_open,
    .port_close = sink_ring_close,
    .port_wake_fd = sink_ring_wake_fd,
    .put = sink_ring_put,
    .flush = sink_ring_flush,
    .poll = sink_ring_poll,
};
