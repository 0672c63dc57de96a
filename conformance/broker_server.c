#include "conformance/broker_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/clock.h"

/* Towards the target; longer where the clock runs faster. */
static const int64_t call_timeout_us = 10 * US_PER_S;
/* When the run is over. */
static const int64_t finish_timeout_us = 30 * US_PER_S;

void server_note(struct server *s, const char *format, ...)
{
    va_list args;

    if (s->summary.why[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(s->summary.why, sizeof s->summary.why, format, args);
    va_end(args);
}

/* ---- events ---- */

static void add_base64(struct buf *out, const char *name, struct str bytes)
{
    buf_add_format(out, ",\"%s\":\"", name);
    base64_encode(out, bytes.ptr, bytes.len);
    buf_add_char(out, '"');
}

static void add_attributes(struct buf *out, const struct cloudevent *e)
{
    for (size_t i = 0; i < e->attribute_count; i++) {
        const struct cloudevent_attribute *a = &e->attribute[i];

        if (i > 0)
            buf_add_char(out, ',');
        json_walk_quote(out, a->name);
        buf_add_char(out, ':');
        if (a->type == CLOUDEVENT_STRING)
            json_walk_quote(out, a->value);
        else
            buf_add_str(out, a->value);
    }
}

static void add_faults(struct buf *out, const struct cloudevent *e)
{
    for (size_t i = 0; i < e->fault_count; i++) {
        buf_add_str(out, i == 0 ? STR("{\"attribute\":") : STR(",{\"attribute\":"));
        json_walk_quote(out, str_from(e->fault[i].attribute));
        buf_add_str(out, STR(",\"text\":"));
        json_walk_quote(out, str_from(e->fault[i].text));
        buf_add_char(out, '}');
    }
}

/* The event as broker.h describes it. */
static struct buf encode_event(const struct cloudevent *e, struct str raw)
{
    struct buf out = buf_growing();

    buf_add_format(&out, "{\"event\":{\"mode\":\"%s\",\"attributes\":{",
                   cloudevent_mode_name(e->mode));
    add_attributes(&out, e);
    buf_add_format(&out, "},\"data\":\"%s\"", cloudevent_data_name(e->data_kind));
    add_base64(&out, "data_base64", e->data);
    if (e->data_kind == CLOUDEVENT_TEXT) {
        buf_add_str(&out, STR(",\"data_raw\":"));
        json_walk_quote(&out, e->data_raw);
    }
    buf_add_str(&out, STR(",\"faults\":["));
    add_faults(&out, e);
    buf_add_char(&out, ']');
    add_base64(&out, "raw_base64", raw);
    buf_add_format(&out, "},\"at_us\":%lld}", (long long)clock_mono_us());
    return out;
}

static void keep_stray(struct server *s, struct str text)
{
    FILE *f = s->options->strays_file == NULL ? NULL : fopen(s->options->strays_file, "ae");

    if (f == NULL)
        return;
    (void)fprintf(f, "%.*s\n", (int)text.len, text.ptr);
    (void)fclose(f);
}

/* Of equally good ones the youngest, and a running case before one that has ended. */
static struct conn *find_owner(struct server *s, const struct cloudevent *e, struct str raw)
{
    struct conn *owner = NULL;
    enum route_fit best = ROUTE_NONE;

    for (size_t i = s->conn_count; i-- > 0;) {
        struct conn *c = s->conn[i];
        /* only names are sought of cases that have ended: there may be thousands */
        enum route_fit fit = route_fit(&c->names, e, c->fd >= 0 ? raw : (struct str){NULL, 0});

        if (fit > best || (fit == best && fit != ROUTE_NONE && c->fd >= 0 && owner->fd < 0)) {
            best = fit;
            owner = c;
        }
    }
    return owner;
}

/* Drogue's registry tells applications of changes in the same stream (io.drogue.registry.v1). */
static bool is_of_devices(const struct cloudevent *e)
{
    const struct cloudevent_attribute *type = cloudevent_find(e, "type");

    return type == NULL || !(str_equal(type->value, STR("io.drogue.registry.v1")) ||
                             str_equal(type->value, STR("io.drogue.connection.v1")));
}

void server_event(void *arg, const struct cloudevent *e, struct str raw)
{
    struct server *s = arg;
    struct conn *owner = find_owner(s, e, raw);

    if (owner == NULL && !is_of_devices(e))
        return;
    if (owner != NULL && owner->fd < 0) {
        s->summary.late++;
        return;
    }
    struct buf text = encode_event(e, raw);

    if (owner == NULL) {
        s->summary.strays++;
        server_note(s, "an event of no case: %.*s", (int)(raw.len < 300 ? raw.len : 300), raw.ptr);
        keep_stray(s, buf_str(&text));
    } else {
        frame_put(&owner->out, buf_str(&text));
    }
    buf_fini(&text);
}

/* ---- adapters ---- */

static void say_ready(struct server *s)
{
    char url[512];
    json_t *text;

    adapter_set_events_url(&s->adapters, url, sizeof url);
    text = json_pack("{s:b, s:s}", "ok", 1, "events_url", url);
    char *json = json_dumps(text, JSON_COMPACT);

    (void)send(s->control_fd, json, strlen(json), MSG_NOSIGNAL);
    free(json);
    json_decref(text);
}

/* ---- connections ---- */

static void add_conn(struct server *s, int fd, const char *name)
{
    struct conn *c = xcalloc(1, sizeof *c);

    c->fd = fd;
    c->name = xstrdup(str_from(name));
    if (s->conn_count == s->conn_cap) {
        s->conn_cap = s->conn_cap == 0 ? 64 : 2 * s->conn_cap;
        s->conn = xrealloc(s->conn, s->conn_cap * sizeof *s->conn);
    }
    s->conn[s->conn_count++] = c;
}

static void end_conn(struct server *s, struct conn *c)
{
    (void)close(c->fd);
    c->fd = -1;
    frame_reader_fini(&c->in);
    frame_writer_fini(&c->out);
    server_clean(s, c);
}

static void serve_conn(struct server *s, struct conn *c, short revents)
{
    enum broker_got got = BROKER_NOTHING;
    struct str text;

    if ((revents & POLLIN) != 0)
        while ((got = frame_read(c->fd, &c->in, &text)) == BROKER_MESSAGE)
            server_request(s, c, text);
    if (got == BROKER_GONE || !frame_flush(c->fd, &c->out))
        end_conn(s, c);
}

static void finish(struct server *s)
{
    s->finishing = true;
    for (size_t i = 0; i < s->conn_count; i++)
        if (s->conn[i]->fd >= 0)
            end_conn(s, s->conn[i]);
}

/* A connection (its descriptor comes along), word of a restart, or the end. */
static void serve_control(struct server *s)
{
    char text[512];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t len = recvmsg(s->control_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    const struct cmsghdr *c = len <= 0 ? NULL : CMSG_FIRSTHDR(&message);

    text[len <= 0 ? 0 : len] = '\0';
    if (c != NULL && c->cmsg_type == SCM_RIGHTS) {
        int fd;

        memcpy(&fd, CMSG_DATA(c), sizeof fd);
        add_conn(s, fd, text);
    } else if (len <= 0 || strcmp(text, "end") == 0) {
        finish(s);
    } else {
        server_restarted(s, text);
    }
}

/* ---- the loop ---- */

static size_t gather(struct server *s, struct pollfd *fds)
{
    size_t count = 0;

    fds[count++] = (struct pollfd){.fd = s->control_fd, .events = s->finishing ? 0 : POLLIN};
    for (size_t i = 0; i < s->conn_count; i++) {
        struct conn *c = s->conn[i];

        if (c->fd >= 0)
            fds[count++] = (struct pollfd){
                .fd = c->fd, .events = frame_is_empty(&c->out) ? POLLIN : POLLIN | POLLOUT};
    }
    return count;
}

/* The first count of fds are gather's. */
static void serve(struct server *s, const struct pollfd *fds)
{
    size_t at = 1, conns = s->conn_count;

    for (size_t i = 0; i < conns; i++)
        if (s->conn[i]->fd >= 0)
            serve_conn(s, s->conn[i], fds[at++].revents);
    if (!s->finishing && fds[0].revents != 0)
        serve_control(s);
}

static int64_t work_adapters(struct server *s)
{
    int64_t next_us = adapter_set_work(&s->adapters, clock_mono_us());

    for (size_t i = 0; i < s->conn_count; i++)
        if (s->conn[i]->fd >= 0 && !frame_flush(s->conn[i]->fd, &s->conn[i]->out))
            end_conn(s, s->conn[i]);
    return next_us;
}

static void turn(struct server *s)
{
    int64_t next_us = work_adapters(s), now_us = clock_mono_us();
    int64_t wait_us = next_us > now_us + US_PER_S ? US_PER_S : next_us - now_us;
    struct pollfd *fds = xcalloc(s->conn_count + 1 + ADAPTER_SET_MAX_FDS, sizeof *fds);
    size_t count = gather(s, fds);

    count += adapter_set_fds(&s->adapters, fds + count);
    http_client_wait(s->adapters.world.http, fds, count,
                     wait_us < 0 ? 0 : (int)((wait_us + US_PER_MS - 1) / US_PER_MS));
    serve(s, fds);
    server_ask_restart(s);
    free(fds);
}

static void conn_free(struct conn *c)
{
    frame_reader_fini(&c->in);
    frame_writer_fini(&c->out);
    route_fini(&c->names);
    for (size_t i = 0; i < c->made_count; i++) {
        free(c->made[i].application);
        free(c->made[i].device);
    }
    free(c->made);
    free(c->name);
    free(c);
}

static void close_all(struct server *s)
{
    adapter_set_close(&s->adapters);
    for (size_t i = 0; i < s->conn_count; i++)
        conn_free(s->conn[i]);
    free(s->conn);
}

static bool open_all(struct server *s)
{
    char why[ADAPTER_WHY_LEN] = "";

    if (adapter_set_open(&s->adapters, ADAPTER_ALL, why))
        return true;
    json_t *text = json_pack("{s:b, s:s}", "ok", 0, "error", why);
    char *json = json_dumps(text, JSON_COMPACT);

    (void)send(s->control_fd, json, strlen(json), MSG_NOSIGNAL);
    free(json);
    json_decref(text);
    return false;
}

void server_run(const struct broker_options *options, int control_fd)
{
    struct server s = {.options = options, .control_fd = control_fd};
    double speed = options->speed > 1 ? options->speed : 1;
    int64_t timeout_us = (int64_t)((double)call_timeout_us * speed), end_us = 0;

    s.adapters.world = (struct adapter_world){.target = options->target,
                                              .run_id = options->run_id,
                                              .timeout_us = timeout_us,
                                              .event = server_event,
                                              .arg = &s};
    if (open_all(&s)) {
        say_ready(&s);
        while (!s.finishing)
            turn(&s);
        end_us = clock_mono_us() + (int64_t)((double)finish_timeout_us * speed);
        while (s.pending > 0 && clock_mono_us() < end_us)
            turn(&s);
        s.summary.left += s.pending;
        (void)send(control_fd, &s.summary, sizeof s.summary, MSG_NOSIGNAL);
    }
    close_all(&s);
    _exit(0);
}
