#include "reference/auth.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "reference/auth_local.h"
#include "reference/auth_remote.h"
#include "reference/claim.h"
#include "reference/dn.h"
#include "reference/mutant.h"

struct auth {
    const struct auth_source *source;
    void *arg; /* the source's */
    struct metrics *metrics;
};

/* One call of auth_check. */
struct ask {
    const struct auth_request *request;
    struct auth_moment at;
    const char *detail; /* for the log: more about the reason; may be NULL */
    struct claim claim; /* for the log too; its texts live in credential */
    struct credential credential;
};

struct auth *auth_new(struct registry_reader *reader, struct hash_pool *pool,
                      const struct auth_options *options, struct metrics *metrics)
{
    struct auth *a = xcalloc(1, sizeof *a);

    a->metrics = metrics;
    if (options->service != NULL) {
        a->source = &auth_remote_source;
        a->arg = auth_remote_new(options->service, options);
    } else {
        a->source = &auth_local_source;
        a->arg = auth_local_new(reader, pool, options, metrics);
    }
    return a;
}

void auth_free(struct auth **auth)
{
    if (*auth == NULL)
        return;
    (*auth)->source->free((*auth)->arg);
    free(*auth);
    *auth = NULL;
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
    const struct auth_question question = {
        .call = AUTH_CALL_PROVE,
        .application = ask->claim.application,
        .device = ask->claim.device,
        .proof = ask->claim.is_user ? AUTH_PROOF_USER : AUTH_PROOF_PASS,
        .username = ask->claim.username,
        .password = ask->credential.password,
    };

    return a->source->prove(a->arg, &question, expected, &ask->at, out);
}

/* `application=` and `device=` beside a session: lawful when they name what the session is. */
static enum auth_reason check_names(struct auth *a, struct ask *ask, const struct auth_who *session)
{
    const struct auth_request *request = ask->request;

    if (request->has_application)
        ask->claim.application = request->application;
    if (request->has_device)
        ask->claim.device = request->device;
    return a->source->means(a->arg, session,
                            request->has_application ? &request->application : NULL,
                            request->has_device ? &request->device : NULL)
               ? REASON_GRANTED
               : REASON_MIXED;
}

static struct str name_of(const char *name)
{
    return name == NULL ? (struct str){NULL, 0} : str_from(name);
}

/* AUTH-14: a session's identity and what the request names besides must be the same device. */
static enum auth_reason find_sender(struct auth *a, struct ask *ask, struct auth_who *sender)
{
    const struct auth_request *request = ask->request;

    if (request->session == NULL || request->session->kind == IDENTITY_NONE)
        return request->has_authorization ? check_credential(a, ask, NULL, sender)
                                          : REASON_NO_CREDENTIALS;
    struct auth_who session;
    enum auth_reason reason = a->source->holds(a->arg, request->session, &ask->at, &session);

    ask->claim.application = name_of(request->session->application);
    ask->claim.device = name_of(request->session->device);
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
    return a->source->target(a->arg, sender, ask->request->as, &ask->at, target);
}

static void log_refused(const struct ask *ask, enum auth_reason reason)
{
    static struct log_limit limit;
    char application[160];
    char device[320];
    char as[320];

    log_limited(&limit, LOG_WARN, "auth", "refused", "reason=%s%s%s application=%s device=%s as=%s",
                auth_reason_word(reason), ask->detail != NULL ? " detail=" : "",
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
    ask.at = (struct auth_moment){now_us, wall_us, ticket};
    ask.detail = NULL;
    ask.claim = (struct claim){.is_user = false};
    ask.credential.used_len = 0;
    enum auth_reason reason = find_sender(a, &ask, &sender);

    if (reason == REASON_GRANTED)
        reason = find_target(a, &ask, &sender, &target);
    enum auth_result result = auth_reason_result(reason);

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
    return a->source->poll(a->arg, now_us, tickets, max);
}

int auth_wake_fd(const struct auth *a)
{
    return a->source->wake_fd(a->arg);
}

enum auth_result auth_prepare_psk(struct auth *a, struct str psk_identity, int64_t now_us,
                                  int64_t wall_us, uint64_t ticket)
{
    const struct auth_moment at = {now_us, wall_us, ticket};

    return auth_reason_result(a->source->prepare(a->arg, psk_identity, &at));
}

size_t auth_poll_prepared(struct auth *a, uint64_t *tickets, size_t max)
{
    return a->source->poll_prepared(a->arg, tickets, max);
}

size_t auth_psk(struct auth *a, struct str psk_identity, int64_t wall_us, struct identity *id,
                uint8_t *key, size_t key_cap)
{
    static struct log_limit limit;
    char name[400];
    enum auth_reason reason = a->source->psk(a->arg, psk_identity, wall_us, id);

    if (reason == REASON_GRANTED && id->psk_len > key_cap) {
        identity_fini(id);
        reason = REASON_NO_VALID_KEY;
    }
    if (reason != REASON_GRANTED) {
        metrics_add(a->metrics, METRIC_AUTH_REFUSED, 1);
        log_limited(&limit, LOG_WARN, "auth", "refused", "reason=%s psk_identity=%s",
                    auth_reason_word(reason), log_quote(psk_identity, name, sizeof name));
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
    enum auth_reason reason = a->source->certificate(a->arg, chain, wall_us, id, &verified);

    if (reason != REASON_GRANTED) {
        char text[512];
        struct buf subject = buf_over(text, sizeof text);

        if (chain != NULL && sk_X509_num(chain) > 0)
            dn_text(X509_get_subject_name(sk_X509_value(chain, 0)), &subject);
        metrics_add(a->metrics, METRIC_AUTH_REFUSED, 1);
        log_limited(&limit, LOG_WARN, "auth", "refused", "reason=%s x509_error=%d subject=%s",
                    auth_reason_word(reason), verified,
                    log_quote(buf_str(&subject), name, sizeof name));
    }
    return verified;
}
