#include "simulator/server_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/http_client.h"
#include "simulator/metrics_text.h"
#include "simulator/proc_text.h"

enum { PART = 65536, MAX_SOCKETS = 1024, MAX_LINK = 64 };

static const int64_t scrape_us = US_PER_S;
static const int64_t scrape_timeout_us = 2 * US_PER_S;

/* What only grows, as it was the last time; NAN: not known. */
struct counters {
    double cpu_s;
    double udp_dropped;
};

/* All that one look at the endpoint gives; NAN: not known. */
struct sample {
    struct counters counters;
    double memory_bytes;
    double descriptors;
};

static const struct sample nothing = {
    {NAN, NAN},
    NAN, NAN
};

struct server_watch {
    pid_t pid;
    int64_t last_us;
    struct counters last;
    double own_last_s;
    uint64_t all_last;
    uint64_t stolen_last;
    /* the thread that asks for /metrics */
    const char *metrics_url;
    pthread_t thread;
    pthread_mutex_t lock;
    bool runs;
    bool stop;             /* under the lock */
    struct sample scraped; /* under the lock */
};

/* --- /proc ---------------------------------------------------------------------------------------
 */

/* False: it cannot be read. */
static bool read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = -1;

    buf_clear(out);
    while (fd >= 0 && (len = read(fd, buf_reserve(out, PART), PART)) > 0)
        out->len += (size_t)len;
    if (fd >= 0)
        (void)close(fd);
    return len == 0;
}

static bool read_proc(pid_t pid, const char *name, struct buf *out)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return read_file(path, out);
}

/* Counts descriptors, and lists the inodes of sockets. -1: cannot be read. */
static int list_descriptors(pid_t pid, uint64_t *inodes, size_t *inode_count)
{
    char path[64], link[MAX_LINK];
    const struct dirent *entry;
    int count = 0;
    DIR *dir;

    *inode_count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    dir = opendir(path);
    if (dir == NULL)
        return -1;
    while ((entry = readdir(dir)) != NULL) {
        ssize_t len = readlinkat(dirfd(dir), entry->d_name, link, sizeof link);

        if (len < 0)
            continue; /* `.` and `..` */
        count++;
        if (*inode_count < MAX_SOCKETS &&
            proc_text_socket((struct str){link, (size_t)len}, &inodes[*inode_count]))
            ++*inode_count;
    }
    (void)closedir(dir);
    return count;
}

static struct sample look_at(pid_t pid)
{
    static const char *const tables[] = {"net/udp", "net/udp6"};
    uint64_t inodes[MAX_SOCKETS], value;
    struct buf text = buf_growing();
    struct sample s = nothing;
    size_t inode_count;
    int descriptors = list_descriptors(pid, inodes, &inode_count);

    if (read_proc(pid, "stat", &text) && proc_text_ticks(buf_str(&text), &value))
        s.counters.cpu_s = (double)value / (double)sysconf(_SC_CLK_TCK);
    if (read_proc(pid, "status", &text) && proc_text_status(buf_str(&text), "VmRSS:", &value))
        s.memory_bytes = (double)value * 1024;
    if (descriptors >= 0) {
        s.descriptors = descriptors;
        s.counters.udp_dropped = 0;
        for (size_t i = 0; i < COUNT(tables); i++)
            if (read_proc(pid, tables[i], &text))
                s.counters.udp_dropped +=
                    (double)proc_text_udp_drops(buf_str(&text), inodes, inode_count);
    }
    buf_fini(&text);
    return s;
}

/* --- /metrics ------------------------------------------------------------------------------------
 */

static void take_metrics(void *arg, const struct http_answer *answer)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"process_cpu_seconds_total",        offsetof(struct sample, counters.cpu_s)      },
        {"process_resident_memory_bytes",    offsetof(struct sample, memory_bytes)        },
        {"process_open_fds",                 offsetof(struct sample, descriptors)         },
        {"seatrial_datagrams_dropped_total", offsetof(struct sample, counters.udp_dropped)},
    };
    struct server_watch *w = arg;
    struct sample s = nothing;

    for (size_t i = 0; i < COUNT(rows) && answer->status == 200; i++) {
        double value;

        if (metrics_text_sum(answer->body, rows[i].name, &value))
            *(double *)(void *)((char *)&s + rows[i].offset) = value;
    }
    (void)pthread_mutex_lock(&w->lock);
    w->scraped = s;
    (void)pthread_mutex_unlock(&w->lock);
}

static bool is_stopped(struct server_watch *w)
{
    bool stop;

    (void)pthread_mutex_lock(&w->lock);
    stop = w->stop;
    (void)pthread_mutex_unlock(&w->lock);
    return stop;
}

static void *scrape(void *arg)
{
    struct server_watch *w = arg;
    struct http_client *http = http_client_new(scrape_timeout_us);
    int64_t next_us = clock_mono_us();

    while (!is_stopped(w)) {
        if (clock_mono_us() >= next_us) {
            http_client_send(
                http, &(struct http_request){
                          .method = "GET", .url = w->metrics_url, .done = take_metrics, .arg = w});
            next_us = clock_mono_us() + scrape_us;
        }
        http_client_work(http);
        http_client_wait(http, NULL, 0, 100);
    }
    http_client_free(&http);
    return NULL;
}

/* --- the watch -----------------------------------------------------------------------------------
 */

double server_watch_own_cpu_s(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int64_t server_watch_own_memory(void)
{
    struct buf text = buf_growing();
    uint64_t kilobytes = 0;

    if (!read_proc(getpid(), "status", &text) ||
        !proc_text_status(buf_str(&text), "VmRSS:", &kilobytes))
        kilobytes = 0;
    buf_fini(&text);
    return (int64_t)kilobytes * 1024;
}

/* What the endpoint is like now, from wherever it can be known. */
static struct sample look(struct server_watch *w)
{
    struct sample s = w->pid == 0 ? nothing : look_at(w->pid);

    if (!w->runs)
        return s;
    (void)pthread_mutex_lock(&w->lock);
    if (isnan(s.counters.cpu_s))
        s = w->scraped;
    (void)pthread_mutex_unlock(&w->lock);
    return s;
}

/* The part of all processors' time that was stolen since the last call. */
static double take_steal(struct server_watch *w)
{
    struct buf text = buf_growing();
    uint64_t all = 0, stolen = 0;
    double part = NAN;

    if (read_file("/proc/stat", &text) && proc_text_processors(buf_str(&text), &all, &stolen) &&
        all > w->all_last && stolen >= w->stolen_last)
        part = (double)(stolen - w->stolen_last) / (double)(all - w->all_last);
    buf_fini(&text);
    w->all_last = all;
    w->stolen_last = stolen;
    return part;
}

struct server_watch *server_watch_new(const struct server_watch_options *options, int64_t now_us)
{
    struct server_watch *w = xcalloc(1, sizeof *w);

    w->pid = options->pid;
    w->metrics_url = options->metrics_url;
    w->scraped = nothing;
    (void)pthread_mutex_init(&w->lock, NULL);
    w->last_us = now_us;
    w->last = look(w).counters;
    w->own_last_s = server_watch_own_cpu_s();
    (void)take_steal(w);
    if (w->metrics_url != NULL)
        w->runs = pthread_create(&w->thread, NULL, scrape, w) == 0;
    return w;
}

void server_watch_free(struct server_watch **w)
{
    if (*w == NULL)
        return;
    if ((*w)->runs) {
        (void)pthread_mutex_lock(&(*w)->lock);
        (*w)->stop = true;
        (void)pthread_mutex_unlock(&(*w)->lock);
        (void)pthread_join((*w)->thread, NULL);
    }
    (void)pthread_mutex_destroy(&(*w)->lock);
    free(*w);
    *w = NULL;
}

void server_watch_restart(struct server_watch *w, pid_t pid)
{
    w->pid = pid;
    w->last = look(w).counters;
}

/* By how much a counter has grown; one that has begun anew, or was not known, says nothing. */
static double grown(double now, double last)
{
    return now >= last ? now - last : NAN;
}

void server_watch_take(struct server_watch *w, int64_t now_us, struct result_second *out)
{
    double seconds = now_us > w->last_us ? (double)(now_us - w->last_us) / 1e6 : NAN;
    double own_s = server_watch_own_cpu_s();
    struct sample s = look(w);

    out->server = (struct result_server){
        .cpu_cores = grown(s.counters.cpu_s, w->last.cpu_s) / seconds,
        .memory_bytes = s.memory_bytes,
        .descriptors = s.descriptors,
        .udp_dropped = grown(s.counters.udp_dropped, w->last.udp_dropped),
    };
    out->own_cpu_cores = (own_s - w->own_last_s) / seconds;
    out->steal_part = take_steal(w);
    w->last_us = now_us;
    w->last = s.counters;
    w->own_last_s = own_s;
}
