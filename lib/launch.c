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

static const char *name_of(const struct launch *l)
{
    return l->helper != NULL ? l->helper->exec[0] : "the target";
}

static bool make_arguments(const struct launch *l, struct arguments *a, char *why)
{
    const char *const *words = words_of(l);

    a->count = 0;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (a->count == LAUNCH_MAX_ARGS) {
            (void)snprintf(why, LAUNCH_WHY_LEN, "exec of %s: more than %d words", name_of(l),
                           LAUNCH_MAX_ARGS);
            return false;
        }
        a->item[a->count] = target_expand(words[i], l->places, why);
        if (a->item[a->count] == NULL)
            return false;
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
    (void)snprintf(why, LAUNCH_WHY_LEN, "%s: %s (%s)", a->item[0], strerror(error),
                   l->helper != NULL ? "a helper in the target file: install it, or change it there"
                                     : "--endpoint names the program of the reference");
    return false;
}

/* --- readiness -----------------------------------------------------------------------------------
 */

/* An empty CON is answered with a Reset (RFC 7252 4.3); whatever comes back shows that it lives. */
static bool answers_ping(const struct target *t)
{
    static const uint8_t ping[] = {0x40, 0x00, 0x5e, 0xa7};
    struct pollfd fd = {socket(t->coap.addr.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), POLLIN, 0};
    uint8_t answer[16];
    bool answered = false;

    if (fd.fd < 0)
        return false;
    if (connect(fd.fd, &t->coap.addr.sa, t->coap.addr.len) == 0 &&
        send(fd.fd, ping, sizeof ping, 0) == (ssize_t)sizeof ping &&
        poll(&fd, 1, 10 * PROBE_MS) == 1)
        answered = recv(fd.fd, answer, sizeof answer, 0) >= 4;
    (void)close(fd.fd);
    return answered;
}

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

static bool is_ready(const struct launch *l)
{
    const char *ready = l->target->start.ready;

    if (l->helper != NULL)
        return !serves_broker(l->helper) || takes_tcp(l->places->broker_port);
    if (ready != NULL && strcmp(ready, "http") == 0)
        return takes_tcp(l->places->http_port);
    return l->target->coap.host == NULL || answers_ping(l->target);
}

bool launch_has_ended(struct launch *l)
{
    if (l->pid == 0 || waitpid(l->pid, NULL, WNOHANG) != l->pid)
        return l->pid == 0;
    l->pid = 0;
    return true;
}

bool launch_start(struct launch *l, char *why)
{
    int64_t limit_us = l->limit_us == 0 ? START_LIMIT_US : l->limit_us;
    int64_t end_us = clock_mono_us() + limit_us;
    struct arguments a;
    bool ok = make_arguments(l, &a, why) && spawn(l, &a, why);

    free_arguments(&a);
    while (ok && !is_ready(l)) {
        if (launch_has_ended(l)) {
            (void)snprintf(why, LAUNCH_WHY_LEN, "%s ended while it started: %s says why",
                           name_of(l), l->log_file);
            ok = false;
        } else if (clock_mono_us() >= end_us) {
            (void)snprintf(why, LAUNCH_WHY_LEN, "%s was not ready within %g s: %s", name_of(l),
                           (double)limit_us / 1e6, l->log_file);
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
