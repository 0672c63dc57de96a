#include "reference/sink_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "reference/event_http.h"
#include "reference/sink_flow.h"
#include "reference/sink_http_answer.h"
#include "reference/token_file.h"

enum {
    MAX_BODY_LEN = 64 * 1024, /* of a response */
    CONNECT_PART = 4,         /* a fourth of the time is for connecting */
};

struct request {
    struct request *next; /* idle */
    CURL *easy;
    void *arg;
    size_t body_len; /* received */
    struct curl_slist header[EVENT_HTTP_HEADERS_MAX];
};

struct http_carrier {
    struct sink_carrier carrier;
    enum sink_mode mode;
    CURLM *multi;
    struct curl_slist *headers; /* of every request */
    struct request *requests;   /* the last one is for asking */
    struct request *idle;
    size_t count;
    bool asking;
};

static const struct sink_carrier_functions carrier_functions;

/* --- options -------------------------------------------------------------------------------------
 */

static bool fail(char *why, const char *what, const char *text)
{
    (void)snprintf(why, SINK_WHY_LEN, "%s: %.200s", what, text);
    return false;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

static bool check_url(const char *text, char *why)
{
    CURLU *url = curl_url();
    CURLUcode error;
    bool good = false;

    assert(url != NULL);
    error = curl_url_set(url, CURLUPART_URL, text, 0);
    if (error != CURLUE_OK)
        (void)fail(why, "sink", curl_url_strerror(error));
    else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        (void)fail(why, "sink", "no user or password in the URL: use --sink-token");
    else if (has_part(url, CURLUPART_FRAGMENT))
        (void)fail(why, "sink", "no #fragment in the URL: it would not be sent");
    else
        good = true;
    curl_url_cleanup(url);
    return good;
}

static struct http_carrier *of(struct sink_carrier *c)
{
    return CONTAINER_OF(c, struct http_carrier, carrier);
}

static bool check(const struct sink_options *options, char *why)
{
    if (options->user != NULL)
        return fail(why, "sink-user", "is for mqtt and kafka; HTTP knows --sink-token");
    return check_url(options->url, why) && sink_check_files(options, why);
}

/* --- start and end -------------------------------------------------------------------------------
 */

static size_t drop_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct request *r = arg;

    UNUSED(bytes);
    r->body_len += size * count;
    return r->body_len > MAX_BODY_LEN ? 0 : size * count;
}

/* curl_easy_setopt of an option that this libcurl has: anything else is our own bug. */
#define SET(easy, option, value)                                                                   \
    do {                                                                                           \
        CURLcode set_error = curl_easy_setopt(easy, CURLOPT_##option, value);                      \
        assert(set_error == CURLE_OK);                                                             \
        UNUSED(set_error);                                                                         \
    } while (false)

static void set_up(struct request *r, const struct sink_options *options)
{
    CURL *easy = curl_easy_init();

    assert(easy != NULL);
    r->easy = easy;
    SET(easy, URL, options->url);
    SET(easy, PROTOCOLS_STR, "http,https");
    SET(easy, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, FOLLOWLOCATION, 0L);
    SET(easy, PROXY, ""); /* not the environment's either */
    SET(easy, NOSIGNAL, 1L);
    SET(easy, QUICK_EXIT, 1L); /* a name that is being looked up keeps nobody from ending */
    SET(easy, USERAGENT, "seatrial-endpoint/" SEATRIAL_VERSION);
    SET(easy, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, CONNECTTIMEOUT_MS, (long)(options->timeout_us / US_PER_MS / CONNECT_PART + 1));
    SET(easy, WRITEFUNCTION, drop_body);
    SET(easy, WRITEDATA, r);
    SET(easy, PRIVATE, r);
    if (options->ca_file != NULL) {
        SET(easy, CAINFO, options->ca_file);
        SET(easy, CAPATH, NULL);
    }
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header)
{
    struct curl_slist *longer = curl_slist_append(list, header);

    assert(longer != NULL);
    return longer;
}

static struct curl_slist *make_headers(const char *token)
{
    char authorization[TOKEN_FILE_CAP + 32];
    /* without a value: libcurl shall not add its own */
    struct curl_slist *list = add_header(add_header(NULL, "Expect:"), "Accept:");

    list = add_header(list, "Content-Type:");
    if (*token != '\0') {
        (void)snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", token);
        list = add_header(list, authorization);
        OPENSSL_cleanse(authorization, sizeof authorization);
    }
    return list;
}

static struct http_carrier *carrier_new(const struct sink_options *options, char *why)
{
    char token[TOKEN_FILE_CAP] = "";
    size_t count = (size_t)options->connections;

    assert(options->connections > 0 && options->timeout_us > 0);
    if (options->token_file != NULL && !sink_load_token(options->token_file, token, why))
        return NULL;
    CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);

    assert(ready == CURLE_OK);
    struct http_carrier *c = xcalloc(1, sizeof *c);

    c->carrier.fn = &carrier_functions;
    c->mode = options->mode;
    c->headers = make_headers(token);
    OPENSSL_cleanse(token, sizeof token);
    c->multi = curl_multi_init();
    assert(c->multi != NULL);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)count + 1);
    c->count = count;
    c->requests = xcalloc(count + 1, sizeof *c->requests);
    for (size_t i = 0; i <= count; i++) {
        set_up(&c->requests[i], options);
        if (i == count)
            break;
        SET(c->requests[i].easy, POST, 1L);
        c->requests[i].next = c->idle;
        c->idle = &c->requests[i];
    }
    /* OPTIONS with a body to be dropped, not HEAD: receivers of events commonly know it */
    SET(c->requests[count].easy, HTTPGET, 1L);
    SET(c->requests[count].easy, CUSTOMREQUEST, "OPTIONS");
    SET(c->requests[count].easy, HTTPHEADER, c->headers);
    SET(c->requests[count].easy, TIMEOUT_MS, (long)(options->timeout_us / US_PER_MS + 1));
    return c;
}

static void carrier_free(struct sink_carrier **carrier)
{
    struct http_carrier *c = of(*carrier);

    for (size_t i = 0; i <= c->count; i++) {
        (void)curl_multi_remove_handle(c->multi, c->requests[i].easy);
        curl_easy_cleanup(c->requests[i].easy);
    }
    (void)curl_multi_cleanup(c->multi);
    for (struct curl_slist *h = c->headers; h != NULL; h = h->next)
        OPENSSL_cleanse(h->data, strlen(h->data));
    curl_slist_free_all(c->headers);
    curl_global_cleanup();
    free(c->requests);
    free(c);
    *carrier = NULL;
}

/* --- requests ------------------------------------------------------------------------------------
 */

static size_t encode(const struct sink_carrier *carrier, const struct event *e, struct buf *texts,
                     struct buf *space, struct str *body)
{
    static const char structured[] = "Content-Type: application/cloudevents+json; charset=utf-8";
    const struct http_carrier *c = (const struct http_carrier *)carrier;

    if (c->mode == SINK_BINARY) {
        *body = e->payload;
        return event_http_headers(e, texts);
    }
    buf_add(texts, structured, sizeof structured);
    event_encode(e, space);
    *body = buf_str(space);
    return 1;
}

static void begin(struct http_carrier *c, struct request *r, void *arg)
{
    r->arg = arg;
    r->body_len = 0;
    CURLMcode added = curl_multi_add_handle(c->multi, r->easy);

    assert(added == CURLM_OK);
    UNUSED(added);
}

/* libcurl's list of the letter's headers and those of every request. */
static struct curl_slist *list_headers(const struct http_carrier *c, struct request *r,
                                       const struct sink_letter *letter)
{
    const char *text = letter->texts;

    assert(letter->text_count > 0 && letter->text_count <= COUNT(r->header));
    for (size_t i = 0; i < letter->text_count; i++) {
        bool last = i + 1 == letter->text_count;

        /* libcurl does not write to them */
        r->header[i] =
            (struct curl_slist){(char *)(uintptr_t)text, last ? c->headers : &r->header[i + 1]};
        text += strlen(text) + 1;
    }
    return r->header;
}

static struct sink_request *send_letter(struct sink_carrier *carrier,
                                        const struct sink_letter *letter, void *arg)
{
    struct http_carrier *c = of(carrier);
    struct request *r = c->idle;

    if (r == NULL)
        return NULL;
    c->idle = r->next;
    SET(r->easy, HTTPHEADER, list_headers(c, r, letter));
    SET(r->easy, POSTFIELDS, letter->body.len == 0 ? "" : letter->body.ptr);
    SET(r->easy, POSTFIELDSIZE_LARGE, (curl_off_t)letter->body.len);
    begin(c, r, arg);
    return (struct sink_request *)r;
}

static bool ask(struct sink_carrier *carrier, void *arg)
{
    struct http_carrier *client = of(carrier);

    if (client->asking)
        return false;
    client->asking = true;
    begin(client, &client->requests[client->count], arg);
    return true;
}

static bool was_sent(const struct request *r)
{
    long sent = 0;

    (void)curl_easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

static void end(struct http_carrier *c, struct request *r)
{
    CURLMcode removed = curl_multi_remove_handle(c->multi, r->easy);

    assert(removed == CURLM_OK);
    UNUSED(removed);
    if (r == &c->requests[c->count]) {
        c->asking = false;
    } else {
        r->next = c->idle;
        c->idle = r;
    }
}

static bool cancel(struct sink_carrier *carrier, struct sink_request *request)
{
    struct request *r = (struct request *)request;
    bool sent = was_sent(r);

    end(of(carrier), r);
    return sent;
}

static void work(struct sink_carrier *carrier)
{
    int running;

    (void)curl_multi_perform(of(carrier)->multi, &running);
}

static void *next(struct sink_carrier *carrier, struct sink_answer *out)
{
    struct http_carrier *client = of(carrier);
    int left;
    CURLMsg *message = curl_multi_info_read(client->multi, &left);
    struct request *r = NULL;
    long status = 0;
    curl_off_t retry_after_s = 0;

    if (message == NULL)
        return NULL;
    assert(message->msg == CURLMSG_DONE);
    CURLcode error = message->data.result; /* gone with the handle */

    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
    (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(r->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    *out = sink_http_answer_of(error, status, was_sent(r));
    out->retry_after_us = retry_after_s * US_PER_S;
    end(client, r);
    return r->arg;
}

static void wait_for_work(struct sink_carrier *carrier, int wake_fd, int timeout_ms)
{
    struct curl_waitfd wake = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};

    (void)curl_multi_poll(of(carrier)->multi, &wake, 1, timeout_ms, NULL);
}

static const struct sink_carrier_functions carrier_functions = {
    .name = "http",
    .free = carrier_free,
    .encode = encode,
    .send = send_letter,
    .cancel = cancel,
    .ask = ask,
    .work = work,
    .next = next,
    .wait = wait_for_work,
};

static struct sink *open_sink(const struct sink_options *options, char *why)
{
    struct http_carrier *c = carrier_new(options, why);

    return c == NULL ? NULL : sink_flow_open(options, &c->carrier, why);
}

const struct sink_functions sink_http_functions = SINK_FLOW_FUNCTIONS(check, open_sink);
