#include "reference/auth.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "reference/auth_reason.h"
#include "reference/auth_session.h"
#include "reference/dn.h"
#include "reference/mutant.h"
#include "reference/verifier.h"

struct auth {
    const struct registry_reader *reader;
    struct metrics *metrics;
    struct verifier *verifier;
};

static const struct {
    enum auth_result result;
    const char *word;
} reasons[] = {
#define X(id, result, word) {result, word},
    AUTH_REASONS(X)
#undef X
};

/* One call of auth_check. */
struct ask {
    const struct auth_request *request;
    int64_t now_us;
    int64_t wall_us;
    uint64_t ticket;
    const char *detail; /* for the log: more about the reason; may be NULL */
    struct claim claim; /* for the log too; its texts live in credential */
    struct credential credential;
};

struct auth *auth_new(struct registry_reader *reader, struct hash_pool *pool,
                      const struct auth_options *options, struct metrics *metrics)
{
    struct auth *a = xcalloc(1, sizeof *a);

    a->reader = reader;
    a->metrics = metrics;
    a->verifier = verifier_new(pool, options->cache_entries, options->cache_us, metrics);
    return a;
}

void auth_free(struct auth **auth)
{
    if (*auth == NULL)
        return;
    verifier_free(&(*auth)->verifier);
    free(*auth);
    *auth = NULL;
}

static enum auth_reason verify_password(struct auth *a, const struct ask *ask,
                                        const struct auth_who *who)
{
    static const enum auth_reason results[] = {
        [VERIFIER_MATCHES] = REASON_GRANTED,
        [VERIFIER_DIFFERS] = REASON_WRONG_PASSWORD,
        [VERIFIER_PENDING] = REASON_PENDING,
        [VERIFIER_OVERLOADED] = REASON_OVERLOADED,
    };
    const struct verifier_ask question = {
        .app = who->app,
        .device = who->device,
        .claim = &ask->claim,
        .password = ask->credential.password,
        .ticket = ask->ticket,
    };

    if (mutant_is(MUTANT_PASSWORD_UNCHECKED))
        return REASON_GRANTED;
    enum auth_reason reason = results[verifier_check(a->verifier, &question, ask->now_us)];

    return reason == REASON_PENDING && mutant_is(MUTANT_HASHED_PASSWORD_REFUSED)
               ? REASON_WRONG_PASSWORD
               : reason;
}

/* Option 4209. expected: who the session is, and then the credential must name the same. */
static enum auth_reason check_credential(struct auth *a, struct ask *ask,
                                         const struct auth_who *expected, struct auth_who *out)
{
    const struct auth_request *request = ask->request;
    enum credential_err err = credential_parse(request->authorization, &ask->credential);

    if (err != CREDENTIAL_OK) {
        ask->detail = credential_err_word(err);
        return REASON_BAD_CREDENTIALS;
    }
    bool has_application =
        request->has_application && !mutant_is(MUTANT_APPLICATION_PARAMETER_IGNORED);

    if (!claim_read(&ask->credential, has_application ? &request->application : NULL,
                    request->has_device ? &request->device : NULL, &ask->claim))
        return REASON_NO_FORM;
    enum auth_reason reason =
        auth_session_find(a->reader, ask->claim.application, ask->claim.device, out);

    if (reason != REASON_GRANTED)
        return reason;
    if (expected != NULL && (expected->app != out->app || expected->device != out->device))
        return REASON_MIXED;
    return verify_password(a, ask, out);
}

/* `application=` and `device=` beside a session: lawful when they name what the session is. */
static enum auth_reason check_names(struct auth *a, struct ask *ask, const struct auth_who *session)
{
    const struct auth_request *request = ask->request;

    if (request->has_application) {
        ask->claim.application = request->application;
        if (registry_find_app(a->reader, request->application) != session->app)
            return REASON_MIXED;
    }
    if (request->has_device) {
        ask->claim.device = request->device;
        if (registry_find_device(a->reader, session->app->name, request->device) != session->device)
            return REASON_MIXED;
    }
    return REASON_GRANTED;
}

/* AUTH-14: a session's identity and what the request names besides must be the same device. */
static enum auth_reason find_sender(struct auth *a, struct ask *ask, struct auth_who *sender)
{
    const struct auth_request *request = ask->request;

    if (request->session == NULL || request->session->kind == IDENTITY_NONE)
        return request->has_authorization ? check_credential(a, ask, NULL, sender)
                                          : REASON_NO_CREDENTIALS;
    struct auth_who session;
    enum auth_reason reason =
        auth_session_holds(a->reader, request->session, ask->wall_us, &session);

    ask->claim.application = str_from(request->session->application);
    ask->claim.device = str_from(request->session->device);
    if (reason != REASON_GRANTED)
        return reason;
    if (mutant_is(request->session->kind == IDENTITY_PSK ? MUTANT_PSK_SESSION_REFUSED
                                                         : MUTANT_CERTIFICATE_SESSION_REFUSED))
        return REASON_NO_CREDENTIALS;
    *sender = session;
    if (mutant_is(MUTANT_MIXED_CREDENTIALS_UNCHECKED))
        return REASON_GRANTED;
    if (request->has_authorization)
        return check_credential(a, ask, &session, sender);
    return check_names(a, ask, &session);
}

/* AUTH-15: `as` names a device of the same application that lists the sender as its gateway. */
static enum auth_reason find_target(struct auth *a, const struct ask *ask,
                                    const struct auth_who *sender,
                                    const struct registry_device **target)
{
    *target = sender->device;
    if (!ask->request->has_as || mutant_is(MUTANT_AS_IGNORED))
        return REASON_GRANTED;
    const struct registry_device *found =
        registry_find_device(a->reader, sender->app->name, ask->request->as);

    if (found == NULL)
        return REASON_UNKNOWN_TARGET;
    if (found == sender->device)
        return REASON_GRANTED;
    if (found->disabled)
        return REASON_DISABLED_TARGET;
    if (mutant_is(MUTANT_AS_UNCHECKED)) {
        *target = found;
        return REASON_GRANTED;
    }
    for (size_t i = 0; i < found->gateway_count; i++) {
        if (str_equal(found->gateways[i], sender->device->name)) {
            *target = found;
            return REASON_GRANTED;
        }
    }
    return REASON_NOT_GATEWAY;
}

static void log_refused(const struct ask *ask, enum auth_reason reason)
{
    static struct log_limit limit;
    char application[160];
    char device[320];
    char as[320];

    log_limited(&limit, LOG_WARN, "auth", "refused", "reason=%s%s%s application=%s device=%s as=%s",
                reasons[reason].word, ask->detail != NULL ? " detail=" : "",
                ask->detail != NULL ? ask->detail : "",
                log_quote(ask->claim.application, application, sizeof application),
                log_quote(ask->claim.device, device, sizeof device),
                log_quote(ask->request->as, as, sizeof as));
}

enum auth_result auth_check(struct auth *a, const struct auth_request *request, int64_t now_us,
                            int64_t wall_us, uint64_t ticket, struct auth_grant *out)
{
    struct ask ask; /* the credential's texts stay unset until it is parsed */
    struct auth_who sender = {NULL, NULL};
    const struct registry_device *target = NULL;

    ask.request = request;
    ask.now_us = now_us;
    ask.wall_us = wall_us;
    ask.ticket = ticket;
    ask.detail = NULL;
    ask.claim = (struct claim){.is_user = false};
    ask.credential.used_len = 0;
    enum auth_reason reason = find_sender(a, &ask, &sender);

    if (reason == REASON_GRANTED)
        reason = find_target(a, &ask, &sender, &target);
    enum auth_result result = reasons[reason].result;

    if (result == AUTH_GRANTED) {
        *out = (struct auth_grant){.app = sender.app, .sender = sender.device, .device = target};
        if (mutant_is(MUTANT_AS_SWAPS_SENDER))
            out->sender = target;
        metrics_add(a->metrics, METRIC_AUTH_OK, 1);
    } else if (result == AUTH_REFUSED) {
        metrics_add(a->metrics, METRIC_AUTH_REFUSED, 1);
        log_refused(&ask, reason);
    }
    if (request->has_authorization)
        credential_cleanse(&ask.credential);
    return result;
}

size_t auth_poll(struct auth *a, int64_t now_us, uint64_t *tickets, size_t max)
{
    return verifier_poll(a->verifier, now_us, tickets, max);
}

int auth_wake_fd(const struct auth *a)
{
    return verifier_wake_fd(a->verifier);
}

size_t auth_psk(struct auth *a, struct str psk_identity, int64_t wall_us, struct identity *id,
                uint8_t *key, size_t key_cap)
{
    static struct log_limit limit;
    char name[400];
    enum auth_reason reason = auth_session_psk(a->reader, psk_identity, wall_us, id);

    if (reason == REASON_GRANTED && id->psk_len > key_cap) {
        identity_fini(id);
        reason = REASON_NO_VALID_KEY;
    }
    if (reason != REASON_GRANTED) {
        metrics_add(a->metrics, METRIC_AUTH_REFUSED, 1);
        log_limited(&limit, LOG_WARN, "auth", "refused", "reason=%s psk_identity=%s",
                    reasons[reason].word, log_quote(psk_identity, name, sizeof name));
        return 0;
    }
    memcpy(key, id->psk, id->psk_len);
    return id->psk_len;
}

int auth_certificate(struct auth *a, STACK_OF(X509) * chain, int64_t wall_us, struct identity *id)
{
    static struct log_limit limit;
    char name[400];
    int verified;
    enum auth_reason reason = auth_session_certificate(a->reader, chain, wall_us, id, &verified);

    if (reason != REASON_GRANTED) {
        char text[512];
        struct buf subject = buf_over(text, sizeof text);

        if (chain != NULL && sk_X509_num(chain) > 0)
            dn_text(X509_get_subject_name(sk_X509_value(chain, 0)), &subject);
        metrics_add(a->metrics, METRIC_AUTH_REFUSED, 1);
        log_limited(&limit, LOG_WARN, "auth", "refused", "reason=%s x509_error=%d subject=%s",
                    reasons[reason].word, verified,
                    log_quote(buf_str(&subject), name, sizeof name));
    }
    return verified;
}
