/* The whole HTTP side over loopback sockets, with the real registry. */
#include "reference/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/http_testclient.h"
#include "lib/listen.h"
#include "reference/api_server.h"

#define HOST "Host: localhost\r\n"
#define END HOST "\r\n"
#define TOKEN "0123456789abcdef0123456789abcdef"

enum { MAX_CONNECTIONS = 4, DEVICES = 300 };

static struct config config;
static struct api_backend backend;
static struct api *api;
static _Atomic bool is_ready = true;

static bool fake_ready(void *arg, int64_t timeout_us, char *why)
{
    UNUSED(arg);
    UNUSED(timeout_us);
    (void)snprintf(why, SERVER_WHY_LEN, "the sink is down");
    return atomic_load(&is_ready);
}

static int start(void **state)
{
    char why[API_WHY_LEN];

    UNUSED(state);
    config_defaults(&config);
    config.http.count = 1;
    config.api_max_connections = MAX_CONNECTIONS;
    config.api_timeout_us = 1 * US_PER_S;
    if (!addr_parse(STR("127.0.0.1:0"), 0, &config.http.addr[0]))
        return -1;
    backend.ready = fake_ready;
    backend.commands = command_bus_new();
    if (registry_open(":memory:", &backend.registry, why) != REGISTRY_OK)
        return -1;
    api = api_start(&config, &backend, why);
    return api == NULL ? -1 : 0;
}

static int stop(void **state)
{
    UNUSED(state);
    api_stop(&api);
    registry_close(&backend.registry);
    command_bus_free(&backend.commands);
    return 0;
}

static void ask(const char *request, struct testclient_answer *a)
{
    testclient_ask(api_addr(api, 0), str_from(request), a);
}

/* --- what is answered without the registry --- */

static const struct wire_case {
    const char *request;
    int status;
    const char *field; /* "Name: value" that the answer must have; NULL: none */
    const char *body;  /* a part of it; NULL: the body is empty */
} wire[] = {
    {"GET /livez HTTP/1.1\r\n" END,                                                                 200, "Content-Type: text/plain",                "alive"                 },
    {"GET /livez HTTP/1.0\r\n" END,                                                                 200, NULL,                                      "alive"                 },
    {"GET /livez?x=1 HTTP/1.1\r\n" END,                                                             200, NULL,                                      "alive"                 },
    {"GET http://127.0.0.1:8080/livez HTTP/1.1\r\n" END,                                            200, NULL,                                      "alive"                 },
    {"HEAD /livez HTTP/1.1\r\n" END,                                                                200, "Content-Length: 6",                       NULL                    },
    {"GET /readyz HTTP/1.1\r\n" END,                                                                200, "Cache-Control: no-store",                 "ready"                 },
    {"GET /metrics HTTP/1.1\r\n" END,                                                               200, "Content-Type: text/plain; version=0.0.4",
     "seatrial_api_requests_total"                                                                                                                                          },
    {"GET / HTTP/1.1\r\n" END,                                                                      404, "Content-Type: application/json",          "\"error\":\"NotFound\""},
    {"GET /livez/ HTTP/1.1\r\n" END,                                                                404, NULL,                                      "NotFound"              },
    {"GET //livez HTTP/1.1\r\n" END,                                                                404, NULL,                                      "NotFound"              },
    {"GET /LIVEZ HTTP/1.1\r\n" END,                                                                 404, NULL,                                      "NotFound"              },
    {"GET /a/b/c/d/e/f/g/h/i HTTP/1.1\r\n" END,                                                     404, NULL,                                      "NotFound"              },
    {"POST /livez HTTP/1.1\r\nContent-Length: 0\r\n" END,                                           405, "Allow: GET, HEAD\r\n",
     "MethodNotAllowed"                                                                                                                                                     },
    {"BREW /readyz HTTP/1.1\r\n" END,                                                               405, "Allow: GET, HEAD\r\n",                    "GET"                   },
    {"PATCH /api/registry/v1alpha1/apps/a HTTP/1.1\r\nContent-Length: 2\r\n" END "{}",              405,
     "Allow: GET, HEAD, PUT, DELETE\r\n",                                                                                                           "DELETE"                },
    {"GET /api/command/v1alpha1/apps/a/devices/d HTTP/1.1\r\n" END,                                 405, "Allow: POST\r\n",                         "POST"                  },
 /* malformed */
    {"GET /%zz HTTP/1.1\r\n" END,                                                                   400, NULL,                                      "two hex digits"        },
    {"GET /livez?%ff HTTP/1.1\r\n" END,                                                             400, NULL,                                      "UTF-8"                 },
    {"GET * HTTP/1.1\r\n" END,                                                                      400, NULL,                                      "path"                  },
    {"GET /livez#x HTTP/1.1\r\n" END,                                                               400, NULL,                                      "path"                  },
    {"POST /livez HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" END "ab",                 400,
     "Connection: close",                                                                                                                           "Content-Length"        },
    {"POST /livez HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n",
     400,                                                                                                "Connection: close",                       "Transfer-Encoding"     },
    {"GET /li vez HTTP/1.1\r\n" END,                                                                400, NULL,                                      "path"                  },
    {"GET /livez HTTP/1.1\r\n\r\n",                                                                 400, "Connection: close",                       "one Host"              },
    {"GET /livez HTTP/1.1\r\nHost: evil.example\r\n" END,                                           400, NULL,                                      "one Host"              },
 /* web pages */
    {"GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n",                                           403, NULL,                                      "Forbidden"             },
    {"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",                                         403, NULL,                                      "Forbidden"             },
    {"GET /nothing HTTP/1.1\r\nHost: evil.example\r\n\r\n",                                         403, NULL,                                      "Forbidden"             },
    {"GET http://evil.example/livez HTTP/1.1\r\n" END,                                              403, NULL,                                      "Host"                  },
    {"GET /livez HTTP/1.0\r\n\r\n",                                                                 403, NULL,                                      "Host"                  },
    {"GET /livez HTTP/1.1\r\nOrigin: http://localhost\r\n" END,                                     403, NULL,                                      "Origin"                },
    {"POST /api/registry/v1alpha1/apps HTTP/1.1\r\nOrigin: null\r\nContent-Length: 2\r\n" END "{}",
     403,                                                                                                NULL,                                      "Origin"                },
};

static void answers_on_the_wire(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(wire); i++) {
        const struct wire_case *c = &wire[i];
        struct testclient_answer a;
        char name[64];

        ask(c->request, &a);
        if (a.status != c->status || !a.whole)
            fail_msg("%s: %d %s", c->request, a.status, a.body.ptr);
        if (c->field != NULL) {
            (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(c->field, ":"), c->field);
            if (!testclient_has(&a, name, c->field + strlen(name) + 2))
                fail_msg("%s: no %s in %s", c->request, c->field, a.head.ptr);
        }
        if (c->body == NULL ? a.body.len != 1 : strstr(a.body.ptr, c->body) == NULL)
            fail_msg("%s: body %s", c->request, a.body.ptr);
        testclient_forget(&a);
    }
}

static const char *const garbage[] = {
    "\r\n\r\n",
    "GET\r\n\r\n",
    "GET /livez\r\n\r\n",
    "GET /livez HTTP/9.9\r\n" END,
    "GET /livez HTTP/1.1\r\nno colon\r\n" END,
    "POST /livez HTTP/1.1\r\nContent-Length: -1\r\n" END,
    "POST /livez HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n" END,
    "POST /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END "zz\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", /* a TLS ClientHello */
};

/* Refused, closed, or waited for until the time is over: but never 2xx, and the next one is served.
 */
static void survives_garbage(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(garbage); i++) {
        struct testclient_answer a;
        struct buf raw = buf_growing(); /* not always well-formed: the library's own answers */
        int fd = testclient_connect(api_addr(api, 0));

        testclient_send(fd, garbage[i], strlen(garbage[i]));
        (void)shutdown(fd, SHUT_WR);
        while (testclient_receive(fd, &raw)) {
        }
        if (raw.len > 9 && raw.ptr[9] != '4' && raw.ptr[9] != '5')
            fail_msg("garbage %zu: %.20s", i, raw.ptr);
        buf_fini(&raw);
        (void)close(fd);
        ask(wire[0].request, &a);
        assert_int_equal(a.status, 200);
        testclient_forget(&a);
    }
}

static void limits_the_header(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    struct buf request = buf_growing();

    buf_add_str(&request, STR("GET /livez HTTP/1.1\r\n" HOST "X: "));
    for (size_t i = 0; i < 64 * 1024; i++)
        buf_add_char(&request, 'x');
    buf_add_str(&request, STR("\r\n\r\n"));
    testclient_ask(api_addr(api, 0), buf_str(&request), &a);
    assert_int_equal(a.status, 431);
    testclient_forget(&a);
    buf_fini(&request);
}

/* --- bodies --- */

static const struct body_case {
    size_t len;
    bool chunked;
    bool expect;
    int status;
} bodies[] = {
    {64 * 1024,     false, false, 400}, /* read whole, and no JSON object */
    {64 * 1024,     true,  false, 400}, /* */
    {64 * 1024 + 1, false, false, 413}, /* */
    {64 * 1024 + 1, true,  false, 413}, /* */
    {64 * 1024 + 1, false, true,  413}, /* before the body is sent */
    {1024 * 1024,   false, false, 413}, /* */
    {1024 * 1024,   true,  false, 413}, /* */
};

static void add_body(struct buf *request, size_t len, bool chunked)
{
    if (chunked)
        buf_add_format(request, "%zx\r\n", len);
    for (size_t i = 0; i < len; i++)
        buf_add_char(request, ' ');
    if (chunked)
        buf_add_str(request, STR("\r\n0\r\n\r\n"));
}

static void limits_the_body(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        const struct body_case *c = &bodies[i];
        struct testclient_answer a;
        struct buf request = buf_growing();

        buf_add_str(&request, STR("POST /api/registry/v1alpha1/apps HTTP/1.1\r\n"));
        if (c->chunked)
            buf_add_str(&request, STR("Transfer-Encoding: chunked\r\n"));
        else
            buf_add_format(&request, "Content-Length: %zu\r\n", c->len);
        buf_add_str(&request, c->expect ? STR("Expect: 100-continue\r\n" END) : STR(END));
        if (!c->expect)
            add_body(&request, c->len, c->chunked);
        testclient_ask(api_addr(api, 0), buf_str(&request), &a);
        if (a.status != c->status || !a.whole)
            fail_msg("body %zu: %d %s", i, a.status, a.body.ptr);
        testclient_forget(&a);
        buf_fini(&request);
    }
}

static void ends_an_endless_body(void **state)
{
    UNUSED(state);
    static char chunk[65536 + 9] = "10000\r\n";
    int fd = testclient_connect(api_addr(api, 0));
    struct str head = STR("POST /nothing HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END);

    memcpy(chunk + sizeof chunk - 2, "\r\n", 2);
    testclient_send(fd, head.ptr, head.len);
    size_t sent = 0;

    while (sent < 64 * sizeof chunk * 8 && send(fd, chunk, sizeof chunk, MSG_NOSIGNAL) > 0)
        sent += sizeof chunk;
    assert_true(sent < 64 * sizeof chunk * 8); /* 32 MiB: the server has gone before */
    (void)close(fd);
}

static void continues_when_asked_to(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    int fd = testclient_connect(api_addr(api, 0));
    struct str head = STR("POST /api/registry/v1alpha1/apps HTTP/1.1\r\nContent-Length: 2\r\n"
                          "Expect: 100-continue\r\n" END);

    testclient_send(fd, head.ptr, head.len);
    testclient_read(fd, false, &a);
    assert_int_equal(a.status, 100);
    testclient_forget(&a);
    testclient_send(fd, "{}", 2);
    testclient_read(fd, false, &a);
    assert_int_equal(a.status, 400);
    testclient_forget(&a);
    (void)close(fd);
}

static void serves_one_request_after_the_other(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    int fd = testclient_connect(api_addr(api, 0));

    for (size_t i = 0; i < 3; i++) {
        testclient_send(fd, wire[0].request, strlen(wire[0].request));
        testclient_read(fd, false, &a);
        assert_int_equal(a.status, 200);
        testclient_forget(&a);
    }
    /* a refusal with a small body does not end the connection, and the body is no request */
    struct str refused = STR("POST /nothing HTTP/1.1\r\nContent-Length: 40\r\n" END
                             "GET /livez HTTP/1.1\r\n" HOST "\r\n");

    testclient_send(fd, refused.ptr, refused.len);
    testclient_read(fd, false, &a);
    assert_int_equal(a.status, 404);
    testclient_forget(&a);
    testclient_send(fd, wire[0].request, strlen(wire[0].request));
    testclient_read(fd, false, &a); /* asserts one answer, not two */
    assert_int_equal(a.status, 200);
    testclient_forget(&a);
    (void)close(fd);
}

/* --- lists --- */

static void fill(void)
{
    char why[REGISTRY_WHY_LEN];
    char name[64];
    json_t *app = json_pack("{s:{s:s}}", "metadata", "name", "many");

    assert_int_equal(registry_app_create(backend.registry, app, why), REGISTRY_OK);
    json_decref(app);
    for (int i = 0; i < DEVICES; i++) {
        (void)snprintf(name, sizeof name, "device-%04d", i);
        json_t *device = json_pack("{s:{s:s,s:s,s:{s:s}}}", "metadata", "name", name, "application",
                                   "many", "labels", "half", i % 2 ? "b" : "a");

        assert_int_equal(registry_device_create(backend.registry, device, why), REGISTRY_OK);
        json_decref(device);
    }
}

static const struct list_case {
    const char *query;
    int count;
    const char *first; /* NULL: the list is empty */
} lists[] = {
    {"",                                  DEVICES,     "device-0000"},
    {"?limit=0",                          0,           NULL         },
    {"?limit=1",                          1,           "device-0000"},
    {"?limit=64",                         64,          "device-0000"},
    {"?limit=65",                         65,          "device-0000"},
    {"?limit=128&offset=10",              128,         "device-0010"},
    {"?offset=299",                       1,           "device-0299"},
    {"?offset=300",                       0,           NULL         },
    {"?offset=172",                       128,         "device-0172"},
    {"?limit=1000&offset=200",            100,         "device-0200"},
    {"?labels=half%3Db",                  DEVICES / 2, "device-0001"},
    {"?labels=half=b&offset=1&limit=100", 100,         "device-0003"},
    {"?labels=half=c",                    0,           NULL         },
};

static void sends_lists_of_any_length(void **state)
{
    UNUSED(state);
    fill();
    for (size_t i = 0; i < COUNT(lists); i++) {
        const struct list_case *c = &lists[i];
        char request[256];
        struct testclient_answer a;

        (void)snprintf(request, sizeof request,
                       "GET /api/registry/v1alpha1/apps/many/devices%s HTTP/1.1\r\n" END, c->query);
        ask(request, &a);
        if (a.status != 200 || !a.whole)
            fail_msg("%s: %d %s", c->query, a.status, a.body.ptr);
        json_t *docs = json_loads(a.body.ptr, 0, NULL);

        if ((int)json_array_size(docs) != c->count)
            fail_msg("%s: %zu", c->query, json_array_size(docs));
        const char *first = json_string_value(
            json_object_get(json_object_get(json_array_get(docs, 0), "metadata"), "name"));

        if (c->first == NULL)
            assert_null(first);
        else
            assert_string_equal(first, c->first);
        json_decref(docs);
        testclient_forget(&a);
    }
}

static void sends_long_lists_without_chunks_too(void **state)
{
    UNUSED(state);
    struct testclient_answer a;

    ask("HEAD /api/registry/v1alpha1/apps/many/devices HTTP/1.1\r\n" END, &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body.len, 1);
    testclient_forget(&a);
    /* RFC 9112 6.1: HTTP/1.0 knows no chunks, the end of the connection is the end of the list */
    ask("GET /api/registry/v1alpha1/apps/many/devices HTTP/1.0\r\n" END, &a);
    assert_int_equal(a.status, 200);
    assert_null(testclient_field(&a, "Transfer-Encoding"));
    json_t *docs = json_loads(a.body.ptr, 0, NULL);

    assert_int_equal(json_array_size(docs), DEVICES);
    json_decref(docs);
    testclient_forget(&a);
}

/* --- health --- */

static void tells_why_it_is_not_ready(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    int64_t until_us = clock_mono_us() + 30 * US_PER_S;

    atomic_store(&is_ready, false);
    do { /* the verdict of the last second is repeated */
        ask("GET /readyz HTTP/1.1\r\n" END, &a);
        if (a.status == 200)
            testclient_forget(&a);
    } while (a.status == 200 && clock_mono_us() < until_us);
    assert_int_equal(a.status, 503);
    assert_string_equal(a.body.ptr, "not ready: the sink is down\n");
    testclient_forget(&a);
    ask(wire[0].request, &a);
    assert_int_equal(a.status, 200); /* alive all the same */
    testclient_forget(&a);
    atomic_store(&is_ready, true);
}

/* --- a server that wants the token --- */

static const struct token_case {
    const char *request;
    int status;
    const char *body;
} tokens[] = {
    {"GET /livez HTTP/1.1\r\nHost: any.example\r\n\r\n",                                     200, "alive\n"      },
    {"GET /readyz HTTP/1.1\r\nHost: any.example\r\n\r\n",                                    503, "not ready\n"  },
    {"GET /readyz HTTP/1.1\r\nAuthorization: Bearer " TOKEN "\r\n" END,                      503,
     "not ready: the sink is down\n"                                                                             },
    {"GET /metrics HTTP/1.1\r\n" END,                                                        401, "Forbidden"    },
    {"GET /nothing HTTP/1.1\r\n" END,                                                        401, "Forbidden"    },
    {"POST /livez HTTP/1.1\r\nContent-Length: 0\r\n" END,                                    401, "Forbidden"    },
    {"GET /%zz HTTP/1.1\r\n" END,                                                            401, "Forbidden"    },
    {"GET /metrics HTTP/1.1\r\nAuthorization: Bearer " TOKEN "\r\n" END,                     200, "seatrial_"    },
    {"GET /metrics HTTP/1.1\r\nAuthorization: Bearer " TOKEN "\r\nOrigin: http://x\r\n" END, 200,
     "seatrial_"                                                                                                 },
    {"GET /metrics HTTP/1.1\r\nAuthorization: Bearer x" TOKEN "\r\n" END,                    403, "Forbidden"    },
    {"GET /metrics HTTP/1.1\r\nAuthorization: Basic " TOKEN "\r\n" END,                      403, "Forbidden"    },
    {"GET /metrics HTTP/1.1\r\nAuthorization: Bearer " TOKEN "\r\nAuthorization: Bearer " TOKEN
     "\r\n" END,
     403,                                                                                         "more than one"},
    {"GET /metrics?token=" TOKEN " HTTP/1.1\r\n" END,                                        403, "query"        },
    {"GET /api/registry/v1alpha1/apps HTTP/1.1\r\n" END,                                     401, "Forbidden"    },
    {"POST /api/registry/v1alpha1/apps HTTP/1.1\r\nContent-Length: 2\r\n" END "{}",          401,
     "Forbidden"                                                                                                 },
    {"GET /api/registry/v1alpha1/apps HTTP/1.1\r\nAuthorization: bearer " TOKEN "\r\n" END,  200,
     "["                                                                                                         },
};

static const struct listen_words words = {"HTTP API", "--http"};

static void wants_the_token_off_loopback(void **state)
{
    UNUSED(state);
    struct api_context context = {
        .backend = &backend, .ready = api_ready_new(&backend), .metrics = metrics_new()};
    char why[API_WHY_LEN];
    struct addr bound;
    int fd = listen_open(&config.http.addr[0], &words, &bound, why);

    assert_true(fd >= 0);
    struct api_secret secret;

    api_secret_init(&secret);
    api_secret_set(&secret, TOKEN);
    struct api_server *server = api_server_start(fd, &secret, &config, &context);

    assert_non_null(server);
    atomic_store(&is_ready, false);
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct testclient_answer a;

        testclient_ask(&bound, str_from(tokens[i].request), &a);
        if (a.status != tokens[i].status || strstr(a.body.ptr, tokens[i].body) == NULL)
            fail_msg("%s: %d %s", tokens[i].request, a.status, a.body.ptr);
        if (a.status == 401)
            assert_true(testclient_has(&a, "WWW-Authenticate", "Bearer realm="));
        testclient_forget(&a);
    }
    atomic_store(&is_ready, true);
    api_server_stop(&server);
    api_secret_fini(&secret);
    api_ready_free(&context.ready);
}

static void does_not_start_without_a_token_file(void **state)
{
    UNUSED(state);
    struct config open = config;
    char why[API_WHY_LEN];

    open.api_token_file = "/nonexistent/api-token";
    assert_true(addr_parse(STR("0.0.0.0:0"), 0, &open.http.addr[0]));
    assert_null(api_start(&open, &backend, why));
    assert_non_null(strstr(why, "/nonexistent/api-token"));
}

static void says_that_the_port_is_in_use(void **state)
{
    UNUSED(state);
    struct config second = config;
    char why[API_WHY_LEN];
    char text[ADDR_TEXT_LEN];

    second.http.addr[0] = *api_addr(api, 0);
    assert_null(api_start(&second, &backend, why));
    assert_non_null(strstr(why, addr_format(api_addr(api, 0), text)));
    assert_non_null(strstr(why, "in use"));
    assert_non_null(strstr(why, "--http"));
}

/* --- connections --- */

static void an_idle_connection_ends(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    int fd = testclient_connect(api_addr(api, 0));

    testclient_send(fd, "GET /li", 7);
    testclient_read(fd, false, &a); /* returns when the server closes */
    assert_true(a.status == 0 || a.status == 408);
    testclient_forget(&a);
    (void)close(fd);
}

static void refuses_one_connection_too_many(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    int fds[MAX_CONNECTIONS];

    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = testclient_connect(api_addr(api, 0));
    ask("GET /api/registry/v1alpha1/apps HTTP/1.1\r\n" END, &a);
    assert_int_equal(a.status, 503);
    assert_true(testclient_has(&a, "Connection", "close"));
    assert_non_null(strstr(a.body.ptr, "--api-max-connections"));
    testclient_forget(&a);
    ask(wire[0].request, &a); /* but it is alive */
    assert_int_equal(a.status, 200);
    testclient_forget(&a);
    for (size_t i = 0; i < COUNT(fds); i++)
        (void)close(fds[i]);
}

static void stops_with_open_connections(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    struct str upload = STR("POST /nothing HTTP/1.1\r\nContent-Length: 5\r\n" END "abc");
    int idle = testclient_connect(api_addr(api, 0));
    int half = testclient_connect(api_addr(api, 0));
    int64_t begin_us = clock_mono_us();

    testclient_send(half, upload.ptr, upload.len);
    ask(wire[0].request, &a);
    testclient_forget(&a);
    api_stop(&api);
    assert_null(api);
    assert_true(clock_mono_us() - begin_us < 10 * US_PER_S);
    (void)close(idle);
    (void)close(half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_on_the_wire),
        cmocka_unit_test(survives_garbage),
        cmocka_unit_test(limits_the_header),
        cmocka_unit_test(limits_the_body),
        cmocka_unit_test(ends_an_endless_body),
        cmocka_unit_test(continues_when_asked_to),
        cmocka_unit_test(serves_one_request_after_the_other),
        cmocka_unit_test(sends_lists_of_any_length),
        cmocka_unit_test(sends_long_lists_without_chunks_too),
        cmocka_unit_test(tells_why_it_is_not_ready),
        cmocka_unit_test(wants_the_token_off_loopback),
        cmocka_unit_test(does_not_start_without_a_token_file),
        cmocka_unit_test(says_that_the_port_is_in_use),
        cmocka_unit_test(an_idle_connection_ends),
        cmocka_unit_test(refuses_one_connection_too_many),
        cmocka_unit_test(stops_with_open_connections),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
