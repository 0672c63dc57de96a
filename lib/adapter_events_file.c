/*
 * Follows a growing file of CloudEvents, one JSON object a line; also when it is renamed and begun
 * anew. What stood there before is not read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/adapter.h"
#include "lib/buf.h"

enum {
    MAX_LINE = 64 << 20, /* a longer one is given in pieces, which are faulty */
    PART = 65536,
    PARTS = 16, /* in one turn: others have work too */
};

/* The kernel tells of changes; this is for folders that it does not watch yet, or cannot. */
static const int64_t look_again_us = 200 * US_PER_MS;

struct file_events {
    struct adapter adapter;
    const char *path;
    char *folder;
    int notify_fd;
    int watch;      /* -1: the folder is not there */
    int fd;         /* -1: the file is not there */
    bool skip;      /* it was there at the start */
    int64_t offset; /* bytes read */
    struct buf line;
    struct buf scratch;
};

static void take_bytes(struct file_events *f, struct str part)
{
    while (part.len > 0) {
        const char *end = memchr(part.ptr, '\n', part.len);
        size_t len = end == NULL ? part.len : (size_t)(end - part.ptr);

        buf_add(&f->line, part.ptr, len);
        if ((end != NULL && f->line.len > 0) || f->line.len > MAX_LINE) {
            adapter_give_json(f->adapter.world, buf_str(&f->line), CLOUDEVENT_STRUCTURED,
                              &f->scratch);
            buf_clear(&f->line);
        }
        len += end != NULL;
        part = (struct str){part.ptr + len, part.len - len};
    }
}

/* At most so many parts. True: there is more. */
static bool read_more(struct file_events *f, int parts)
{
    char *part = xmalloc(PART);
    struct stat st;
    ssize_t len = 0;

    /* a torn last line is cut off when an endpoint starts again */
    if (fstat(f->fd, &st) == 0 && st.st_size < f->offset) {
        f->offset = st.st_size;
        buf_clear(&f->line);
    }
    while (parts-- > 0 && (len = pread(f->fd, part, PART, f->offset)) > 0) {
        f->offset += len;
        take_bytes(f, (struct str){part, (size_t)len});
    }
    free(part);
    return len > 0;
}

static bool was_replaced(const struct file_events *f)
{
    struct stat now, then;

    return stat(f->path, &now) == 0 && fstat(f->fd, &then) == 0 &&
           (now.st_ino != then.st_ino || now.st_dev != then.st_dev);
}

/* True: there is more to be read. */
static bool look(struct file_events *f)
{
    if (f->watch < 0)
        f->watch = inotify_add_watch(f->notify_fd, f->folder,
                                     IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
    if (f->fd >= 0 && was_replaced(f)) {
        while (read_more(f, PARTS))
            ; /* what was written just before */
        (void)close(f->fd);
        f->fd = -1;
        buf_clear(&f->line);
    }
    if (f->fd < 0) {
        struct stat st;

        f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
        f->offset = f->fd >= 0 && f->skip && fstat(f->fd, &st) == 0 ? st.st_size : 0;
    }
    f->skip = false;
    return f->fd >= 0 && read_more(f, PARTS);
}

static size_t file_fds(struct adapter *a, struct pollfd *fds)
{
    struct file_events *f = (struct file_events *)a;

    fds[0] = (struct pollfd){.fd = f->notify_fd, .events = POLLIN};
    return 1;
}

static int64_t file_work(struct adapter *a, int64_t now_us)
{
    struct file_events *f = (struct file_events *)a;
    char changes[4096] __attribute__((aligned(8)));

    while (read(f->notify_fd, changes, sizeof changes) > 0)
        ;
    return look(f) ? now_us : now_us + look_again_us;
}

static void file_call(struct adapter *a, struct adapter_call *call)
{
    UNUSED(a);
    call->answered(call, adapter_reply_failed(ADAPTER_UNAVAILABLE, 0, "events come from a file"));
}

static void file_free(struct adapter *a)
{
    struct file_events *f = (struct file_events *)a;

    if (f->fd >= 0)
        (void)close(f->fd);
    (void)close(f->notify_fd);
    buf_fini(&f->line);
    buf_fini(&f->scratch);
    free(f->folder);
    free(f);
}

struct adapter *adapter_events_file(const struct adapter_world *world)
{
    static const struct adapter_functions functions = {.name = "events.file",
                                                       .call = file_call,
                                                       .fds = file_fds,
                                                       .work = file_work,
                                                       .free = file_free};
    struct file_events *f = xcalloc(1, sizeof *f);
    const char *slash = strrchr(world->target->events.file, '/');

    *f = (struct file_events){
        .adapter = {&functions, world},
        .path = world->target->events.file,
        .watch = -1,
        .fd = -1,
        .skip = true,
        .line = buf_growing(),
        .scratch = buf_growing(),
    };
    f->folder =
        slash == NULL
            ? xstrdup(STR("."))
            : xstrdup((struct str){f->path, slash == f->path ? 1 : (size_t)(slash - f->path)});
    f->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert(f->notify_fd >= 0);
    (void)look(f);
    return &f->adapter;
}
