#include "lib/dtls.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include <openssl/err.h>

#include "lib/dtls_setup.h"

static const char *const state_names[] = {
    [DTLS_NEW] = "new",         [DTLS_HANDSHAKING] = "handshaking",
    [DTLS_STOPPED] = "stopped", [DTLS_ESTABLISHED] = "established",
    [DTLS_CLOSED] = "closed",   [DTLS_FAILED] = "failed",
};

const char *dtls_state_name(enum dtls_state state)
{
    return state_names[state];
}

static void set_state(struct dtls *d, enum dtls_state state)
{
    if (d->info.state == state)
        return;
    d->info.state = state;
    if (d->hooks.state != NULL)
        d->hooks.state(d->arg, state);
}

/* What the link tells and delivers. */

static void take_record(void *arg, const struct dtls_record *r, const char *action)
{
    struct dtls *d = arg;

    if (r->flight > d->info.flight)
        d->info.flight = r->flight;
    if (r->message == DTLS_HELLO_VERIFY_REQUEST && r->to == DTLS_TO_DEVICE)
        d->info.saw_cookie = true;
    if (r->messages & UINT32_C(1) << DTLS_CERTIFICATE_REQUEST)
        d->info.saw_certificate_request = true;
    if (r->to == DTLS_TO_TARGET) {
        d->info.sent = r->head;
        d->sending = r->flight;
        if (d->stop_after > 0 && r->flight >= d->stop_after)
            d->is_done_with_flight = true;
    }
    if (d->hooks.record != NULL)
        d->hooks.record(d->arg, r, action);
}

static void fail(struct dtls *d, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);
    long verdict = SSL_get_verify_result(d->ssl);

    if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        reason = X509_verify_cert_error_string(verdict);
    snprintf(d->why, sizeof d->why, "%s%s%s", what, reason != NULL ? ": " : "",
             reason != NULL ? reason : "");
    ERR_clear_error();
    d->link.track.is_over = true;
    set_state(d, DTLS_FAILED);
}

static void fail_by_alert(struct dtls *d)
{
    char what[64];

    ERR_clear_error();
    snprintf(what, sizeof what, "fatal alert %s (%d) received",
             dtls_alert_name(d->info.alert.number), d->info.alert.number);
    fail(d, what);
}

static bool is_ended(const struct dtls *d)
{
    return d->info.state == DTLS_FAILED || d->info.state == DTLS_STOPPED ||
           (d->info.state == DTLS_CLOSED && SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN);
}

/* After a call of OpenSSL that gave nothing. Its SSL_get_error is no help: for DTLS it also tells
 * of records that were rightly dropped. */
static void judge(struct dtls *d)
{
    bool was_closed = d->info.state == DTLS_CLOSED;

    if (SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN) {
        if (!d->info.alert.sent && d->info.alert.fatal)
            fail_by_alert(d);
        else
            set_state(d, DTLS_CLOSED);
    } else if (!BIO_should_read(SSL_get_rbio(d->ssl)) && !was_closed)
        fail(d, d->info.alert.sent && d->info.alert.fatal ? "we refused" : "OpenSSL gave up");
    ERR_clear_error();
}

static void take_handshake(struct dtls *d)
{
    d->link.track.is_over = SSL_total_renegotiations(d->ssl) > 0;
    set_state(d, DTLS_ESTABLISHED);
}

/* One call of OpenSSL; false when it gave nothing. */
static bool turn(struct dtls *d)
{
    int n;

    ERR_clear_error();
    BIO_clear_retry_flags(SSL_get_rbio(d->ssl));
    if (d->info.state == DTLS_HANDSHAKING) {
        if (SSL_do_handshake(d->ssl) != 1)
            return false;
        take_handshake(d);
        return true;
    }
    n = SSL_read(d->ssl, d->plain, sizeof d->plain);
    if (n <= 0)
        return false;
    d->info.message = d->current.head;
    if (d->hooks.message != NULL)
        d->hooks.message(d->arg, d->plain, (size_t)n, &d->current);
    return true;
}

/* Turns until OpenSSL has read all that there is. */
static void drive(struct dtls *d)
{
    do {
        if (is_ended(d))
            return;
    } while (turn(d));
    judge(d);
    if (d->is_done_with_flight && d->info.state == DTLS_HANDSHAKING)
        set_state(d, DTLS_STOPPED);
}

static void deliver(void *arg, enum dtls_way to, const uint8_t *bytes, size_t len, int64_t now_us)
{
    struct dtls *d = arg;

    d->now_us = now_us;
    if (to == DTLS_TO_TARGET) {
        if (d->stop_after == 0 || d->sending <= d->stop_after)
            d->hooks.send(d->arg, bytes, len);
        return;
    }
    if (d->info.state == DTLS_NEW || is_ended(d))
        return;
    if (!dtls_record_next(&(const uint8_t *){bytes}, &(size_t){len}, to, &d->current))
        d->current = (struct dtls_record){.to = to, .bytes = bytes, .len = len, .message = -1};
    d->in = bytes;
    d->in_len = len;
    drive(d);
    d->in = NULL;
}

struct dtls *dtls_new(const struct dtls_config *config, const struct dtls_hooks *hooks, void *arg,
                      char *why)
{
    static const struct dtls_link_hooks link_hooks = {deliver, take_record};
    struct dtls *d = xcalloc(1, sizeof *d);

    d->hooks = *hooks;
    d->arg = arg;
    dtls_link_init(&d->link, &link_hooks, d);
    if (!dtls_setup(d, config, why))
        dtls_free(&d);
    return d;
}

void dtls_free(struct dtls **d)
{
    struct dtls *gone = *d;

    if (gone == NULL)
        return;
    *d = NULL;
    dtls_setup_fini(gone);
    dtls_link_fini(&gone->link);
    free(gone);
}

void dtls_start(struct dtls *d, int64_t now_us)
{
    assert(d->info.state == DTLS_NEW);
    d->now_us = now_us;
    set_state(d, DTLS_HANDSHAKING);
    drive(d);
}

void dtls_receive(struct dtls *d, const uint8_t *bytes, size_t len, int64_t now_us)
{
    d->now_us = now_us;
    dtls_link_pass(&d->link, DTLS_TO_DEVICE, bytes, len, now_us);
}

bool dtls_send(struct dtls *d, const uint8_t *bytes, size_t len, int64_t now_us)
{
    if (d->info.state != DTLS_ESTABLISHED || len == 0 || len > DTLS_MAX_PLAIN)
        return false;
    d->now_us = now_us;
    ERR_clear_error();
    return SSL_write(d->ssl, bytes, (int)len) == (int)len;
}

void dtls_close(struct dtls *d, int64_t now_us)
{
    if (d->info.state == DTLS_FAILED || d->info.state == DTLS_CLOSED)
        return;
    d->now_us = now_us;
    if (d->info.state == DTLS_ESTABLISHED) {
        ERR_clear_error();
        SSL_shutdown(d->ssl);
        ERR_clear_error();
    }
    set_state(d, DTLS_CLOSED);
}

bool dtls_renegotiate(struct dtls *d, int64_t now_us)
{
    if (d->info.state != DTLS_ESTABLISHED)
        return false;
    d->now_us = now_us;
    ERR_clear_error();
    d->link.track.is_over = true;
    if (SSL_renegotiate(d->ssl) != 1)
        return false;
    drive(d);
    return true;
}

static bool has_timer(const struct dtls *d)
{
    return d->retransmit_us != DTLS_NEVER &&
           (d->info.state == DTLS_HANDSHAKING || d->info.state == DTLS_ESTABLISHED);
}

int64_t dtls_deadline_us(const struct dtls *d, int64_t now_us)
{
    int64_t kept_us = dtls_link_deadline_us(&d->link);
    struct timeval left;
    int64_t timer_us;

    if (!has_timer(d) || DTLSv1_get_timeout(d->ssl, &left) != 1)
        return kept_us;
    timer_us = now_us + left.tv_sec * US_PER_S + left.tv_usec;
    return timer_us < kept_us ? timer_us : kept_us;
}

void dtls_tick(struct dtls *d, int64_t now_us)
{
    d->now_us = now_us;
    dtls_link_tick(&d->link, now_us);
    if (!has_timer(d))
        return;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(d->ssl) < 0)
        fail(d, "no answer");
    ERR_clear_error();
}

void dtls_stop_after(struct dtls *d, int flight)
{
    d->stop_after = flight;
    d->is_done_with_flight = flight > 0 && d->info.flight >= flight;
    if (flight == 0 && d->info.state == DTLS_STOPPED)
        set_state(d, DTLS_HANDSHAKING);
}

void dtls_add_rule(struct dtls *d, const struct dtls_rule *rule)
{
    dtls_link_add(&d->link, rule);
}

void dtls_clear_rules(struct dtls *d)
{
    dtls_link_clear(&d->link);
}

void dtls_describe(const struct dtls *d, struct dtls_info *out)
{
    const SSL_CIPHER *suite = SSL_get_current_cipher(d->ssl);

    if (suite == NULL)
        suite = SSL_get_pending_cipher(d->ssl);
    *out = d->info;
    out->suite = suite != NULL ? SSL_CIPHER_standard_name(suite) : NULL;
    out->version = SSL_version(d->ssl);
    out->is_resumed = SSL_session_reused(d->ssl) == 1;
    out->is_extended_master_secret = SSL_get_extms_support(d->ssl) == 1;
}

SSL_SESSION *dtls_session(const struct dtls *d)
{
    SSL_SESSION *session = SSL_get0_session(d->ssl);

    return session != NULL ? SSL_SESSION_dup(session) : NULL;
}

X509 *dtls_server_certificate(const struct dtls *d)
{
    return SSL_get0_peer_certificate(d->ssl);
}
