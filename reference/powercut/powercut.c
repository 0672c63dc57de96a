#include "reference/powercut/powercut.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAX_FILES = 256 };

/* What is known to be on the disk of one file. */
struct content {
    ino_t inode;
    char *bytes;
    size_t len;
    bool lost; /* a sync has failed: nothing new reaches the disk */
};

struct name {
    char text[NAME_MAX + 1];
    ino_t inode;
};

static struct {
    pthread_mutex_t lock;
    bool armed;
    struct powercut_plan plan;
    char dir[PATH_MAX]; /* with its slash */
    char base[NAME_MAX + 1];
    struct content content[MAX_FILES];
    size_t contents;
    struct name name[MAX_FILES]; /* the directory as synced */
    size_t names;
    long moments;
    long calls;
} model = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A fault of the model ends the test: never a silent pass. */
static void check(bool good, const char *what)
{
    if (good)
        return;
    (void)dprintf(STDERR_FILENO, "powercut: %s: %s\n", what, strerror(errno));
    abort();
}

static struct content *content_of(ino_t inode)
{
    for (size_t i = 0; i < model.contents; i++) {
        if (model.content[i].inode == inode)
            return &model.content[i];
    }
    check(model.contents < MAX_FILES, "too many files");
    struct content *c = &model.content[model.contents++];

    *c = (struct content){.inode = inode};
    return c;
}

/* The inode's number may be given to a new file: what the disk knows of the old one gets another.
 */
static void retire(int dir_fd, const char *name)
{
    static ino_t retired = (ino_t)1 << 62;
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_nlink > 1)
        return;
    retired++;
    content_of(st.st_ino)->inode = retired;
    for (size_t i = 0; i < model.names; i++) {
        if (model.name[i].inode == st.st_ino)
            model.name[i].inode = retired;
    }
}

/* Reads a whole file; the caller frees. */
static char *read_path(const char *path, size_t *len)
{
    struct stat st;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

    check(fd >= 0 && fstat(fd, &st) == 0, path);
    char *bytes = malloc((size_t)st.st_size + 1);

    check(bytes != NULL, "memory");
    *len = 0;
    for (;;) {
        ssize_t got = pread(fd, bytes + *len, (size_t)st.st_size - *len, (off_t)*len);

        check(got >= 0, path);
        if (got == 0)
            break;
        *len += (size_t)got;
    }
    (void)syscall(SYS_close, fd);
    return bytes;
}

static void write_path(const char *path, const char *bytes, size_t len)
{
    int fd =
        (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    check(fd >= 0, path);
    while (len > 0) {
        long written = syscall(SYS_write, fd, bytes, len);

        check(written > 0, path);
        bytes += written;
        len -= (size_t)written;
    }
    (void)syscall(SYS_close, fd);
}

/* The directory's names with the prefix, as they are now. */
static size_t scan(struct name *out)
{
    DIR *dir = opendir(model.dir);
    struct dirent *entry;
    size_t count = 0;

    check(dir != NULL, model.dir);
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, model.base, strlen(model.base)) != 0)
            continue;
        check(count < MAX_FILES, "too many files");
        memcpy(out[count].text, entry->d_name, strlen(entry->d_name) + 1);
        out[count++].inode = entry->d_ino;
    }
    (void)closedir(dir);
    return count;
}

static const char *path_of(const struct name *name, char *path, size_t cap)
{
    int len = snprintf(path, cap, "%s%s", model.dir, name->text);

    check(len > 0 && (size_t)len < cap, "path too long");
    return path;
}

static void sync_content(struct content *c, const char *path)
{
    if (c->lost)
        return;
    free(c->bytes);
    c->bytes = read_path(path, &c->len);
}

/* The content that the cut leaves of a file whose directory entry stays. */
static void blend(const struct name *name)
{
    char path[2 * PATH_MAX];
    struct content *c = content_of(name->inode);
    size_t len;
    char *now = read_path(path_of(name, path, sizeof path), &len);

    if (len > c->len && (c->len == 0 || memcmp(now, c->bytes, c->len) == 0))
        len = c->len + (len - c->len) * (size_t)model.plan.kept_percent / 100;
    free(c->bytes);
    c->bytes = now;
    c->len = len;
}

/* With the lock held, for good. */
static void cut(void)
{
    struct name *now = malloc(MAX_FILES * sizeof *now);
    char path[2 * PATH_MAX];

    check(now != NULL, "memory");
    size_t count = scan(now);

    if (model.plan.kept_percent > 0) {
        memcpy(model.name, now, count * sizeof *now);
        model.names = count;
        for (size_t i = 0; i < count; i++)
            blend(&now[i]);
    }
    for (size_t i = 0; i < count; i++)
        check(syscall(SYS_unlinkat, AT_FDCWD, path_of(&now[i], path, sizeof path), 0) == 0, path);
    for (size_t i = 0; i < model.names; i++) {
        const struct content *c = content_of(model.name[i].inode);

        write_path(path_of(&model.name[i], path, sizeof path), c->bytes, c->len);
    }
    (void)kill(getpid(), SIGKILL);
    for (;;)
        (void)syscall(SYS_pause);
}

static void moment(void)
{
    if (++model.moments == model.plan.at)
        cut();
}

/* True when this call is the one to fail; errno is set. */
static bool fails(void)
{
    if (++model.calls != model.plan.fail_at)
        return false;
    errno = model.plan.fail_errno;
    return true;
}

/* Is fd one of the modelled files, or (directory) their directory? */
static bool is_ours(int fd, bool directory)
{
    char link[64], path[2 * PATH_MAX];
    struct stat st;

    if (!model.armed || fstat(fd, &st) != 0 ||
        (st.st_mode & S_IFMT) != (directory ? (mode_t)S_IFDIR : (mode_t)S_IFREG))
        return false;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 2);

    if (len <= 0)
        return false;
    path[len] = '\0';
    if (directory) {
        if (path[len - 1] != '/')
            memcpy(path + len, "/", 2);
        return strcmp(path, model.dir) == 0;
    }
    size_t dir_len = strlen(model.dir);

    return strncmp(path, model.dir, dir_len) == 0 &&
           strncmp(path + dir_len, model.base, strlen(model.base)) == 0;
}

/* Is the name, seen from the directory at_fd, one of the modelled? */
static bool is_our_name(int at_fd, const char *name)
{
    const char *base = strrchr(name, '/');
    size_t dir_len = strlen(model.dir);

    if (!model.armed)
        return false;
    if (base == NULL)
        return at_fd != AT_FDCWD && is_ours(at_fd, true) &&
               strncmp(name, model.base, strlen(model.base)) == 0;
    return strncmp(name, model.dir, dir_len) == 0 &&
           strncmp(name + dir_len, model.base, strlen(model.base)) == 0;
}

void powercut_arm(const struct powercut_plan *plan)
{
    const char *slash = strrchr(plan->prefix, '/');

    check(slash != NULL && plan->prefix[0] == '/', "the prefix is no absolute path");
    model.plan = *plan;
    (void)snprintf(model.dir, sizeof model.dir, "%.*s", (int)(slash - plan->prefix) + 1,
                   plan->prefix);
    (void)snprintf(model.base, sizeof model.base, "%s", slash + 1);
    model.names = scan(model.name);
    for (size_t i = 0; i < model.names; i++) {
        char path[2 * PATH_MAX];

        sync_content(content_of(model.name[i].inode), path_of(&model.name[i], path, sizeof path));
    }
    model.armed = true;
}

long powercut_moments(void)
{
    return model.moments;
}

long powercut_calls(void)
{
    return model.calls;
}

__attribute__((constructor)) static void arm_from_environment(void)
{
    const char *prefix = getenv("POWERCUT_PREFIX");
    const char *at = getenv("POWERCUT_AT");
    const char *keep = getenv("POWERCUT_KEEP");

    if (prefix == NULL)
        return;
    powercut_arm(&(struct powercut_plan){
        .prefix = prefix,
        .at = at == NULL ? 0 : strtol(at, NULL, 10),
        .kept_percent = keep == NULL ? 0 : (int)strtol(keep, NULL, 10),
    });
}

/* Around each call: a moment before it, one after it. Locked from enter to leave. */
static void enter(void)
{
    (void)pthread_mutex_lock(&model.lock);
    moment();
}

static long leave(long result)
{
    int saved_errno = errno;

    moment();
    (void)pthread_mutex_unlock(&model.lock);
    errno = saved_errno;
    return result;
}

/* The interposed calls. */

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (!is_ours(fd, false))
        return syscall(SYS_write, fd, bytes, len);
    enter();
    return leave(fails() ? -1 : syscall(SYS_write, fd, bytes, len));
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    if (!is_ours(fd, false))
        return syscall(SYS_pwrite64, fd, bytes, len, at);
    enter();
    return leave(fails() ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at));
}

/* A failing one has written the half: a disk that is full. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (!is_ours(fd, false))
        return syscall(SYS_writev, fd, parts, count);
    enter();
    if (!fails())
        return leave(syscall(SYS_writev, fd, parts, count));
    int saved_errno = errno;

    (void)syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
    errno = saved_errno;
    return leave(-1);
}

static int sync_file(int fd, long number)
{
    char path[64];
    struct stat st;

    if (is_ours(fd, true)) {
        enter();
        if (fails())
            return (int)leave(-1);
        model.names = scan(model.name);
        return (int)leave(0);
    }
    if (!is_ours(fd, false))
        return (int)syscall(number, fd);
    enter();
    check(fstat(fd, &st) == 0, "fstat");
    struct content *c = content_of(st.st_ino);

    if (fails()) {
        c->lost = true;
        return (int)leave(-1);
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    sync_content(c, path);
    return (int)leave(0);
}

int fsync(int fd)
{
    return sync_file(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return sync_file(fd, SYS_fdatasync);
}

int ftruncate(int fd, off_t len)
{
    if (!is_ours(fd, false))
        return (int)syscall(SYS_ftruncate, fd, len);
    enter();
    return (int)leave(syscall(SYS_ftruncate, fd, len));
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    if (!is_our_name(from_fd, from) && !is_our_name(to_fd, to))
        return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
    enter();
    if (fails())
        return (int)leave(-1);
    if ((flags & RENAME_NOREPLACE) == 0)
        retire(to_fd, to);
    return (int)leave(syscall(SYS_renameat2, from_fd, from, to_fd, to, flags));
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int fd, const char *name, int flags)
{
    if (!is_our_name(fd, name))
        return (int)syscall(SYS_unlinkat, fd, name, flags);
    enter();
    retire(fd, name);
    return (int)leave(syscall(SYS_unlinkat, fd, name, flags));
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int openat(int at_fd, const char *name, int flags, ...)
{
    mode_t mode = 0;

    if ((flags & O_CREAT) != 0) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if ((flags & O_CREAT) == 0 || !is_our_name(at_fd, name))
        return (int)syscall(SYS_openat, at_fd, name, flags, mode);
    enter();
    return (int)leave(fails() ? -1 : syscall(SYS_openat, at_fd, name, flags, mode));
}

int open(const char *name, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;

    va_end(args);
    return openat(AT_FDCWD, name, flags, mode);
}
