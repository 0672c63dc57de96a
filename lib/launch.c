#include "lib/launch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/target_probe.h"
#include "lib/target_where.h"

#define START_LIMIT_US (30 * US_PER_S)
#define STOP_LIMIT_US (10 * US_PER_S)

enum { PROBE_MS = 20 };

struct arguments {
    char *item[LAUNCH_MAX_ARGS + 3];
    size_t count;
};

static void free_arguments(struct arguments *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->item[i]);
}

static const char *const *words_of(const struct launch *l)
{
    return l->helper != NULL ? l->helper->exec : l->target->start.exec;
}

/* The words' place in the target file, in space (TARGET_WHERE_LEN). */
static const char *where_of(const struct launch *l, char *space)
{
    char field[48] = "start.exec";

    if (l->what != NULL)
        return l->what;
    if (l->helper != NULL)
        (void)snprintf(field, sizeof field, "helpers[%zu].exec",
                       (size_t)(l->helper - l->target->helpers) + 1);
    return target_where(l->target, field, space);
}

static bool make_arguments(const struct launch *l, struct arguments *a, char *why)
{
    const char *const *words = words_of(l);
    char problem[TARGET_WHY_LEN], where[TARGET_WHERE_LEN];

    a->count = 0;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (a->count == LAUNCH_MAX_ARGS) {
            (void)snprintf(why, LAUNCH_WHY_LEN, "%s: more than %d words", where_of(l, where),
                           LAUNCH_MAX_ARGS);
            return false;
        }
        a->item[a->count] = target_expand(words[i], l->places, problem);
        if (a->item[a->count] == NULL) {
            (void)snprintf(why, LAUNCH_WHY_LEN, "%s: %.500s", where_of(l, where), problem);
            return false;
        }
        a->count++;
    }
    assert(a->count > 0); /* the target's reader wants a program */
    if (l->program != NULL) {
        free(a->item[0]);
        a->item[0] = xstrdup(str_from(l->program));
    }
    if (l->mutant != NULL) {
        a->item[a->count++] = xstrdup(STR("--mutant"));
        a->item[a->count++] = xstrdup(str_from(l->mutant));
    }
    a->item[a->count] = NULL;
    return true;
}

void launch_extend_path(void)
{
    char self[512];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *path = getenv("PATH");
    struct buf b = buf_growing();

    if (len <= 0)
        return;
    self[len] = '\0';
    (void)dirname(self);
    /* brokers stand where users do not look */
    buf_add_format(&b, "%s:%s/../reference:%s/../tools/kafka:%s:/usr/sbin", self, self, self,
                   path == NULL ? "/usr/bin:/bin" : path);
    buf_add_char(&b, '\0');
    (void)setenv("PATH", b.ptr, 1);
    buf_fini(&b);
}

static void child(const struct launch *l, const struct arguments *a, int error_fd)
{
    int log = open(l->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    sigset_t none;
    int error;

    (void)setpgid(0, 0);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (log >= 0) {
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
    }
    launch_extend_path();
    assert(a->count > 0 && a->item[0] != NULL);
    (void)execvp(a->item[0], a->item);
    error = errno;
    if (write(error_fd, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

static void explain_exec(const struct launch *l, const char *program, int error, char *why)
{
    char where[TARGET_WHERE_LEN];

    if (l->program != NULL && l->helper == NULL)
        (void)snprintf(why, LAUNCH_WHY_LEN, "--endpoint %.300s: %s", program, strerror(error));
    else
        (void)snprintf(why, LAUNCH_WHY_LEN, "%s: %.300s cannot be started: %s: %s",
                       where_of(l, where), program, strerror(error),
                       error == EACCES   ? "make it executable (chmod +x)"
                       : error != ENOENT ? "is it a program for this machine?"
                       : strchr(program, '/') == NULL
                           ? "install it, or write its path, as in \"./program\" for one beside "
                             "the target file"
                           : "is the path right, and is what its first line (#!) names there?");
}

/* Forks; false: the program cannot be run. */
static bool spawn(struct launch *l, const struct arguments *a, char *why)
{
    int fds[2];
    int error = 0;
    ssize_t got;

    if (pipe2(fds, O_CLOEXEC) != 0) {
        (void)snprintf(why, LAUNCH_WHY_LEN, "pipe: %s", strerror(errno));
        return false;
    }
    (void)fflush(NULL);
    l->pid = fork();
    if (l->pid == 0)
        child(l, a, fds[1]);
    (void)close(fds[1]);
    got = l->pid < 0 ? (ssize_t)sizeof error : read(fds[0], &error, sizeof error);
    (void)close(fds[0]);
    if (got != (ssize_t)sizeof error)
        return true;
    if (l->pid > 0)
        (void)waitpid(l->pid, NULL, 0);
    l->pid = 0;
    explain_exec(l, a->item[0], error, why);
    return false;
}

/* --- readiness -----------------------------------------------------------------------------------
 */

static bool takes_tcp(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool taken = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;

    if (fd >= 0)
        (void)close(fd);
    return taken;
}

/* A helper that is told the broker's port is one: it is there when it takes connections. */
static bool serves_broker(const struct target_helper *helper)
{
    for (size_t i = 0; helper->exec[i] != NULL; i++)
        if (strstr(helper->exec[i], "{broker_port}") != NULL)
            return true;
    return false;
}

static bool waits_for_http(const struct launch *l)
{
    return l->helper == NULL && l->target->start.ready != NULL &&
           strcmp(l->target->start.ready, "http") == 0;
}

static bool is_ready(const struct launch *l)
{
    const struct target *t = l->target;

    if (l->helper != NULL)
        return !serves_broker(l->helper) || takes_tcp(l->places->broker_port);
    if (waits_for_http(l))
        return takes_tcp(l->places->http_port);
    return target_probe(t->coap.host != NULL ? &t->coap : &t->coaps, t->coap.host == NULL,
                        10 * PROBE_MS * US_PER_MS) == TARGET_PROBE_ANSWERED;
}

/* What is waited for, with the field that says so. */
static void explain_waiting(const struct launch *l, struct buf *out)
{
    char where[TARGET_WHERE_LEN];
    const struct target *t = l->target;
    const struct target_address *a = t->coap.host != NULL ? &t->coap : &t->coaps;

    if (l->what != NULL)
        buf_add_format(out, "%s: nothing listens at 127.0.0.1 port %u", l->what,
                       l->places->http_port);
    else if (l->helper != NULL)
        buf_add_format(out, "%s: nothing listens at TCP port %u, {broker_port}", where_of(l, where),
                       l->places->broker_port);
    else if (waits_for_http(l))
        buf_add_format(out, "%s is \"http\", and nothing listens at 127.0.0.1 port %u, {http_port}",
                       target_where(t, "start.ready", where), l->places->http_port);
    else
        buf_add_format(out, "%s: %s at %.100s port %u is not answered",
                       target_where(t, t->coap.host != NULL ? "coap" : "coaps", where),
                       t->coap.host != NULL ? "a ping" : "a ClientHello", a->host, a->port);
}

/* The end of what the program wrote: it knows best, and the file may not be kept. */
static void add_log(const struct launch *l, struct buf *out)
{
    enum { END = 400 };
    char text[END + 1];
    FILE *f = fopen(l->log_file, "re");
    size_t len = 0;

    if (f != NULL && (fseek(f, -END, SEEK_END) == 0 || fseek(f, 0, SEEK_SET) == 0))
        len = fread(text, 1, END, f);
    if (f != NULL)
        (void)fclose(f);
    text[len] = '\0';
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    const char *line = len == END ? strchr(text, '\n') : NULL; /* the first one is cut */

    line = line == NULL ? text : line + 1;
    if (line[0] == '\0')
        buf_add_str(out, STR(" It wrote nothing."));
    else
        buf_add_format(out, " It wrote:\n%s", line);
}

static void explain_late(const struct launch *l, double limit_s, char *why)
{
    struct buf text = buf_growing();

    explain_waiting(l, &text);
    buf_add_format(&text, " %g s after the start.", limit_s);
    add_log(l, &text);
    (void)snprintf(why, LAUNCH_WHY_LEN, "%.*s", (int)text.len, text.ptr);
    buf_fini(&text);
}

static void explain_end(const struct launch *l, char *why)
{
    char where[TARGET_WHERE_LEN];
    struct buf text = buf_growing();

    buf_add_format(&text, "%s: the program ended ", where_of(l, where));
    if (WIFSIGNALED(l->status))
        buf_add_format(&text, "by signal %d", WTERMSIG(l->status));
    else
        buf_add_format(&text, "with status %d", WEXITSTATUS(l->status));
    buf_add_str(&text, STR(" before it was ready; it must stay in the foreground."));
    add_log(l, &text);
    (void)snprintf(why, LAUNCH_WHY_LEN, "%.*s", (int)text.len, text.ptr);
    buf_fini(&text);
}

bool launch_has_ended(struct launch *l)
{
    siginfo_t info = {0};

    if (l->pid == 0)
        return true;
    if (waitid(P_PID, (id_t)l->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return false;
    (void)kill(-l->pid, SIGKILL); /* what it has started itself, while the group's name is ours */
    (void)waitpid(l->pid, &l->status, 0);
    l->pid = 0;
    return true;
}

bool launch_start(struct launch *l, char *why)
{
    int64_t limit_us = l->limit_us == 0 ? START_LIMIT_US : l->limit_us;
    int64_t end_us = clock_mono_us() + limit_us;
    struct arguments a;
    bool ok = make_arguments(l, &a, why) && spawn(l, &a, why);

    l->unusable = !ok;
    free_arguments(&a);
    while (ok && !is_ready(l)) {
        if (launch_has_ended(l)) {
            explain_end(l, why);
            ok = false;
        } else if (clock_mono_us() >= end_us) {
            explain_late(l, (double)limit_us / 1e6, why);
            launch_stop(l);
            ok = false;
        } else {
            (void)poll(NULL, 0, PROBE_MS);
        }
    }
    return ok;
}

void launch_stop(struct launch *l)
{
    int64_t end_us = clock_mono_us() + STOP_LIMIT_US;

    if (l->pid == 0)
        return;
    (void)kill(l->pid, SIGTERM);
    while (!launch_has_ended(l)) {
        if (clock_mono_us() >= end_us)
            (void)kill(-l->pid, SIGKILL);
        (void)poll(NULL, 0, PROBE_MS);
    }
}
