/*
 * A tiny HTTP client for tests: raw bytes out, one answer in. It asserts what it expects.
 */
#ifndef LIB_HTTP_TESTCLIENT_H
#define LIB_HTTP_TESTCLIENT_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/buf.h"

enum { TESTCLIENT_PATIENCE_MS = 30000 };

/* An answer; free it with testclient_forget. */
struct testclient_answer {
    int status;      /* 0: the connection ended without an answer */
    struct buf head; /* NUL-terminated */
    struct buf body; /* NUL-terminated, chunks put together */
    bool whole;      /* the body ended as its framing promised */
};

static inline int testclient_connect(const struct addr *addr)
{
    int fd = socket(addr->sa.sa_family, SOCK_STREAM, 0);

    assert(fd >= 0 && connect(fd, &addr->sa, addr->len) == 0);
    return fd;
}

/* A server may end the connection while we still send: not an error. */
static inline void testclient_send(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        at += sent;
        len -= (size_t)sent;
    }
}

/* More bytes, or false at the end. */
static inline bool testclient_receive(int fd, struct buf *to)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int ready = poll(&poll_fd, 1, TESTCLIENT_PATIENCE_MS);

    assert(ready == 1);
    ssize_t len = recv(fd, buf_reserve(to, 65536), 65536, 0);

    if (len <= 0)
        return false;
    to->len += (size_t)len;
    return true;
}

static inline const char *testclient_field(const struct testclient_answer *a, const char *name)
{
    size_t name_len = strlen(name);

    for (const char *at = strstr(a->head.ptr, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at + 2, name, name_len) == 0 && at[2 + name_len] == ':')
            return at + 2 + name_len + 2;
    }
    return NULL;
}

/* The field is there and begins with value. */
static inline bool testclient_has(const struct testclient_answer *a, const char *name,
                                  const char *value)
{
    const char *got = testclient_field(a, name);

    return got != NULL && strncmp(got, value, strlen(value)) == 0;
}

/* Takes the chunks off *raw into the body. False: more bytes are needed. */
static inline bool testclient_unchunk(const struct buf *raw, struct buf *body)
{
    size_t at = 0;

    buf_clear(body);
    for (;;) {
        const char *line_end = memmem(raw->ptr + at, raw->len - at, "\r\n", 2);

        if (line_end == NULL)
            return false;
        size_t len = (size_t)strtoull(raw->ptr + at, NULL, 16);

        at = (size_t)(line_end - raw->ptr) + 2;
        if (raw->len - at < len + 2)
            return false;
        if (len == 0)
            return true;
        buf_add(body, raw->ptr + at, len);
        at += len + 2;
    }
}

static inline bool testclient_body_done(struct testclient_answer *a, const struct buf *raw,
                                        bool head_only)
{
    const char *length = testclient_field(a, "Content-Length");

    if (head_only || a->status == 204 || a->status == 100)
        return true;
    if (testclient_has(a, "Transfer-Encoding", "chunked"))
        return testclient_unchunk(raw, &a->body);
    buf_clear(&a->body);
    buf_add(&a->body, raw->ptr, raw->len);
    assert(length == NULL || a->body.len <= strtoull(length, NULL, 10));
    return length != NULL && a->body.len == strtoull(length, NULL, 10);
}

/* Reads one answer; nothing may follow it. */
static inline void testclient_read(int fd, bool head_only, struct testclient_answer *a)
{
    struct buf raw = buf_growing();
    bool open = true;

    *a = (struct testclient_answer){.head = buf_growing(), .body = buf_growing()};
    while (open && !a->whole) {
        open = testclient_receive(fd, &raw);
        const char *end = raw.len == 0 ? NULL : memmem(raw.ptr, raw.len, "\r\n\r\n", 4);

        if (a->head.len == 0 && end != NULL) {
            size_t head_len = (size_t)(end - raw.ptr) + 4;

            buf_add(&a->head, raw.ptr, head_len - 2);
            buf_add_char(&a->head, '\0');
            a->status = (int)strtol(raw.ptr + strlen("HTTP/1.1 "), NULL, 10);
            memmove(raw.ptr, raw.ptr + head_len, raw.len - head_len);
            raw.len -= head_len;
        }
        if (a->head.len > 0)
            a->whole = testclient_body_done(a, &raw, head_only);
    }
    buf_add_char(&a->body, '\0');
    buf_fini(&raw);
}

static inline void testclient_forget(struct testclient_answer *a)
{
    buf_fini(&a->head);
    buf_fini(&a->body);
}

/* One request on a connection of its own. */
static inline void testclient_ask(const struct addr *addr, struct str request,
                                  struct testclient_answer *a)
{
    int fd = testclient_connect(addr);

    testclient_send(fd, request.ptr, request.len);
    testclient_read(fd, request.len > 5 && memcmp(request.ptr, "HEAD ", 5) == 0, a);
    (void)close(fd);
}

#endif
