#include "lib/http_client.h"

#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "lib/buf.h"

enum { MAX_BODY = 16 << 20 };

/* One on its way. */
struct running {
    struct running *next;
    struct running **link; /* to this */
    CURL *easy;
    struct curl_slist *headers;
    struct buf sent;
    struct buf got;
    char error[CURL_ERROR_SIZE];
    void (*done)(void *arg, const struct http_answer *answer);
    void *arg;
};

struct http_client {
    CURLM *multi;
    int64_t timeout_us;
    struct running *running;
};

struct http_client *http_client_new(int64_t timeout_us)
{
    struct http_client *c = xcalloc(1, sizeof *c);
    CURLcode err = curl_global_init(CURL_GLOBAL_DEFAULT);

    c->multi = curl_multi_init();
    assert(err == CURLE_OK && c->multi != NULL);
    UNUSED(err);
    c->timeout_us = timeout_us;
    return c;
}

static void running_release(struct http_client *c, struct running *r)
{
    (void)curl_multi_remove_handle(c->multi, r->easy);
    curl_easy_cleanup(r->easy);
    curl_slist_free_all(r->headers);
    buf_fini(&r->sent);
    buf_fini(&r->got);
    free(r);
}

static void running_free(struct http_client *c, struct running *r)
{
    *r->link = r->next;
    if (r->next != NULL)
        r->next->link = r->link;
    running_release(c, r);
}

void http_client_free(struct http_client **c)
{
    if (*c == NULL)
        return;
    for (struct running *r = (*c)->running, *next; r != NULL; r = next) {
        next = r->next;
        running_release(*c, r);
    }
    (void)curl_multi_cleanup((*c)->multi);
    curl_global_cleanup();
    free(*c);
    *c = NULL;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct running *r = arg;

    if (r->got.len + size * count > MAX_BODY)
        return 0;
    buf_add(&r->got, bytes, size * count);
    return size * count;
}

static void add_header(struct running *r, const char *name, const char *value)
{
    struct buf line = buf_growing();

    buf_add_format(&line, "%s%s", name, value);
    buf_add_char(&line, '\0');
    r->headers = curl_slist_append(r->headers, line.ptr);
    assert(r->headers != NULL);
    buf_fini(&line);
}

static void set_headers(struct running *r, const struct http_request *request)
{
    /* "Name:" with nothing behind it: libcurl's own is not sent */
    add_header(r, "Expect:", "");
    if (request->content_type == NULL)
        add_header(r, "Content-Type:", "");
    else
        add_header(r, "Content-Type: ", request->content_type);
    if (request->authorization != NULL)
        add_header(r, "Authorization: ", request->authorization);
    (void)curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
}

static void set_body(struct running *r, const struct http_request *request)
{
    bool sends = request->body.len > 0 || strcmp(request->method, "POST") == 0 ||
                 strcmp(request->method, "PUT") == 0;

    buf_add_str(&r->sent, request->body);
    buf_add_char(&r->sent, '\0');
    if (sends) {
        (void)curl_easy_setopt(r->easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        (void)curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->sent.ptr);
    }
    (void)curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

void http_client_send(struct http_client *c, const struct http_request *request)
{
    struct running *r = xcalloc(1, sizeof *r);
    int64_t timeout_ms = c->timeout_us / US_PER_MS;

    r->easy = curl_easy_init();
    assert(r->easy != NULL);
    r->done = request->done;
    r->arg = request->arg;
    r->sent = r->got = buf_growing();
    set_headers(r, request);
    set_body(r, request);
    (void)curl_easy_setopt(r->easy, CURLOPT_URL, request->url);
    (void)curl_easy_setopt(r->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(r->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(r->easy, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(r->easy, CURLOPT_TIMEOUT_MS, (long)(timeout_ms < 1 ? 1 : timeout_ms));
    if (request->ca != NULL)
        (void)curl_easy_setopt(r->easy, CURLOPT_CAINFO, request->ca);
    (void)curl_easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->error);
    (void)curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    (void)curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
    r->next = c->running;
    r->link = &c->running;
    if (r->next != NULL)
        r->next->link = &r->next;
    c->running = r;
    CURLMcode err = curl_multi_add_handle(c->multi, r->easy);

    assert(err == CURLM_OK);
    UNUSED(err);
}

static void finish(struct http_client *c, struct running *r, CURLcode result)
{
    struct http_answer answer = {.error = ""};
    const char *type = NULL;

    if (result != CURLE_OK) {
        answer.error = r->error[0] != '\0' ? r->error : curl_easy_strerror(result);
    } else {
        (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &answer.status);
        (void)curl_easy_getinfo(r->easy, CURLINFO_CONTENT_TYPE, &type);
        answer.content_type = type == NULL ? (struct str){NULL, 0} : str_from(type);
        answer.body = buf_str(&r->got);
    }
    r->done(r->arg, &answer);
    running_free(c, r);
}

void http_client_work(struct http_client *c)
{
    const CURLMsg *message;
    int count;

    (void)curl_multi_perform(c->multi, &count);
    while ((message = curl_multi_info_read(c->multi, &count)) != NULL) {
        char *r;
        CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
        finish(c, (struct running *)(void *)r, result);
    }
}

void http_client_wait(struct http_client *c, struct pollfd *fds, size_t count, int timeout_ms)
{
    struct curl_waitfd *wait = xcalloc(count + 1, sizeof *wait);

    for (size_t i = 0; i < count; i++)
        wait[i] = (struct curl_waitfd){
            .fd = fds[i].fd,
            .events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                              (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0))};
    (void)curl_multi_poll(c->multi, wait, (unsigned)count, timeout_ms, NULL);
    for (size_t i = 0; i < count; i++)
        fds[i].revents = (short)((wait[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0) |
                                 (wait[i].revents & CURL_WAIT_POLLOUT ? POLLOUT : 0));
    free(wait);
}
