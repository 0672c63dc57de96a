#include "simulator/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/udp.h"

enum {
    IDLE_WAIT_US = 20000, /* at most: flags of other threads are looked at as often */
    READ_MOST = 8,        /* batches of a socket before the others and the timers have their turn */
    MAX_EVENTS = 64,
};

struct worker {
    struct worker_options options;
    struct fleet *fleet;
    struct udp_io *io;
    int *fds;
    size_t fd_count;
    int epoll_fd;
    int timer_fd;
    pthread_t thread;
    bool runs;
    int64_t start_us;
    int64_t now_us;
    /* Two tallies: the fleet counts into one while the other is taken or waits to be taken. */
    struct tally tally[2];
    int counting;
    _Atomic(bool) offered; /* tally[1 - counting] is complete */
    int64_t next_second_us;
    struct trace_file *record; /* NULL: nothing is written down */
    _Atomic(bool) stop;
    _Atomic(bool) end;
    _Atomic(size_t) in_flight;
    _Atomic(int64_t) cpu_us;
};

/* --- datagrams */

static void send_datagram(void *arg, const struct fleet_datagram *d)
{
    struct worker *w = arg;
    struct udp_path path = {.peer = d->secure ? w->options.coaps : w->options.coap};

    if (path.peer.len == 0)
        return;
    source_path(w->options.source, w->options.fleet.first + d->device, d->device, d->binding,
                &path);
    udp_send(w->io, w->fds[path.socket], &path, d->bytes, d->len);
}

static void receive_datagram(void *arg, const struct udp_path *path, const uint8_t *bytes,
                             size_t len)
{
    struct worker *w = arg;
    const struct addr *coaps = &w->options.coaps;
    struct fleet_arrival a = {
        .device = FLEET_ANYBODY,
        .socket = (uint32_t)path->socket,
        .secure = coaps->len > 0 && addr_port(&path->peer) == addr_port(coaps),
        .bytes = bytes,
        .len = len,
    };

    if (w->options.source->kind == SOURCE_ANYIP) {
        a.device = (int64_t)source_device(w->options.source, path) - w->options.fleet.first;
        a.bindings = SOURCE_BINDINGS;
        a.binding = (uint8_t)path->socket;
    } else if (w->options.fleet.sockets == 0) {
        a.device = path->socket;
    }
    if (a.device < FLEET_ANYBODY)
        a.device = UINT32_MAX; /* below the first of this worker */
    fleet_receive(w->fleet, &a, w->now_us);
}

/* Reads what has come. True: a socket may hold more. */
static bool receive_all(struct worker *w, const struct epoll_event *events, int count)
{
    bool more = false;

    for (int i = 0; i < count; i++) {
        int socket = (int)events[i].data.u32;
        size_t got = UDP_BATCH;

        if (socket < 0 || (size_t)socket >= w->fd_count)
            continue; /* the timer */
        for (int k = 0; k < READ_MOST && got == UDP_BATCH; k++) {
            got = udp_receive(w->io, w->fds[socket], socket, receive_datagram, w);
            (void)udp_flush(w->io);
        }
        more |= got == UDP_BATCH;
    }
    return more;
}

/* --- counts */

static void count_machine(struct worker *w)
{
    struct tally *t = &w->tally[w->counting];

    t->counter[TALLY_OWN_RECEIVE_DROPPED] += udp_take_dropped(w->io);
    t->counter[TALLY_OWN_SEND_FAILED] += udp_take_refused(w->io);
}

/* Once a second the tally goes to whoever takes it, if the last one was taken. */
static void offer_tally(struct worker *w)
{
    atomic_store(&w->in_flight, fleet_in_flight(w->fleet));
    if (w->now_us < w->next_second_us)
        return;
    atomic_store(&w->cpu_us, clock_thread_us());
    while (w->next_second_us <= w->now_us)
        w->next_second_us += US_PER_S;
    if (atomic_load_explicit(&w->offered, memory_order_acquire))
        return;
    count_machine(w);
    fleet_gauge(w->fleet, &w->tally[w->counting]);
    w->counting = 1 - w->counting;
    fleet_count_into(w->fleet, &w->tally[w->counting]);
    atomic_store_explicit(&w->offered, true, memory_order_release);
}

/* --- the loop */

/* Waits for datagrams until the deadline, to a tick of the wheel: epoll's milliseconds are too
 * coarse for a schedule. */
static int wait_for(struct worker *w, struct epoll_event *events, int64_t deadline_us)
{
    int64_t wait_us = deadline_us - clock_mono_us();

    if (wait_us <= 0)
        return epoll_wait(w->epoll_fd, events, MAX_EVENTS, 0);
    wait_us = wait_us > IDLE_WAIT_US ? IDLE_WAIT_US : wait_us;
    struct itimerspec at = {.it_value = {.tv_nsec = (long)wait_us * 1000}};

    (void)timerfd_settime(w->timer_fd, 0, &at, NULL);
    return epoll_wait(w->epoll_fd, events, MAX_EVENTS, IDLE_WAIT_US / 1000);
}

static void turn(struct worker *w, bool *busy)
{
    struct epoll_event events[MAX_EVENTS];
    int64_t deadline_us = fleet_deadline_us(w->fleet);
    int count = wait_for(w, events, *busy ? 0 : deadline_us);

    w->now_us = clock_mono_us();
    *busy = receive_all(w, events, count);
    *busy |= fleet_advance(w->fleet, w->now_us);
    (void)udp_flush(w->io);
    offer_tally(w);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    bool busy = false;

    while ((w->now_us = clock_mono_us()) < w->start_us)
        (void)poll(NULL, 0, (int)((w->start_us - w->now_us) / US_PER_MS) + 1);
    w->next_second_us = w->start_us + US_PER_S;
    fleet_begin(w->fleet, w->start_us);
    while (!atomic_load_explicit(&w->end, memory_order_relaxed)) {
        if (atomic_load_explicit(&w->stop, memory_order_relaxed))
            fleet_stop(w->fleet, w->now_us);
        turn(w, &busy);
    }
    fleet_close(w->fleet, w->now_us);
    (void)udp_flush(w->io);
    count_machine(w);
    atomic_store(&w->cpu_us, clock_thread_us());
    return NULL;
}

/* --- life */

static bool watch(struct worker *w, int fd, uint32_t number)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = number};

    return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool open_sockets(struct worker *w, char *why)
{
    const struct addr *to = w->options.coap.len > 0 ? &w->options.coap : &w->options.coaps;

    w->fds = xcalloc(source_fd_count(w->options.source), sizeof *w->fds);
    if (!source_open(w->options.source, to, w->fds, why))
        return false;
    w->fd_count = source_fd_count(w->options.source);
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (w->epoll_fd < 0 || w->timer_fd < 0 || !watch(w, w->timer_fd, UINT32_MAX)) {
        (void)snprintf(why, WORKER_WHY_LEN, "no descriptor is left for the loop");
        return false;
    }
    for (size_t i = 0; i < w->fd_count; i++) {
        if (!watch(w, w->fds[i], (uint32_t)i)) {
            (void)snprintf(why, WORKER_WHY_LEN, "the kernel does not watch so many sockets");
            return false;
        }
    }
    return true;
}

static void write_down(void *arg, const struct trace_event *e)
{
    struct worker *w = arg;

    trace_file_write(w->record, e);
}

static bool open_record(struct worker *w, char *why)
{
    if (w->options.record_dir == NULL)
        return true;
    w->record = trace_file_new(w->options.record_dir, w->options.index, &w->options.record, why);
    w->options.fleet.trace = write_down;
    w->options.fleet.trace_arg = w;
    return w->record != NULL;
}

struct worker *worker_new(const struct worker_options *options, char *why)
{
    struct worker *w = xcalloc(1, sizeof *w);
    struct fleet_options *fleet = &w->options.fleet;

    w->options = *options;
    w->epoll_fd = -1;
    w->timer_fd = -1;
    w->io = udp_io_new();
    tally_init(&w->tally[0]);
    tally_init(&w->tally[1]);
    fleet->send = send_datagram;
    fleet->arg = w;
    fleet->sockets = source_shares(options->source, fleet->count)
                         ? (uint32_t)source_fd_count(options->source)
                         : 0;
    if (open_record(w, why) && open_sockets(w, why))
        w->fleet = fleet_new(fleet, clock_mono_us(), why);
    if (w->fleet == NULL) {
        worker_free(&w);
        return NULL;
    }
    fleet_count_into(w->fleet, &w->tally[0]);
    return w;
}

void worker_free(struct worker **worker)
{
    struct worker *w = *worker;

    if (w == NULL)
        return;
    assert(!w->runs);
    if (w->record != NULL) {
        char why[TRACE_FILE_WHY_LEN];
        bool whole = trace_file_free(&w->record, why);

        UNUSED(whole); /* something else went wrong before, and was said */
    }
    fleet_free(&w->fleet);
    udp_io_free(&w->io);
    for (size_t i = 0; i < w->fd_count; i++)
        (void)close(w->fds[i]);
    free(w->fds);
    if (w->epoll_fd >= 0)
        (void)close(w->epoll_fd);
    if (w->timer_fd >= 0)
        (void)close(w->timer_fd);
    tally_fini(&w->tally[0]);
    tally_fini(&w->tally[1]);
    free(w);
    *worker = NULL;
}

void worker_start(struct worker *w, int64_t start_us)
{
    w->start_us = start_us;
    int failed = pthread_create(&w->thread, NULL, run, w);

    assert(failed == 0);
    w->runs = true;
}

void worker_stop(struct worker *w)
{
    atomic_store(&w->stop, true);
}

size_t worker_in_flight(const struct worker *w)
{
    return atomic_load(&w->in_flight);
}

/* The gauges are of now: those of an earlier moment are replaced by the caller's adding up. */
static void take(const struct tally *from, struct tally *to)
{
    tally_add(to, from);
    for (size_t i = 0; i < COUNT(to->gauge); i++)
        to->gauge[i] += from->gauge[i];
}

bool worker_take(struct worker *w, struct tally *to)
{
    if (!atomic_load_explicit(&w->offered, memory_order_acquire))
        return false;
    struct tally *full = &w->tally[1 - w->counting];

    take(full, to);
    tally_clear(full);
    atomic_store_explicit(&w->offered, false, memory_order_release);
    return true;
}

void worker_join(struct worker *w, struct tally *to)
{
    if (!w->runs)
        return;
    atomic_store(&w->end, true);
    (void)pthread_join(w->thread, NULL);
    w->runs = false;
    (void)worker_take(w, to);
    take(&w->tally[w->counting], to);
    tally_clear(&w->tally[w->counting]);
}

int64_t worker_cpu_us(const struct worker *w)
{
    return atomic_load(&w->cpu_us);
}

bool worker_finish(struct worker *w, char *why)
{
    const char *wrong = fleet_hook_error(w->fleet);

    assert(!w->runs);
    if (wrong != NULL)
        (void)snprintf(why, WORKER_WHY_LEN, "%s", wrong);
    return wrong == NULL && (w->record == NULL || trace_file_free(&w->record, why));
}

size_t worker_bytes(const struct worker *w)
{
    return fleet_bytes(w->fleet);
}
