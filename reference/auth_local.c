#include "reference/auth_local.h"

#include <stdlib.h>

#include <openssl/x509v3.h>

#include "lib/buf.h"
#include "reference/dn.h"
#include "reference/mutant.h"
#include "reference/verifier.h"

enum { MAX_DN_LEN = 1024 };

struct auth_local {
    struct auth_view view;
    struct verifier *verifier;
};

struct auth_local *auth_local_new(struct registry_reader *reader, struct hash_pool *pool,
                                  const struct auth_options *options, struct metrics *metrics)
{
    struct auth_local *l = xcalloc(1, sizeof *l);

    l->view = (struct auth_view){reader, options->drogue_quirks};
    l->verifier = verifier_new(pool, options->cache_entries, options->cache_us, metrics);
    return l;
}

void auth_local_free(struct auth_local **local)
{
    if (*local == NULL)
        return;
    verifier_free(&(*local)->verifier);
    free(*local);
    *local = NULL;
}

const struct auth_view *auth_local_view(const struct auth_local *l)
{
    return &l->view;
}

/* --- proofs -------------------------------------------------------------------------------------
 */

static enum auth_reason prove_password(struct auth_local *l, const struct auth_question *question,
                                       const struct auth_who *expected,
                                       const struct auth_moment *at, struct auth_who *out)
{
    static const enum auth_reason results[] = {
        [VERIFIER_MATCHES] = REASON_GRANTED,
        [VERIFIER_DIFFERS] = REASON_WRONG_PASSWORD,
        [VERIFIER_PENDING] = REASON_PENDING,
        [VERIFIER_OVERLOADED] = REASON_OVERLOADED,
    };
    enum auth_reason reason =
        auth_session_find(&l->view, question->application, question->device, out);

    if (reason != REASON_GRANTED)
        return reason;
    if (expected != NULL && !auth_who_is(expected, out))
        return REASON_MIXED;
    const struct claim claim = {
        .application = question->application,
        .device = question->device,
        .is_user = question->proof == AUTH_PROOF_USER,
        .username = question->username,
    };
    const struct verifier_ask ask = {
        .app = out->app,
        .device = out->device,
        .claim = &claim,
        .password = question->password,
        .ticket = at->ticket,
    };

    if (mutant_is(MUTANT_PASSWORD_UNCHECKED))
        return REASON_GRANTED;
    enum auth_reason result = results[verifier_check(l->verifier, &ask, at->now_us)];

    return result == REASON_PENDING && mutant_is(MUTANT_HASHED_PASSWORD_REFUSED)
               ? REASON_WRONG_PASSWORD
               : result;
}

/* The name by which the contract of Drogue Cloud calls the application of a chain. */
static bool is_issuer_of(const X509 *leaf, struct str name)
{
    char text[MAX_DN_LEN];
    struct buf dn = buf_over(text, sizeof text);

    dn_text(X509_get_issuer_name(leaf), &dn);
    return !dn.overflow && str_equal(buf_str(&dn), name);
}

/* Facts 2.8: Drogue Cloud takes one certificate, of version 3, that is no CA's. */
static bool drogue_would_take(STACK_OF(X509) * chain)
{
    X509 *leaf = sk_X509_value(chain, 0);

    return sk_X509_num(chain) == 1 && X509_get_version(leaf) == X509_VERSION_3 &&
           X509_check_ca(leaf) == 0;
}

static enum auth_reason prove_chain(const struct auth_local *l,
                                    const struct auth_question *question, int64_t wall_us,
                                    struct auth_who *out)
{
    struct x509_bounds bounds;
    int verified;
    enum auth_reason reason =
        auth_session_chain(&l->view, question->chain, wall_us, out, &bounds, &verified);

    if (reason != REASON_GRANTED)
        return reason;
    if (l->view.drogue_quirks && !drogue_would_take(question->chain))
        return REASON_BAD_CHAIN;
    if (registry_find_app(l->view.reader, question->application) != out->app &&
        !is_issuer_of(sk_X509_value(question->chain, 0), question->application))
        return REASON_MIXED;
    if (registry_find_device(l->view.reader, out->app->name, question->device) != out->device)
        return REASON_MIXED;
    return REASON_GRANTED;
}

enum auth_reason auth_local_prove(struct auth_local *l, const struct auth_question *question,
                                  const struct auth_who *expected, const struct auth_moment *at,
                                  struct auth_who *out)
{
    assert(question->call == AUTH_CALL_PROVE);
    if (question->proof == AUTH_PROOF_CERTIFICATE)
        return prove_chain(l, question, at->wall_us, out);
    return prove_password(l, question, expected, at, out);
}

enum auth_reason auth_local_key(const struct auth_local *l, const struct auth_question *question,
                                const struct auth_moment *at, struct auth_who *who,
                                const struct registry_psk **psk)
{
    return auth_session_key(&l->view, question->application, question->device, at->wall_us, who,
                            psk);
}

/* --- gateways -----------------------------------------------------------------------------------
 */

enum auth_reason auth_local_target(const struct auth_local *l, const struct auth_who *gateway,
                                   struct str as, const struct registry_device **out)
{
    const struct registry_device *found =
        registry_find_device(l->view.reader, gateway->app->name, as);

    if (found == NULL)
        return REASON_UNKNOWN_TARGET;
    /* Drogue Cloud wants a device to be its own gateway by name (facts 2.9) */
    if (found == gateway->device && !l->view.drogue_quirks) {
        *out = found;
        return REASON_GRANTED;
    }
    if (l->view.drogue_quirks ? found->broken : found->disabled)
        return REASON_DISABLED_TARGET;
    if (mutant_is(MUTANT_AS_UNCHECKED)) {
        *out = found;
        return REASON_GRANTED;
    }
    for (size_t i = 0; i < found->gateway_count; i++) {
        if (str_equal(found->gateways[i], gateway->device->name)) {
            *out = found;
            return REASON_GRANTED;
        }
    }
    return REASON_NOT_GATEWAY;
}

/* --- the source ---------------------------------------------------------------------------------
 */

static enum auth_reason prove(void *arg, const struct auth_question *question,
                              const struct auth_who *expected, const struct auth_moment *at,
                              struct auth_who *out)
{
    return auth_local_prove(arg, question, expected, at, out);
}

static enum auth_reason holds(void *arg, struct identity *id, const struct auth_moment *at,
                              struct auth_who *out)
{
    struct auth_local *l = arg;

    return auth_session_holds(&l->view, id, at->wall_us, out);
}

static bool means(void *arg, const struct auth_who *who, const struct str *application,
                  const struct str *device)
{
    const struct auth_local *l = arg;

    if (application != NULL && registry_find_app(l->view.reader, *application) != who->app)
        return false;
    return device == NULL ||
           registry_find_device(l->view.reader, who->app->name, *device) == who->device;
}

static enum auth_reason target(void *arg, const struct auth_who *gateway, struct str as,
                               const struct auth_moment *at, const struct registry_device **out)
{
    UNUSED(at);
    return auth_local_target(arg, gateway, as, out);
}

static enum auth_reason prepare(void *arg, struct str psk_identity, const struct auth_moment *at)
{
    UNUSED(arg);
    UNUSED(psk_identity);
    UNUSED(at);
    return REASON_GRANTED;
}

static enum auth_reason psk(void *arg, struct str psk_identity, int64_t wall_us,
                            struct identity *id)
{
    const struct auth_local *l = arg;

    return auth_session_psk(&l->view, psk_identity, wall_us, id);
}

static enum auth_reason certificate(void *arg, STACK_OF(X509) * chain, int64_t wall_us,
                                    struct identity *id, int *verified)
{
    const struct auth_local *l = arg;

    return auth_session_certificate(&l->view, chain, wall_us, id, verified);
}

static size_t poll_verdicts(void *arg, int64_t now_us, uint64_t *tickets, size_t max)
{
    struct auth_local *l = arg;

    return verifier_poll(l->verifier, now_us, tickets, max);
}

static size_t poll_prepared(void *arg, uint64_t *tickets, size_t max)
{
    UNUSED(arg);
    UNUSED(tickets);
    UNUSED(max);
    return 0;
}

static int wake_fd(void *arg)
{
    const struct auth_local *l = arg;

    return verifier_wake_fd(l->verifier);
}

static void free_local(void *arg)
{
    struct auth_local *l = arg;

    auth_local_free(&l);
}

const struct auth_source auth_local_source = {
    .prove = prove,
    .holds = holds,
    .means = means,
    .target = target,
    .prepare = prepare,
    .psk = psk,
    .certificate = certificate,
    .poll = poll_verdicts,
    .poll_prepared = poll_prepared,
    .wake_fd = wake_fd,
    .free = free_local,
};
