/* The registry and the command API, function by function, with the real registry and bus. */
#include "reference/api_functions.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define APPS "/api/registry/v1alpha1/apps"
#define SEND "/api/command/v1alpha1/apps/"

static struct api_backend backend;
static struct api_context context;

/* --- a worker that takes every command --- */

static struct worker {
    pthread_t thread;
    struct mailbox mailbox;
    struct mail stop;
    pthread_mutex_t lock; /* guards what follows */
    size_t taken;         /* waits that it says took a command */
    size_t seen;
    struct buf last; /* app|device|name|payload */
} worker;

static void note(const struct command *c)
{
    const struct str parts[] = {c->application, c->device, c->name, c->payload};

    buf_clear(&worker.last);
    for (size_t i = 0; i < COUNT(parts); i++) {
        buf_add_str(&worker.last, i == 0 ? STR("") : STR("|"));
        buf_add_str(&worker.last, parts[i]);
    }
    worker.seen++;
}

static void *work(void *arg)
{
    struct pollfd wake = {.fd = worker.mailbox.wake_fd, .events = POLLIN};

    UNUSED(arg);
    for (;;) {
        (void)poll(&wake, 1, -1);
        for (struct mail *mail = mailbox_take(&worker.mailbox), *next; mail != NULL; mail = next) {
            next = mail->next;
            if (mail == &worker.stop)
                return NULL;
            struct command_delivery *d = CONTAINER_OF(mail, struct command_delivery, mail);

            (void)pthread_mutex_lock(&worker.lock);
            note(d->command);
            d->taken = worker.taken;
            (void)pthread_mutex_unlock(&worker.lock);
            command_delivery_done(d);
        }
    }
}

static int start(void **state)
{
    char why[REGISTRY_WHY_LEN];

    UNUSED(state);
    if (registry_open(":memory:", &backend.registry, why) != REGISTRY_OK)
        return -1;
    backend.commands = command_bus_new();
    context = (struct api_context){.backend = &backend, .metrics = metrics_new()};
    mailbox_init(&worker.mailbox);
    (void)pthread_mutex_init(&worker.lock, NULL);
    worker.last = buf_growing();
    command_bus_attach(backend.commands, &worker.mailbox);
    return pthread_create(&worker.thread, NULL, work, NULL);
}

static int stop(void **state)
{
    UNUSED(state);
    mailbox_post(&worker.mailbox, &worker.stop);
    (void)pthread_join(worker.thread, NULL);
    mailbox_fini(&worker.mailbox);
    (void)pthread_mutex_destroy(&worker.lock);
    buf_fini(&worker.last);
    command_bus_free(&backend.commands);
    registry_close(&backend.registry);
    return 0;
}

/* --- one call --- */

struct step {
    const char *call; /* METHOD target */
    const char *body;
    unsigned status;
    const char *want; /* a part of the body, or of the Location header; NULL: no body at all */
};

/* The reply is the caller's. content_type may be NULL. */
static void call(const char *what, const char *content_type, struct str body,
                 struct api_reply *reply)
{
    static char space[1024];
    struct api_request request = {.body = body};
    const char *target = strchr(what, ' ') + 1;

    request.method = (struct str){what, (size_t)(target - what) - 1};
    if (content_type != NULL) {
        request.fields.content_type = str_from(content_type);
        request.fields.content_type_count = 1;
    }
    api_reply_init(reply);
    assert_int_equal(api_target_parse(str_from(target), space, &request.target), API_TARGET_OK);
    const struct api_route *route = api_route_find(&context, &request, reply);

    if (route != NULL)
        route->answer(&context, &request, reply);
    buf_add_char(&reply->body, '\0');
}

static const char *header(const struct api_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcmp(reply->header[i].name, name) == 0)
            return reply->header[i].value;
    }
    return NULL;
}

static void run(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct step *s = &steps[i];
        struct api_reply reply;

        call(s->call, *s->body == '\0' ? NULL : "application/json", str_from(s->body), &reply);
        const char *got = reply.status == 201 ? header(&reply, "Location") : reply.body.ptr;

        if (reply.status != s->status)
            fail_msg("%s %s: %u %s", s->call, s->body, reply.status, reply.body.ptr);
        if (s->want == NULL || reply.status == 201)
            assert_int_equal(reply.body.len, 1);
        if (s->want != NULL && strstr(got, s->want) == NULL)
            fail_msg("%s %s: %u %s", s->call, s->body, reply.status, got);
        assert_true((reply.content_type != NULL) == (reply.body.len > 1));
        api_reply_fini(&reply);
    }
}

static const struct step app_steps[] = {
    {"GET " APPS,                                          "",                                                             200, "[]"                               },
    {"POST " APPS,                                         "",                                                             400, "empty"                            },
    {"POST " APPS,                                         "{",                                                            400, "line 1 column 1"                  },
    {"POST " APPS,                                         "[]",                                                           400, "object"                           },
    {"POST " APPS,                                         "{}",                                                           400, "metadata"                         },
    {"POST " APPS,                                         "{\"metadata\":{\"name\":\"\"}}",                               400, "BadRequest"                       },
    {"POST " APPS,                                         "{\"metadata\":{\"name\":\"Upper\"}}",                          400, "metadata.name"                    },
    {"POST " APPS,                                         "{\"metadata\":{\"name\":\"a b\"}}",                            400, "BadRequest"                       },
    {"POST " APPS,                                         "{\"metadata\":{\"name\":\"app1\",\"x\":1}}",                   400, "BadRequest"                       },
    {"POST " APPS,                                         "{\"metadata\":{\"name\":\"app1\",\"labels\":{\"k\":\"v\"}}}",  201,
     "/api/registry/v1alpha1/apps/app1"                                                                                                                            },
    {"POST " APPS,                                         "{\"metadata\":{\"name\":\"app1\"}}",                           409, "\"error\":\"Conflict\""           },
    {"GET " APPS,                                          "",                                                             200, "[{\"metadata\":{\"name\":\"app1\""},
    {"GET " APPS "?labels=k%3Dv&limit=1",                  "",                                                             200, "app1"                             },
    {"GET " APPS "?labels=k%3Dw",                          "",                                                             200, "[]"                               },
    {"GET " APPS "?labels=%21k",                           "",                                                             200, "[]"                               },
    {"GET " APPS "?labels=k+in+%28v%2Cw%29",               "",                                                             200, "app1"                             },
    {"GET " APPS "?labels==",                              "",                                                             400, "selector"                         },
    {"GET " APPS "?labels=a&labels=b",                     "",                                                             400, "labels"                           },
    {"GET " APPS "?limit=-1",                              "",                                                             400, "limit"                            },
    {"GET " APPS "?limit=",                                "",                                                             400, "limit"                            },
    {"GET " APPS "?limit=1x",                              "",                                                             400, "limit"                            },
    {"GET " APPS "?limit=1&limit=1",                       "",                                                             400, "limit"                            },
    {"GET " APPS "?limit=9999999999999999",                "",                                                             400, "limit"                            },
    {"GET " APPS "?offset=-1",                             "",                                                             400, "offset"                           },
    {"GET " APPS "?offset=1",                              "",                                                             200, "[]"                               },
    {"GET " APPS "?limit=999999999999999&offset=0&else=1", "",                                                             200, "app1"                             },
    {"GET " APPS "/app1",                                  "",                                                             200, "\"name\":\"app1\""                },
    {"HEAD " APPS "/app1",                                 "",                                                             200, "\"name\":\"app1\""                },
    {"GET " APPS "/app2",                                  "",                                                             404, "\"error\":\"NotFound\""           },
    {"GET " APPS "/",                                      "",                                                             404, "NotFound"                         },
    {"PUT " APPS "/app1",                                  "{\"metadata\":{\"name\":\"app1\"},\"spec\":{\"a\":1}}",        204, NULL                               },
    {"GET " APPS "/app1",                                  "",                                                             200, "\"spec\":{\"a\":1}"               },
    {"PUT " APPS "/app1",                                  "{\"metadata\":{\"name\":\"app2\"}}",                           400, "metadata.name"                    },
    {"PUT " APPS "/app1",                                  "{\"metadata\":{}}",                                            400, "BadRequest"                       },
    {"PUT " APPS "/app2",                                  "{\"metadata\":{\"name\":\"app2\"}}",                           404, "NotFound"                         },
    {"PUT " APPS "/app1",                                  "{\"metadata\":{\"name\":\"app1\",\"resourceVersion\":\"x\"}}", 409,
     "resourceVersion"                                                                                                                                             },
    {"PUT " APPS "/app1",                                  "{\"metadata\":{\"name\":\"app1\",\"uid\":\"x\"}}",             409, "uid"                              },
    {"DELETE " APPS "/app1",                               "{\"preconditions\":{\"uid\":\"x\"}}",                          409, "Conflict"                         },
    {"DELETE " APPS "/app1",                               "{\"preconditions\":{\"resourceVersion\":\"x\"}}",              409, "Conflict"                         },
    {"DELETE " APPS "/app1",                               "{\"preconditions\":{\"uid\":1}}",                              400, "preconditions"                    },
    {"DELETE " APPS "/app1",                               "{\"preconditions\":{\"uid\":\"\"}}",                           400, "preconditions"                    },
    {"DELETE " APPS "/app1",                               "{\"preconditions\":[]}",                                       400, "preconditions"                    },
    {"DELETE " APPS "/app1",                               "{",                                                            400, "line 1"                           },
    {"GET " APPS "/app1",                                  "",                                                             200, "app1"                             },
    {"DELETE " APPS "/app1",                               "{\"preconditions\":{\"uid\":null}}",                           204, NULL                               },
    {"DELETE " APPS "/app1",                               "",                                                             404, "NotFound"                         },
    {"POST " APPS,                                         "{\"metadata\":{\"name\":\"app1\"}}",                           201, "app1"                             },
    {"DELETE " APPS "/app1",                               "{}",                                                           204, NULL                               },
    {"GET " APPS,                                          "",                                                             200, "[]"                               },
};

static void applications_live_and_die(void **state)
{
    UNUSED(state);
    run(app_steps, COUNT(app_steps));
}

static const struct step device_steps[] = {
    {"POST " APPS "/app1/devices",                  "{\"metadata\":{\"application\":\"app1\",\"name\":\"d\"}}",  404,
     "ReferenceNotFound"                                                                                                                          },
    {"GET " APPS "/app1/devices",                   "",                                                          404, "NotFound"                  },
    {"POST " APPS,                                  "{\"metadata\":{\"name\":\"app1\"}}",                        201, "app1"                      },
    {"POST " APPS,                                  "{\"metadata\":{\"name\":\"app2\"}}",                        201, "app2"                      },
    {"GET " APPS "/app1/devices",                   "",                                                          200, "[]"                        },
    {"POST " APPS "/app1/devices",                  "",                                                          400, "empty"                     },
    {"POST " APPS "/app1/devices",                  "{\"metadata\":{\"name\":\"d\"}}",                           400, "application"               },
    {"POST " APPS "/app1/devices",                  "{\"metadata\":{\"application\":\"app1\"}}",                 400, "name"                      },
    {"POST " APPS "/app1/devices",                  "{\"metadata\":{\"application\":\"app2\",\"name\":\"d\"}}",  400,
     "metadata.application"                                                                                                                       },
    {"POST " APPS "/app1/devices",                  "{\"metadata\":{\"application\":\"app1\",\"name\":\"\"}}",   400,
     "name"                                                                                                                                       },
    {"POST " APPS "/app1/devices",
     "{\"metadata\":{\"application\":\"app1\",\"name\":\"a/b %\xC3\xA4\"}}",                                     201,
     "/apps/app1/devices/a%2Fb%20%25%C3%A4"                                                                                                       },
    {"GET " APPS "/app1/devices/a%2Fb%20%25%C3%A4", "",                                                          200, "\"name\":\"a/b %\xC3\xA4\""},
    {"GET " APPS "/app1/devices/a%2Fb+%25%C3%A4",   "",                                                          404, "NotFound"                  },
    {"GET " APPS "/app2/devices/a%2Fb%20%25%C3%A4", "",                                                          404, "NotFound"                  },
    {"POST " APPS "/app1/devices",
     "{\"metadata\":{\"application\":\"app1\",\"name\":\"a/b %\xC3\xA4\"}}",                                     409, "Conflict"                  },
    {"POST " APPS "/app1/devices",
     "{\"metadata\":{\"application\":\"app1\",\"name\":\"..\"},\"spec\":{\"alias\":[\"x\"]}}",                   201,
     "/devices/.."                                                                                                                                },
    {"GET " APPS "/app1/devices/..",                "",                                                          200, "\"name\":\"..\""           },
    {"GET " APPS "/app1/devices/x",                 "",                                                          404, "NotFound"                  }, /* names, not aliases */
    {"PUT " APPS "/app1/devices/..",                "{\"metadata\":{\"application\":\"app1\",\"name\":\"..\"}}",
     204,                                                                                                             NULL                        },
    {"PUT " APPS "/app1/devices/..",                "{\"metadata\":{\"application\":\"app2\",\"name\":\"..\"}}",
     400,                                                                                                             "names of the path"         },
    {"PUT " APPS "/app1/devices/..",                "{\"metadata\":{\"application\":\"app1\",\"name\":\"e\"}}",
     400,                                                                                                             "metadata.name"             },
    {"PUT " APPS "/app1/devices/e",                 "{\"metadata\":{\"application\":\"app1\",\"name\":\"e\"}}",  404,
     "NotFound"                                                                                                                                   },
    {"PUT " APPS "/app1/devices/..",
     "{\"metadata\":{\"application\":\"app1\",\"name\":\"..\",\"uid\":\"x\"}}",                                  409, "Conflict"                  },
    {"GET " APPS "/app1/devices?limit=1",           "",                                                          200, "[{\"metadata\":"           },
    {"DELETE " APPS "/app1/devices/..",             "{\"preconditions\":{\"uid\":\"x\"}}",                       409, "Conflict"                  },
    {"DELETE " APPS "/app1/devices/..",             "",                                                          204, NULL                        },
    {"DELETE " APPS "/app1/devices/..",             "",                                                          404, "NotFound"                  },
    {"GET " APPS "/app1/devices/",                  "",                                                          404, "NotFound"                  },
    {"DELETE " APPS "/app1",                        "",                                                          204, NULL                        },
    {"GET " APPS "/app1/devices/a%2Fb%20%25%C3%A4", "",                                                          404, "NotFound"                  },
    {"DELETE " APPS "/app2",                        "",                                                          204, NULL                        },
};

static void devices_live_and_die(void **state)
{
    UNUSED(state);
    run(device_steps, COUNT(device_steps));
}

static void refuses_a_body_of_another_type(void **state)
{
    static const char *const calls[] = {"POST " APPS,
                                        "PUT " APPS "/a",
                                        "DELETE " APPS "/a",
                                        "POST " APPS "/a/devices",
                                        "PUT " APPS "/a/devices/d",
                                        "DELETE " APPS "/a/devices/d"};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct api_reply reply;

        call(calls[i], "application/x-www-form-urlencoded", STR("{}"), &reply);
        if (reply.status != 415)
            fail_msg("%s: %u", calls[i], reply.status);
        assert_non_null(strstr(reply.body.ptr, "Content-Type: application/json"));
        api_reply_fini(&reply);
    }
}

/* --- lists --- */

enum { MANY = 200 };

static void make_many(void)
{
    char body[128];

    run(&(struct step){"POST " APPS, "{\"metadata\":{\"name\":\"many\"}}", 201, "many"}, 1);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(body, sizeof body,
                       "{\"metadata\":{\"application\":\"many\",\"name\":\"d%03d\"}}", i);
        run(&(struct step){"POST " APPS "/many/devices", body, 201, "/many/devices/d"}, 1);
    }
}

static void a_list_misses_nothing_while_others_delete(void **state)
{
    UNUSED(state);
    struct api_reply reply;
    struct buf all = buf_growing();
    enum api_more more = API_MORE;

    make_many();
    call("GET " APPS "/many/devices", NULL, (struct str){NULL, 0}, &reply);
    buf_add(&all, reply.body.ptr, reply.body.len - 1);
    assert_non_null(reply.pieces.next);
    run(&(struct step){"DELETE " APPS "/many/devices/d000", "", 204, NULL}, 1); /* was sent */
    run(&(struct step){"DELETE " APPS "/many/devices/d100", "", 204, NULL}, 1); /* was not */
    while (more == API_MORE)
        more = reply.pieces.next(reply.pieces.arg, &all);
    assert_int_equal(more, API_MORE_LAST);
    json_t *docs = json_loadb(all.ptr, all.len, 0, NULL);

    assert_int_equal(json_array_size(docs), MANY - 1);
    json_decref(docs);
    buf_fini(&all);
    api_reply_fini(&reply);
    run(&(struct step){"DELETE " APPS "/many", "", 204, NULL}, 1);
}

static void a_list_that_fails_midway_says_so(void **state)
{
    UNUSED(state);
    struct api_reply reply;
    struct buf more = buf_growing();

    make_many();
    call("GET " APPS "/many/devices", NULL, (struct str){NULL, 0}, &reply);
    assert_non_null(reply.pieces.next);
    run(&(struct step){"DELETE " APPS "/many", "", 204, NULL}, 1);
    assert_int_equal(reply.pieces.next(reply.pieces.arg, &more), API_MORE_FAILED);
    buf_fini(&more);
    api_reply_fini(&reply);
}

/* --- commands --- */

static void make_devices(void)
{
    static const struct step steps[] = {
        {"POST " APPS,                   "{\"metadata\":{\"name\":\"a\"}}",                       201, ""},
        {"POST " APPS "/a/devices",
         "{\"metadata\":{\"application\":\"a\",\"name\":\"d/1\"},\"spec\":{\"alias\":[\"al\"]}}", 201, ""},
        {"POST " APPS "/a/devices",
         "{\"metadata\":{\"application\":\"a\",\"name\":\"on\"},"
         "\"spec\":{\"core\":{\"disabled\":false}}}",                                             201, ""},
        {"POST " APPS "/a/devices",
         "{\"metadata\":{\"application\":\"a\",\"name\":\"off\"},"
         "\"spec\":{\"core\":{\"disabled\":true}}}",                                              201, ""},
        {"POST " APPS,
         "{\"metadata\":{\"name\":\"offapp\"},\"spec\":{\"core\":{\"disabled\":true}}}",          201, ""},
        {"POST " APPS "/offapp/devices",
         "{\"metadata\":{\"application\":\"offapp\",\"name\":\"d\"}}",                            201, ""},
    };

    run(steps, COUNT(steps));
}

#define NAME_5 "\xC3\xA4+%26"
#define LONG_50 "01234567890123456789012345678901234567890123456789"
#define LONG_255 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 "01234"
static const struct command_case {
    const char *target;
    const char *content_type;
    struct str body;
    unsigned status;
    struct str arrived; /* app|device|name|payload; empty: nothing */
} commands[] = {
    {"a/devices/d%2F1?command=go",         NULL,               {"x", 1},              202, {"a|d/1|go|x", 10}              },
    {"a/devices/on?command=go",            NULL,               {"", 0},               202, {"a|on|go|", 8}                 },
    {"a/devices/on?x=y&command=" NAME_5,
     NULL,                                                     {"\0\xFF\n", 3},
     202,                                                                                  {"a|on|\xC3\xA4 &|\0\xFF\n", 13}},
    {"a/devices/on?command=j",
     "application/json",                                       {" [1, 1e999]\n", 12},
     202,                                                                                  {"a|on|j| [1, 1e999]\n", 19}    },
    {"a/devices/on?command=j",             "text/plain",       {"{", 1},              202, {"a|on|j|{", 8}                 },
    {"a/devices/on?command=" LONG_255,     NULL,               {"", 0},               202, {"a|on|" LONG_255 "|", 261}     },
    {"a/devices/on?command=" LONG_255 "5", NULL,               {"", 0},               400, {"", 0}                         },
    {"a/devices/on?command=",              NULL,               {"", 0},               400, {"", 0}                         },
    {"a/devices/on?command",               NULL,               {"", 0},               400, {"", 0}                         },
    {"a/devices/on",                       NULL,               {"", 0},               400, {"", 0}                         },
    {"a/devices/on?command=a&command=b",   NULL,               {"", 0},               400, {"", 0}                         },
    {"none/devices/on",                    NULL,               {"", 0},               400, {"", 0}                         },
    {"none/devices/on?command=go",         NULL,               {"", 0},               406, {"", 0}                         },
    {"a/devices/none?command=go",          NULL,               {"", 0},               406, {"", 0}                         },
    {"a/devices/al?command=go",            NULL,               {"", 0},               406, {"", 0}                         }, /* an alias */
    {"a/devices/off?command=go",           NULL,               {"", 0},               406, {"", 0}                         },
    {"offapp/devices/d?command=go",        NULL,               {"", 0},               406, {"", 0}                         },
    {"a/devices/on?command=j",             "application/json", {"{", 1},              406, {"", 0}                         },
    {"a/devices/on?command=j",             "a/b+json; q=1",    {"{} x", 4},           406, {"", 0}                         },
    {"a/devices/on?command=j",             "application/json", {"", 0},               406, {"", 0}                         },
};

static void check_command(const struct command_case *c, size_t taken)
{
    struct api_reply reply;
    char what[512];
    char taken_text[24];

    (void)pthread_mutex_lock(&worker.lock);
    worker.seen = 0;
    worker.taken = taken;
    (void)pthread_mutex_unlock(&worker.lock);
    (void)snprintf(what, sizeof what, "POST " SEND "%s", c->target);
    call(what, c->content_type, c->body, &reply);
    if (reply.status != c->status)
        fail_msg("%s: %u %s", c->target, reply.status, reply.body.ptr);
    (void)pthread_mutex_lock(&worker.lock);
    assert_int_equal(worker.seen, c->status == 202 ? 1 : 0);
    if (c->status == 202 && !str_equal(buf_str(&worker.last), c->arrived))
        fail_msg("%s: %.*s", c->target, (int)worker.last.len, worker.last.ptr);
    (void)pthread_mutex_unlock(&worker.lock);
    if (c->status == 202) {
        (void)snprintf(taken_text, sizeof taken_text, "%zu", taken);
        assert_null(reply.content_type);
        assert_int_equal(reply.body.len, 1); /* our NUL */
        assert_string_equal(header(&reply, "X-Seatrial-Taken"), taken_text);
        assert_string_equal(header(&reply, "X-Seatrial-Complete"), "true");
    } else {
        assert_non_null(strstr(reply.body.ptr, "\"message\":\""));
    }
    api_reply_fini(&reply);
}

static void sends_commands_byte_for_byte(void **state)
{
    UNUSED(state);
    int64_t before = metrics_total(METRIC_COMMANDS);

    make_devices();
    for (size_t i = 0; i < COUNT(commands); i++) {
        check_command(&commands[i], 0);
        check_command(&commands[i], 3); /* status and body do not depend on waiters */
    }
    assert_int_equal(metrics_total(METRIC_COMMANDS) - before, 2 * 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applications_live_and_die),
        cmocka_unit_test(devices_live_and_die),
        cmocka_unit_test(refuses_a_body_of_another_type),
        cmocka_unit_test(a_list_misses_nothing_while_others_delete),
        cmocka_unit_test(a_list_that_fails_midway_says_so),
        cmocka_unit_test(sends_commands_byte_for_byte),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
