/*
 * An adapter in any language: a child process that speaks JSON lines on its standard input and
 * output.
 *
 * The suite begins with {"protocol":"seatrial-adapter","version":1,"run":ID}; the child answers
 * {"protocol":"seatrial-adapter","version":1}. Then come requests as conformance/broker.h says,
 * each with an id of its own, and the child answers each once, in any order, with its id. What it
 * cannot do it answers with "kind":"unavailable". Unasked it may write events:
 *
 *   {"event":{a CloudEvent in its structured form}}
 *   {"event_http":{"headers":{NAME:VALUE},"body_base64":TEXT}}
 *
 * When the suite closes its input the child ends. Its standard error is the suite's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/adapter.h"
#include "lib/adapter_exec_line.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/target_where.h"

enum { MAX_LINE = 32 << 20, PART = 65536, END_POLL_MS = 10 };

static const int64_t end_timeout_us = 5 * US_PER_S;

struct waiting {
    struct waiting *next;
    struct adapter_call *call;
    int64_t id;
    int64_t deadline_us;
};

struct exec_adapter {
    struct adapter adapter;
    pid_t pid;
    int fd; /* its standard input and output; -1: it is of no use any more */
    bool greeted;
    int64_t next_id;
    int64_t deadline_us; /* of the greeting */
    struct buf out;
    size_t sent;
    struct buf in;
    struct waiting *waiting;
    char where[TARGET_WHERE_LEN]; /* its words in the target file */
    char why[ADAPTER_WHY_LEN];    /* why it is of no use */
};

static void answer(struct waiting **link, json_t *reply)
{
    struct waiting *w = *link;
    struct adapter_call *call = w->call;

    *link = w->next;
    free(w);
    call->answered(call, reply);
}

/* Nothing more can be expected of the child. */
static void give_up(struct exec_adapter *x, const char *what, const char *detail)
{
    if (x->fd < 0)
        return;
    (void)snprintf(x->why, sizeof x->why, "%s: the adapter's program %s%s", x->where, what, detail);
    (void)close(x->fd);
    x->fd = -1;
    while (x->waiting != NULL)
        answer(&x->waiting, adapter_reply_failed(ADAPTER_BROKEN, 0, "%s", x->why));
}

static void flush(struct exec_adapter *x)
{
    while (x->fd >= 0 && x->sent < x->out.len) {
        ssize_t len =
            send(x->fd, x->out.ptr + x->sent, x->out.len - x->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (len >= 0)
            x->sent += (size_t)len;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno != EINTR)
            give_up(x, "has ended: it must read its standard input until that ends", "");
    }
    buf_clear(&x->out);
    x->sent = 0;
}

static void put_line(struct exec_adapter *x, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    buf_add_str(&x->out, str_from(text));
    buf_add_char(&x->out, '\n');
    free(text);
    flush(x);
}

static void exec_call(struct adapter *a, struct adapter_call *call)
{
    struct exec_adapter *x = (struct exec_adapter *)a;

    if (x->fd < 0) {
        call->answered(call, adapter_reply_failed(ADAPTER_BROKEN, 0, "%s", x->why));
        return;
    }
    struct waiting *w = xcalloc(1, sizeof *w);
    json_t *request = json_copy(call->request);

    *w = (struct waiting){x->waiting, call, x->next_id++,
                          clock_mono_us() + x->adapter.world->timeout_us};
    x->waiting = w;
    (void)json_object_set_new(request, "id", json_integer(w->id));
    put_line(x, request);
    json_decref(request);
}

static void take_reply(struct exec_adapter *x, int64_t id, struct str text)
{
    struct waiting **link = &x->waiting;

    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    json_t *reply = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);

    if (*link == NULL || reply == NULL) {
        json_decref(reply);
        give_up(x, "answered a request that nobody made", "");
        return;
    }
    (void)json_object_del(reply, "id");
    answer(link, reply);
}

static void take_line(struct exec_adapter *x, struct str text)
{
    struct adapter_exec_line line;
    enum adapter_exec_kind kind = adapter_exec_read(text, &line);
    char shown[120];

    if (kind == ADAPTER_EXEC_GREETING && !x->greeted) {
        x->greeted = true;
    } else if (kind == ADAPTER_EXEC_REPLY && x->greeted) {
        take_reply(x, line.id, text);
    } else if (kind == ADAPTER_EXEC_EVENT && x->greeted) {
        adapter_give(x->adapter.world, &line.event, text);
    } else {
        (void)snprintf(shown, sizeof shown, "%.*s", (int)(text.len < 100 ? text.len : 100),
                       text.ptr);
        give_up(x,
                x->greeted ? "wrote a line that makes no sense (on its standard output go replies "
                             "with \"id\", and events; the rest to standard error): "
                           : "must first write {\"protocol\":\"seatrial-adapter\",\"version\":1}, "
                             "and wrote: ",
                shown);
    }
    adapter_exec_line_fini(&line);
}

static void take_lines(struct exec_adapter *x)
{
    size_t from = 0;

    while (x->fd >= 0 && from < x->in.len) {
        const char *end = memchr(x->in.ptr + from, '\n', x->in.len - from);

        if (end == NULL)
            break;
        size_t len = (size_t)(end - x->in.ptr) - from;

        if (len > 0)
            take_line(x, (struct str){x->in.ptr + from, len});
        from += len + 1;
    }
    memmove(x->in.ptr, x->in.ptr + from, x->in.len - from);
    x->in.len -= from;
    if (x->in.len > MAX_LINE)
        give_up(x, "writes a line without an end", "");
}

static void receive(struct exec_adapter *x)
{
    while (x->fd >= 0) {
        char *space = buf_reserve(&x->in, PART);
        ssize_t len = recv(x->fd, space, PART, MSG_DONTWAIT);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (len <= 0) {
            give_up(x, "has ended: it must read its standard input until that ends", "");
            return;
        }
        x->in.len += (size_t)len;
        take_lines(x);
    }
}

static size_t exec_fds(struct adapter *a, struct pollfd *fds)
{
    struct exec_adapter *x = (struct exec_adapter *)a;

    if (x->fd < 0)
        return 0;
    fds[0] =
        (struct pollfd){.fd = x->fd, .events = x->out.len > x->sent ? POLLIN | POLLOUT : POLLIN};
    return 1;
}

static int64_t exec_work(struct adapter *a, int64_t now_us)
{
    struct exec_adapter *x = (struct exec_adapter *)a;
    int64_t next_us = INT64_MAX;

    flush(x);
    receive(x);
    if (x->fd >= 0 && !x->greeted) {
        next_us = x->deadline_us;
        if (now_us >= x->deadline_us)
            give_up(x,
                    "did not answer the greeting: it reads a line, and writes and flushes "
                    "{\"protocol\":\"seatrial-adapter\",\"version\":1}",
                    "");
    }
    for (struct waiting **link = &x->waiting; *link != NULL;) {
        if (now_us >= (*link)->deadline_us) {
            answer(link, adapter_reply_failed(ADAPTER_BROKEN, 0,
                                              "%s: the adapter's program gave no answer in time",
                                              x->where));
            continue;
        }
        next_us = (*link)->deadline_us < next_us ? (*link)->deadline_us : next_us;
        link = &(*link)->next;
    }
    return next_us;
}

/* The child ends by itself when its input does; else it is ended, with all of its group. */
static void exec_free(struct adapter *a)
{
    struct exec_adapter *x = (struct exec_adapter *)a;
    int64_t end_us = clock_mono_us() + end_timeout_us;

    if (x->fd >= 0)
        (void)shutdown(x->fd, SHUT_WR);
    for (siginfo_t info = {0};
         waitid(P_PID, (id_t)x->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0 &&
         clock_mono_us() <= end_us;)
        (void)poll(NULL, 0, END_POLL_MS);
    (void)kill(-x->pid, SIGKILL); /* and what it has started */
    (void)waitpid(x->pid, NULL, 0);
    if (x->fd >= 0)
        (void)close(x->fd);
    while (x->waiting != NULL) {
        struct waiting *w = x->waiting;

        x->waiting = w->next;
        free(w);
    }
    buf_fini(&x->in);
    buf_fini(&x->out);
    free(x);
}

static int spawn(struct exec_adapter *x, const char *const *argv, int child_fd)
{
    posix_spawn_file_actions_t actions;
    int err = posix_spawn_file_actions_init(&actions);

    assert(err == 0);
    (void)posix_spawn_file_actions_adddup2(&actions, child_fd, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, child_fd, STDOUT_FILENO);
    posix_spawnattr_t group;
    int group_err = posix_spawnattr_init(&group);

    assert(group_err == 0);
    UNUSED(group_err);
    (void)posix_spawnattr_setflags(&group, POSIX_SPAWN_SETPGROUP);
    err = posix_spawnp(&x->pid, argv[0], &actions, &group, (char *const *)(uintptr_t)argv, environ);
    (void)posix_spawnattr_destroy(&group);
    (void)posix_spawn_file_actions_destroy(&actions);
    return err;
}

static void greet(struct exec_adapter *x)
{
    json_t *greeting = json_pack("{s:s, s:i, s:s}", "protocol", "seatrial-adapter", "version", 1,
                                 "run", x->adapter.world->run_id);

    x->deadline_us = clock_mono_us() + x->adapter.world->timeout_us;
    put_line(x, greeting);
    json_decref(greeting);
}

struct adapter *adapter_exec(const struct adapter_world *world, const char *section,
                             const char *const *argv, char *why)
{
    static const struct adapter_functions functions = {
        .name = "exec", .call = exec_call, .fds = exec_fds, .work = exec_work, .free = exec_free};
    struct exec_adapter *x;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        (void)snprintf(why, ADAPTER_WHY_LEN, "no socket for an adapter: %s", strerror(errno));
        return NULL;
    }
    x = xcalloc(1, sizeof *x);
    *x = (struct exec_adapter){
        .adapter = {&functions, world},
          .fd = pair[0], .next_id = 1
    };
    (void)target_where_in(world->target, section, "exec", x->where);
    x->in = x->out = buf_growing();
    int err = spawn(x, argv, pair[1]);

    (void)close(pair[1]);
    if (err == 0) {
        greet(x);
        return &x->adapter;
    }
    (void)snprintf(why, ADAPTER_WHY_LEN, "%s: %.300s cannot be started: %s%s", x->where, argv[0],
                   strerror(err),
                   err == EACCES   ? ": make it executable (chmod +x)"
                   : err == ENOENT ? ": is the path right, and is what its first line (#!) names "
                                     "there?"
                                   : "");
    (void)close(pair[0]);
    free(x);
    return NULL;
}
