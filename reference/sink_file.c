#include "reference/sink_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "reference/mutant.h"
#include "reference/sink.h"

enum {
    PROBE_BYTES = 256 * 1024,
    NUMBER_DIGITS = 6,
    NAME_CAP = NAME_MAX + 1,
};

struct sink_file {
    char *path; /* as given: for messages */
    char *name; /* inside dir_fd */
    int dir_fd;
    int lock_fd;
    int fd;      /* -1: a new file must be begun */
    int64_t len; /* confirmed: up to here the file is on the disk */
    int64_t rotate_bytes;
    unsigned long next_number; /* of the next file set aside */
};

static bool complain(const struct sink_file *f, const char *what)
{
    static struct log_limit limit;
    char quoted[256];

    log_limited(&limit, LOG_ERROR, "sink", what, "file=%s error=\"%s\"",
                log_quote(str_from(f->path), quoted, sizeof quoted), strerror(errno));
    return false;
}

/* PATH.NNNNNN of the file named `name`, or 0. */
static unsigned long number_of(const char *file, const char *name)
{
    size_t len = strlen(name);
    char *end;

    if (strncmp(file, name, len) != 0 || file[len] != '.' ||
        strspn(file + len + 1, "0123456789") < NUMBER_DIGITS)
        return 0;
    unsigned long number = strtoul(file + len + 1, &end, 10);

    return *end == '\0' && number < ULONG_MAX ? number : 0;
}

static bool find_next_number(struct sink_file *f)
{
    int fd = openat(f->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    f->next_number = 1;
    while ((entry = readdir(dir)) != NULL) {
        unsigned long number = number_of(entry->d_name, f->name);

        if (number >= f->next_number)
            f->next_number = number + 1;
    }
    (void)closedir(dir);
    return true;
}

/* rename that never replaces a file; on a file system that cannot promise it, we look first. */
static int rename_no_replace(int dir_fd, const char *from, const char *to)
{
    struct stat ignored;

    if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (fstatat(dir_fd, to, &ignored, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(dir_fd, from, dir_fd, to);
}

/* Renames PATH to the next free PATH.NNNNNN. */
static bool set_aside(struct sink_file *f)
{
    char to[NAME_CAP];

    for (;;) {
        int len = snprintf(to, sizeof to, "%s.%0*lu", f->name, NUMBER_DIGITS, f->next_number);

        if (len < 0 || (size_t)len >= sizeof to) {
            errno = ENAMETOOLONG;
            return complain(f, "cannot-rename");
        }
        if (rename_no_replace(f->dir_fd, f->name, to) == 0)
            break;
        if (errno != EEXIST)
            return complain(f, "cannot-rename");
        f->next_number++;
    }
    f->next_number++;
    log_event(LOG_INFO, "sink", "file-complete", "file=%s", to);
    return true;
}

static int open_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir =
        slash == NULL ? xstrdup(STR(".")) : xstrdup((struct str){path, (size_t)(slash - path) + 1});
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = errno;

    free(dir);
    errno = error;
    return fd;
}

static const char *lock(struct sink_file *f)
{
    char name[NAME_CAP];
    int len = snprintf(name, sizeof name, "%s.lock", f->name);

    if (len < 0 || (size_t)len >= sizeof name) {
        errno = ENAMETOOLONG;
        return "cannot lock";
    }
    f->lock_fd = openat(f->dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f->lock_fd < 0)
        return "cannot create the lock file of";
    if (flock(f->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return NULL;
    return errno == EWOULDBLOCK ? "another process writes to" : "cannot lock";
}

/* A folder that was removed may be there again under its path. */
static bool find_folder(struct sink_file *f)
{
    struct stat st;

    if (fstat(f->dir_fd, &st) == 0 && st.st_nlink > 0)
        return true;
    struct sink_file found = *f;

    found.lock_fd = -1;
    found.dir_fd = open_folder(f->path);
    if (found.dir_fd >= 0 && lock(&found) == NULL && find_next_number(&found)) {
        (void)close(f->dir_fd);
        (void)close(f->lock_fd);
        *f = found;
        return true;
    }
    (void)complain(f, "no-folder");
    if (found.lock_fd >= 0)
        (void)close(found.lock_fd);
    if (found.dir_fd >= 0)
        (void)close(found.dir_fd);
    return false;
}

/* Begins a new, empty PATH that survives a power cut. What stands there is set aside. */
static bool begin_file(struct sink_file *f)
{
    struct stat st;

    if (!find_folder(f))
        return false;
    if (fstatat(f->dir_fd, f->name, &st, 0) == 0) {
        if (st.st_size > 0) {
            if (!set_aside(f))
                return false;
        } else if (unlinkat(f->dir_fd, f->name, 0) != 0) {
            return complain(f, "cannot-remove");
        }
    }
    int fd = openat(f->dir_fd, f->name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        return complain(f, "cannot-create");
    if (fsync(f->dir_fd) != 0) {
        (void)complain(f, "cannot-sync-directory");
        (void)close(fd);
        return false;
    }
    f->fd = fd;
    f->len = 0;
    return true;
}

/* Cuts off what was not confirmed, so that a refused event is not found later, and gives up the
 * file. */
static void give_up_file(struct sink_file *f)
{
    struct stat st;

    if (fstat(f->fd, &st) == 0 && st.st_size > f->len) {
        if (ftruncate(f->fd, f->len) != 0)
            (void)complain(f, "cannot-cut-refused-events");
    }
    (void)fdatasync(f->fd); /* of the cut; confirms nothing */
    (void)close(f->fd);
    f->fd = -1;
}

static bool write_all(int fd, struct iovec *parts, size_t count)
{
    while (count > 0) {
        ssize_t written = writev(fd, parts, (int)(count < IOV_MAX ? count : IOV_MAX));

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        size_t left = (size_t)written;

        while (count > 0 && left >= parts->iov_len) {
            left -= parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + left;
            parts->iov_len -= left;
        }
    }
    return true;
}

/* Somebody may have moved, removed or cut PATH since: a moved one is theirs and a new one is begun,
 * and what is in ours now is not to be cut by us. */
static void follow_path(struct sink_file *f)
{
    struct stat ours, there;
    char quoted[256];

    if (f->fd < 0 || fstat(f->fd, &ours) != 0)
        return;
    if (fstatat(f->dir_fd, f->name, &there, 0) == 0 && there.st_ino == ours.st_ino &&
        there.st_dev == ours.st_dev) {
        f->len = ours.st_size;
        return;
    }
    log_event(LOG_WARN, "sink", "file-moved-away", "file=%s",
              log_quote(str_from(f->path), quoted, sizeof quoted));
    (void)close(f->fd);
    f->fd = -1;
}

bool sink_file_commit(struct sink_file *f, struct iovec *parts, size_t count)
{
    int64_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += (int64_t)parts[i].iov_len;
    follow_path(f);
    /* a file that cannot be renamed goes on growing: events are worth more than its size */
    if (f->fd >= 0 && f->rotate_bytes > 0 && f->len > 0 && f->len + len > f->rotate_bytes &&
        set_aside(f)) {
        (void)close(f->fd);
        f->fd = -1;
    }
    if (f->fd < 0 && !begin_file(f))
        return false;
    if (!write_all(f->fd, parts, count)) {
        (void)complain(f, "cannot-write");
    } else if (!mutant_is(MUTANT_NO_FSYNC) && fdatasync(f->fd) != 0) {
        (void)complain(f, "cannot-sync");
    } else {
        f->len += len;
        return true;
    }
    give_up_file(f);
    return false;
}

bool sink_file_probe(struct sink_file *f)
{
    if (f->fd < 0 && !begin_file(f))
        return false;
    if (fallocate(f->fd, FALLOC_FL_KEEP_SIZE, f->len, PROBE_BYTES) != 0 && errno != EOPNOTSUPP)
        return complain(f, "no-space");
    if (fdatasync(f->fd) != 0) {
        (void)complain(f, "cannot-sync");
        give_up_file(f);
        return false;
    }
    return true;
}

/* The length up to and with the last newline of the first `len` bytes; -1 when reading fails. */
static int64_t whole_lines_len(int fd, int64_t len)
{
    char block[4096];

    while (len > 0) {
        int64_t want = len < (int64_t)sizeof block ? len : (int64_t)sizeof block;
        ssize_t got = pread(fd, block, (size_t)want, len - want);

        if (got != want)
            return -1;
        const char *newline = memrchr(block, '\n', (size_t)got);

        if (newline != NULL)
            return len - want + (newline - block) + 1;
        len -= want;
    }
    return 0;
}

/* Opens PATH, cuts a torn last line, and makes what is there durable. Returns what failed, or NULL.
 */
static const char *open_and_repair(struct sink_file *f)
{
    struct stat st;

    f->fd = openat(f->dir_fd, f->name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
    if (f->fd < 0 || fstat(f->fd, &st) != 0)
        return "cannot open";
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return "not a regular file";
    }
    f->len = whole_lines_len(f->fd, st.st_size);
    if (f->len < 0)
        return "cannot read";
    if (f->len < st.st_size) {
        char quoted[256];

        if (ftruncate(f->fd, f->len) != 0)
            return "cannot cut the torn last line";
        log_event(LOG_WARN, "sink", "torn-line-cut", "file=%s bytes=%lld",
                  log_quote(str_from(f->path), quoted, sizeof quoted),
                  (long long)(st.st_size - f->len));
    }
    if (fdatasync(f->fd) != 0)
        return "cannot sync";
    return fsync(f->dir_fd) == 0 ? NULL : "cannot sync the directory of";
}

struct sink_file *sink_file_open(const char *path, int64_t rotate_bytes, char *why)
{
    struct sink_file *f = xcalloc(1, sizeof *f);
    const char *slash = strrchr(path, '/');
    const char *failed = NULL;

    f->path = xstrdup(str_from(path));
    f->name = xstrdup(str_from(slash == NULL ? path : slash + 1));
    f->rotate_bytes = rotate_bytes;
    f->fd = f->lock_fd = -1;
    f->dir_fd = open_folder(path);
    if (*f->name == '\0') {
        errno = EISDIR;
        failed = "cannot open";
    } else if (f->dir_fd < 0) {
        failed = "cannot open the directory of";
    }
    if (failed == NULL)
        failed = lock(f);
    if (failed == NULL && !find_next_number(f))
        failed = "cannot list the directory of";
    if (failed == NULL)
        failed = open_and_repair(f);
    if (failed != NULL) {
        (void)snprintf(why, SINK_WHY_LEN, "sink: %s %s: %s", failed, path, strerror(errno));
        sink_file_close(&f);
    }
    return f;
}

void sink_file_close(struct sink_file **f)
{
    const int fds[] = {(*f)->fd, (*f)->lock_fd, (*f)->dir_fd};

    for (size_t i = 0; i < COUNT(fds); i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
    free((*f)->path);
    free((*f)->name);
    free(*f);
    *f = NULL;
}
