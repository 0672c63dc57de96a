#include "conformance/broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/broker_server.h"

struct broker {
    pid_t pid;
    int control_fd;
    char events_url[512];
};

static void become_broker(const struct broker_options *options, int control_fd)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    /* not in the way of ^C: what was provisioned is removed first */
    (void)setpgid(0, 0);
    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)prctl(PR_SET_NAME, "seatrial-broker");
    server_run(options, control_fd);
}

static bool take_greeting(struct broker *b, char *why)
{
    char text[2048];
    ssize_t len;

    do
        len = recv(b->control_fd, text, sizeof text, 0);
    while (len < 0 && errno == EINTR);
    json_t *json = len <= 0 ? NULL : json_loadb(text, (size_t)len, 0, NULL);
    const char *url = adapter_text(json, "events_url"), *error = adapter_text(json, "error");

    if (url != NULL)
        (void)snprintf(b->events_url, sizeof b->events_url, "%s", url);
    else
        (void)snprintf(why, BROKER_WHY_LEN, "%s", error == NULL ? "the broker has died" : error);
    bool ok = url != NULL;

    json_decref(json);
    return ok;
}

struct broker *broker_start(const struct broker_options *options, char *why)
{
    struct broker *b = xcalloc(1, sizeof *b);
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        (void)snprintf(why, BROKER_WHY_LEN, "no socket for the broker: %s", strerror(errno));
        free(b);
        return NULL;
    }
    b->control_fd = pair[0];
    b->pid = fork();
    if (b->pid == 0) {
        (void)close(pair[0]);
        free(b);
        become_broker(options, pair[1]);
    }
    (void)close(pair[1]);
    if (b->pid < 0) {
        (void)snprintf(why, BROKER_WHY_LEN, "the broker cannot be started: %s", strerror(errno));
    } else if (take_greeting(b, why)) {
        return b;
    } else {
        (void)waitpid(b->pid, NULL, 0);
    }
    (void)close(b->control_fd);
    free(b);
    return NULL;
}

pid_t broker_pid(const struct broker *b)
{
    return b->pid;
}

const char *broker_events_url(const struct broker *b)
{
    return b->events_url;
}

static bool send_fd(int control_fd, int fd, const char *name)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {(void *)(uintptr_t)name, strnlen(name, 255)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    *c = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    for (;;) {
        if (sendmsg(control_fd, &message, MSG_NOSIGNAL) >= 0)
            return true;
        if (errno != EINTR)
            return false;
    }
}

int broker_connect(struct broker *b, const char *case_name)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    bool ok = send_fd(b->control_fd, pair[1], case_name[0] == '\0' ? "?" : case_name);

    (void)close(pair[1]);
    if (ok)
        return pair[0];
    (void)close(pair[0]);
    return -1;
}

bool broker_alive(struct broker *b)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)b->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

int broker_asks_fd(const struct broker *b)
{
    return b->control_fd;
}

bool broker_asks_restart(struct broker *b)
{
    char text[64];

    return recv(b->control_fd, text, sizeof text, MSG_DONTWAIT) > 0;
}

void broker_restarted(struct broker *b, const char *why)
{
    const char *text = why == NULL ? "started" : why;
    size_t len = strnlen(text, 400); /* the broker's room is 511 */

    (void)send(b->control_fd, text, len, MSG_NOSIGNAL);
}

void broker_finish(struct broker **b, struct broker_summary *out)
{
    ssize_t len;

    *out = (struct broker_summary){0};
    (void)send((*b)->control_fd, "end", 3, MSG_NOSIGNAL);
    do /* what is shorter is a wish for a restart that nobody needs any more */
        len = recv((*b)->control_fd, out, sizeof *out, 0);
    while ((len < 0 && errno == EINTR) || (len > 0 && len < (ssize_t)sizeof *out));
    if (len != (ssize_t)sizeof *out) {
        *out = (struct broker_summary){.died = true};
        (void)snprintf(out->why, sizeof out->why, "the broker has died");
    }
    (void)close((*b)->control_fd);
    (void)waitpid((*b)->pid, NULL, 0);
    free(*b);
    *b = NULL;
}
