#include "simulator/trace_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/buf.h"

static const char ending[] = ".trace.gz";

/* --- writing */

struct trace_file {
    FILE *file;
    char *path;
    struct trace_writer *writer;
};

static char *path_of(const char *dir, const char *name)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s/%s", dir, name);
    buf_add_char(&b, '\0');
    return b.ptr;
}

static bool say(char *why, const char *path)
{
    (void)snprintf(why, TRACE_FILE_WHY_LEN, "%s: %s", path, strerror(errno));
    return false;
}

static void to_file(void *arg, const uint8_t *bytes, size_t len)
{
    struct trace_file *f = arg;

    (void)fwrite(bytes, 1, len, f->file); /* the stream remembers a failure */
}

struct trace_file *trace_file_new(const char *dir, int index, const struct trace_header *h,
                                  char *why)
{
    struct trace_file *f = xcalloc(1, sizeof *f);
    char name[48];

    (void)snprintf(name, sizeof name, "worker-%d%s", index, ending);
    f->path = path_of(dir, name);
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        (void)say(why, dir);
    else if ((f->file = fopen(f->path, "wbe")) == NULL)
        (void)say(why, f->path);
    if (f->file == NULL) {
        free(f->path);
        free(f);
        return NULL;
    }
    f->writer = trace_writer_new(h, to_file, f);
    return f;
}

void trace_file_write(struct trace_file *f, const struct trace_event *e)
{
    trace_write(f->writer, e);
}

bool trace_file_free(struct trace_file **f, char *why)
{
    struct trace_file *file = *f;
    bool ok = true;

    if (file == NULL)
        return true;
    trace_writer_free(&file->writer);
    bool failed = ferror(file->file) != 0;

    if (fclose(file->file) != 0 || failed)
        ok = say(why, file->path);
    free(file->path);
    free(file);
    *f = NULL;
    return ok;
}

/* --- reading */

/* Logs are read three times: heads say how many devices there are, then sends are counted, then put
 * to their places. */
struct load {
    struct trace_plan *plan;
    uint64_t low;
    uint64_t high;
    bool has_head;
    bool is_head_enough;
    bool differs; /* two logs are not of one run */
    size_t *next; /* where a device's next send goes; NULL: the first time */
    uint32_t first;
};

static bool take_head(void *arg, const struct trace_header *h)
{
    struct load *l = arg;
    struct trace_header *head = &l->plan->head;
    uint64_t end = (uint64_t)h->first_device + h->device_count;

    if (!l->has_head) {
        *head = *h;
        head->profile = arena_str(&l->plan->arena, h->profile);
        head->profile_text = arena_str(&l->plan->arena, h->profile_text);
        l->low = h->first_device;
        l->high = end;
        l->has_head = true;
    }
    if (h->seed != head->seed || !str_equal(h->profile_text, head->profile_text))
        l->differs = true;
    l->low = h->first_device < l->low ? h->first_device : l->low;
    l->high = end > l->high ? end : l->high;
    return !l->differs && !l->is_head_enough;
}

static void nothing(void *arg, const struct trace_event *e)
{
    UNUSED(arg);
    UNUSED(e);
}

static void count_send(void *arg, const struct trace_event *e)
{
    struct load *l = arg;

    if (e->kind == TRACE_PUBLISH)
        l->plan->from[e->device - l->first + 1]++;
}

static void place_send(void *arg, const struct trace_event *e)
{
    struct load *l = arg;
    struct trace_plan *p = l->plan;
    uint32_t i = e->device - l->first;

    if (e->kind == TRACE_CONNECT && p->connect_us[i] < 0)
        p->connect_us[i] = e->at_us;
    if (e->kind != TRACE_PUBLISH)
        return;
    p->sends[l->next[i]++] = (struct trace_send){e->at_us, e->payload_len, e->ct_s};
    p->end_us = e->at_us >= p->end_us ? e->at_us + 1 : p->end_us;
}

static int is_log(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > sizeof ending - 1 &&
           strcmp(entry->d_name + len - (sizeof ending - 1), ending) == 0;
}

static bool read_file(const char *path, struct buf *out, char *why)
{
    FILE *f = fopen(path, "rbe");
    char part[16384];
    size_t len;

    if (f == NULL)
        return say(why, path);
    while ((len = fread(part, 1, sizeof part, f)) > 0)
        buf_add(out, part, len);
    bool ok = ferror(f) == 0 || say(why, path);

    (void)fclose(f);
    return ok;
}

static bool read_log(struct load *l, const char *path,
                     void (*event)(void *, const struct trace_event *), char *why)
{
    struct trace_reader reader = {.header = take_head, .event = event, .arg = l};
    struct buf bytes = buf_growing();
    bool ok = read_file(path, &bytes, why);

    if (ok) {
        enum trace_err err = trace_read(buf_str(&bytes), &reader);

        l->plan->is_cut |= err == TRACE_CUT;
        ok = err != TRACE_WRONG && !l->differs;
        if (!ok)
            (void)snprintf(why, TRACE_FILE_WHY_LEN, "%s: %s", path,
                           l->differs ? "of another run than the other logs in the folder"
                                      : "not a log of seatrial-swarm --record, or damaged");
    }
    buf_fini(&bytes);
    return ok;
}

/* What a log says is done by `event`, for every log. */
static bool read_logs(struct load *l, char **paths, int count,
                      void (*event)(void *, const struct trace_event *), char *why)
{
    for (int i = 0; i < count; i++)
        if (!read_log(l, paths[i], event, why))
            return false;
    return true;
}

static bool load_all(struct load *l, char **paths, int count, char *why)
{
    struct trace_plan *p = l->plan;

    l->is_head_enough = true;
    if (!read_logs(l, paths, count, nothing, why))
        return false;
    l->is_head_enough = false;
    size_t devices = (size_t)(l->high - l->low);

    p->head.first_device = l->first = (uint32_t)l->low;
    p->head.device_count = (uint32_t)devices;
    p->from = xcalloc(devices + 2, sizeof *p->from);
    p->connect_us = xcalloc(devices + 1, sizeof *p->connect_us);
    memset(p->connect_us, 0xff, devices * sizeof *p->connect_us);
    if (!read_logs(l, paths, count, count_send, why))
        return false;
    for (size_t i = 0; i < devices; i++)
        p->from[i + 1] += p->from[i];
    p->send_count = p->from[devices];
    p->sends = xcalloc(p->send_count + 1, sizeof *p->sends);
    l->next = xcalloc(devices + 1, sizeof *l->next);
    memcpy(l->next, p->from, devices * sizeof *l->next);
    bool ok = read_logs(l, paths, count, place_send, why);

    free(l->next);
    return ok;
}

bool trace_plan_load(struct trace_plan *p, const char *dir, char *why)
{
    struct load l = {.plan = p};
    struct dirent **found = NULL;
    int count = scandir(dir, &found, is_log, alphasort);
    char **paths = xcalloc((size_t)(count < 0 ? 0 : count) + 1, sizeof *paths);
    bool ok = false;

    *p = (struct trace_plan){.is_cut = false};
    if (count < 0)
        (void)say(why, dir);
    else if (count == 0)
        (void)snprintf(why, TRACE_FILE_WHY_LEN, "%s: no log of a run there (--record makes them)",
                       dir);
    for (int i = 0; i < count; i++) {
        paths[i] = path_of(dir, found[i]->d_name);
        free(found[i]);
    }
    free(found);
    if (count > 0)
        ok = load_all(&l, paths, count, why);
    for (int i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
    if (!ok)
        trace_plan_free(p);
    return ok;
}

void trace_plan_free(struct trace_plan *p)
{
    free(p->from);
    free(p->sends);
    free(p->connect_us);
    arena_fini(&p->arena);
    *p = (struct trace_plan){.is_cut = false};
}

int64_t trace_plan_connect_us(const struct trace_plan *p, uint32_t device)
{
    uint32_t i = device - p->head.first_device;

    return device < p->head.first_device || i >= p->head.device_count ? -1 : p->connect_us[i];
}

const struct trace_send *trace_plan_send(const struct trace_plan *p, uint32_t device, uint32_t n)
{
    uint32_t i = device - p->head.first_device;

    if (device < p->head.first_device || i >= p->head.device_count || n == 0 ||
        n > p->from[i + 1] - p->from[i])
        return NULL;
    return &p->sends[p->from[i] + n - 1];
}
