#include "lib/backend.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/http_client.h"

#define ANSWER_LIMIT_US (30 * US_PER_S)

enum { AGAIN_MS = 20 };

static bool is_url(const char *value)
{
    return strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0;
}

void backend_read(struct backend *b, const char *value, struct target_places *places)
{
    *b = (struct backend){.command = NULL};
    if (value != NULL && is_url(value)) {
        places->backend_url = value;
    } else if (value != NULL) {
        b->command = value;
        (void)snprintf(b->url, sizeof b->url, "http://127.0.0.1:%u", places->backend_port);
        places->backend_url = b->url;
    }
}

static void note_status(void *arg, const struct http_answer *answer)
{
    *(long *)arg = answer->status;
}

/* Does it answer one request, whatever it says? */
static bool answers(struct http_client *client, const char *url)
{
    long status = -1;

    http_client_send(client, &(struct http_request){
                                 .method = "GET", .url = url, .done = note_status, .arg = &status});
    while (status < 0) {
        http_client_work(client);
        if (status < 0)
            http_client_wait(client, NULL, 0, AGAIN_MS);
    }
    return status > 0;
}

static bool await_answer(struct backend *b, char *why)
{
    struct http_client *client = http_client_new(ANSWER_LIMIT_US);
    int64_t end_us = clock_mono_us() + ANSWER_LIMIT_US;
    bool ok = false;

    while (!ok && clock_mono_us() < end_us && !launch_has_ended(&b->launch)) {
        ok = answers(client, b->url);
        if (!ok)
            http_client_wait(client, NULL, 0, AGAIN_MS);
    }
    http_client_free(&client);
    if (!ok)
        (void)snprintf(why, LAUNCH_WHY_LEN, "the backend does not answer at %s: %s", b->url,
                       b->log_file);
    return ok;
}

bool backend_start(struct backend *b, const struct target_places *places, const char *log_file,
                   char *why)
{
    struct buf line = buf_growing();
    if (b->command == NULL)
        return true;
    buf_add_format(&line, "exec %s",
                   b->command); /* the shell splits it, and gives its place to it */
    buf_add_char(&line, '\0');
    b->log_file = xstrdup(str_from(log_file));
    b->places = *places;
    b->places.http_port = places->backend_port;
    b->words[0] = "/bin/sh";
    b->words[1] = "-c";
    b->words[2] = line.ptr;
    b->target = (struct target){.name = "backend"};
    b->target.start.exec = b->words;
    b->target.start.ready = "http";
    b->launch = (struct launch){
        .target = &b->target, .places = &b->places, .what = "--backend", .log_file = b->log_file};
    bool ok = launch_start(&b->launch, why) && await_answer(b, why);

    buf_fini(&line);
    b->words[2] = NULL;
    return ok;
}

bool backend_has_ended(struct backend *b)
{
    return b->command != NULL && b->launch.target != NULL && launch_has_ended(&b->launch);
}

void backend_stop(struct backend *b)
{
    if (b->command != NULL)
        launch_stop(&b->launch);
    free(b->log_file);
    *b = (struct backend){.command = NULL};
}
