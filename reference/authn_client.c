#include "reference/authn_client.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "lib/clock.h"
#include "lib/http_client.h"
#include "lib/log.h"
#include "reference/authn_question.h"
#include "reference/token_file.h"

enum { URL_LEN = 1024, MAX_SLEEP_MS = 60 * 1000 };

struct authn_client {
    struct authn_client_options options;
    char url[3][URL_LEN];                   /* by call */
    char authorization[TOKEN_FILE_CAP + 8]; /* empty: none */
    struct metrics *metrics;
    struct mailbox wake; /* new jobs, or the end */
    struct mail news;
    bool has_news; /* news is in the mailbox */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below, and the home of every job */
    bool stop;
    size_t queued;
    struct authn_job *first;
    struct authn_job **last;
    struct authn_job *running; /* sent, and not answered */
    int running_count;
};

/* --- options ------------------------------------------------------------------------------------
 */

static bool fail(char *why, const char *what, const char *text)
{
    (void)snprintf(why, AUTHN_CLIENT_WHY_LEN, "%s: %.200s", what, text);
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
    CURLUcode error = curl_url_set(url, CURLUPART_URL, text, 0);
    bool good = false;

    if (error != CURLUE_OK)
        (void)fail(why, "auth-url", curl_url_strerror(error));
    else if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        (void)fail(why, "auth-url", "expected http://HOST[:PORT] or https://HOST[:PORT]");
    else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_QUERY) ||
             has_part(url, CURLUPART_FRAGMENT))
        (void)fail(why, "auth-url", "no user, ?query or #fragment in the URL");
    else if (strlen(text) > URL_LEN / 2)
        (void)fail(why, "auth-url", "too long");
    else
        good = true;
    curl_url_cleanup(url);
    return good;
}

bool authn_client_check(const struct authn_client_options *options, char *why)
{
    char token[TOKEN_FILE_CAP];
    char text[TOKEN_FILE_WHY_LEN];
    bool good = check_url(options->url, why);

    if (good && options->ca_file != NULL && access(options->ca_file, R_OK) != 0)
        good = fail(why, "auth-ca", "cannot be read");
    if (good && options->token_file != NULL) {
        good = token_file_load(options->token_file, token, text) || fail(why, "auth-token", text);
        OPENSSL_cleanse(token, sizeof token);
    }
    return good;
}

static void settle(struct authn_client *c)
{
    static const enum auth_call calls[] = {AUTH_CALL_PROVE, AUTH_CALL_KEY, AUTH_CALL_GATEWAY};
    char token[TOKEN_FILE_CAP];
    char why[TOKEN_FILE_WHY_LEN];
    size_t len = strlen(c->options.url);

    while (len > 0 && c->options.url[len - 1] == '/')
        len--;
    for (size_t i = 0; i < COUNT(calls); i++)
        (void)snprintf(c->url[calls[i]], URL_LEN, "%.*s%s", (int)len, c->options.url,
                       authn_question_path(calls[i]));
    if (c->options.token_file != NULL && token_file_load(c->options.token_file, token, why))
        (void)snprintf(c->authorization, sizeof c->authorization, "Bearer %s", token);
    OPENSSL_cleanse(token, sizeof token);
}

/* --- jobs: the mutex is held --------------------------------------------------------------------
 */

static void link_running(struct authn_client *c, struct authn_job *job)
{
    job->next = c->running;
    job->link = &c->running;
    if (job->next != NULL)
        job->next->link = &job->next;
    c->running = job;
    c->running_count++;
}

static void unlink_running(struct authn_client *c, struct authn_job *job)
{
    *job->link = job->next;
    if (job->next != NULL)
        job->next->link = job->link;
    c->running_count--;
}

static struct authn_job *take_first(struct authn_client *c)
{
    struct authn_job *job = c->first;

    c->first = job->next;
    if (c->first == NULL)
        c->last = &c->first;
    c->queued--;
    return job;
}

static void clean(struct authn_job *job)
{
    if (job->body.ptr != NULL) /* it may hold a password */
        OPENSSL_cleanse(job->body.ptr, job->body.len);
    buf_fini(&job->body);
}

/* Posts job home. The mutex is held, so that withdraw sees it either here or at home. */
static void send_home(struct authn_job *job, struct authn_answer *answer)
{
    clean(job);
    job->answer = answer;
    if (job->home != NULL)
        mailbox_post(job->home, &job->mail);
    else
        job->forget(job);
}

/* --- the thread ---------------------------------------------------------------------------------
 */

static void log_failure(long status, const char *error)
{
    static struct log_limit limit;
    char text[256];

    log_limited(&limit, LOG_WARN, "authn", "service-failed", "status=%ld error=%s", status,
                log_quote(str_from(error), text, sizeof text));
}

static void on_answer(void *arg, const struct http_answer *answer)
{
    struct authn_job *job = arg;
    struct authn_client *c = job->client;
    struct authn_answer *read =
        answer->status == 200 ? authn_answer_read(job->call, answer->body) : NULL;

    if (read == NULL)
        log_failure(answer->status, answer->status == 0     ? answer->error
                                    : answer->status == 200 ? "the body is no answer"
                                                            : "not status 200");
    metrics_add(c->metrics,
                read != NULL ? METRIC_AUTH_SERVICE_ANSWERED : METRIC_AUTH_SERVICE_FAILED, 1);
    (void)pthread_mutex_lock(&c->mutex);
    unlink_running(c, job);
    send_home(job, read);
    (void)pthread_mutex_unlock(&c->mutex);
}

/* The next job to be sent, or NULL; those whose time is over go home. The mutex is held. */
static struct authn_job *next_job(struct authn_client *c, int64_t now_us)
{
    while (c->first != NULL && (c->first->home == NULL || c->first->deadline_us <= now_us)) {
        metrics_add(c->metrics, METRIC_AUTH_SERVICE_FAILED, 1);
        send_home(take_first(c), NULL);
    }
    if (c->first == NULL || c->running_count >= c->options.connections)
        return NULL;
    struct authn_job *job = take_first(c);

    link_running(c, job);
    return job;
}

static void send_jobs(struct authn_client *c, struct http_client *http)
{
    struct authn_job *job;

    for (;;) {
        (void)pthread_mutex_lock(&c->mutex);
        job = next_job(c, clock_mono_us());
        (void)pthread_mutex_unlock(&c->mutex);
        if (job == NULL)
            return;
        const struct http_request request = {
            .method = "POST",
            .url = c->url[job->call],
            .content_type = "application/json",
            .authorization = c->authorization[0] != '\0' ? c->authorization : NULL,
            .ca = c->options.ca_file,
            .body = buf_str(&job->body),
            .done = on_answer,
            .arg = job,
        };

        http_client_send(http, &request);
    }
}

/* Until the time of the first job in the queue is over, if one waits. */
static int sleep_ms(struct authn_client *c, bool *stop)
{
    int64_t ms = MAX_SLEEP_MS;

    (void)pthread_mutex_lock(&c->mutex);
    if (c->first != NULL)
        ms = (c->first->deadline_us - clock_mono_us()) / US_PER_MS + 1;
    *stop = c->stop;
    (void)pthread_mutex_unlock(&c->mutex);
    return ms < 0 ? 0 : (int)ms;
}

static void *run(void *arg)
{
    struct authn_client *c = arg;
    struct http_client *http = http_client_new(c->options.timeout_us);
    struct pollfd wake = {.fd = c->wake.wake_fd, .events = POLLIN};
    bool stop = false;

    while (!stop) {
        (void)pthread_mutex_lock(&c->mutex);
        (void)mailbox_take(&c->wake);
        c->has_news = false;
        (void)pthread_mutex_unlock(&c->mutex);
        send_jobs(c, http);
        http_client_work(http);
        send_jobs(c, http); /* in the places of those that have ended */
        int ms = sleep_ms(c, &stop);

        if (!stop)
            http_client_wait(http, &wake, 1, ms);
    }
    http_client_free(&http);
    return NULL;
}

/* --- others -------------------------------------------------------------------------------------
 */

/* The mutex is held. */
static void wake(struct authn_client *c)
{
    if (!c->has_news)
        mailbox_post(&c->wake, &c->news);
    c->has_news = true;
}

struct authn_client *authn_client_new(const struct authn_client_options *options, char *why)
{
    struct authn_client *c;
    sigset_t all;
    sigset_t before;

    if (!authn_client_check(options, why))
        return NULL;
    c = xcalloc(1, sizeof *c);
    c->options = *options;
    settle(c);
    c->metrics = metrics_new();
    c->last = &c->first;
    mailbox_init(&c->wake);
    int failed = pthread_mutex_init(&c->mutex, NULL);

    (void)sigfillset(&all); /* signals are for the main thread */
    failed |= pthread_sigmask(SIG_SETMASK, &all, &before);
    failed |= pthread_create(&c->thread, NULL, run, c);
    failed |= pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(failed == 0); /* at start: a thread is always to be had */
    return c;
}

void authn_client_free(struct authn_client **client)
{
    struct authn_client *c = *client;

    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->mutex);
    c->stop = true;
    wake(c);
    (void)pthread_mutex_unlock(&c->mutex);
    (void)pthread_join(c->thread, NULL);
    while (c->running != NULL) {
        struct authn_job *job = c->running;

        assert(job->home == NULL);
        unlink_running(c, job);
        send_home(job, NULL);
    }
    while (c->first != NULL) {
        assert(c->first->home == NULL);
        send_home(take_first(c), NULL);
    }
    (void)mailbox_take(&c->wake);
    mailbox_fini(&c->wake);
    (void)pthread_mutex_destroy(&c->mutex);
    OPENSSL_cleanse(c->authorization, sizeof c->authorization);
    free(c);
    *client = NULL;
}

bool authn_client_ask(struct authn_client *c, struct authn_job *job)
{
    int64_t now_us = clock_mono_us();

    (void)pthread_mutex_lock(&c->mutex);
    bool taken = !c->stop && c->queued < c->options.queue;

    if (taken) {
        job->client = c;
        job->answer = NULL;
        job->deadline_us = now_us + c->options.timeout_us;
        job->next = NULL;
        *c->last = job;
        c->last = &job->next;
        c->queued++;
        wake(c);
    }
    (void)pthread_mutex_unlock(&c->mutex);
    return taken;
}

static void withdraw(struct authn_job *first, const struct mailbox *home)
{
    for (struct authn_job *job = first; job != NULL; job = job->next) {
        if (job->home == home)
            job->home = NULL;
    }
}

void authn_client_withdraw(struct authn_client *c, const struct mailbox *home)
{
    (void)pthread_mutex_lock(&c->mutex);
    withdraw(c->first, home);
    withdraw(c->running, home);
    (void)pthread_mutex_unlock(&c->mutex);
}
