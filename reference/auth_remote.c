#include "reference/auth_remote.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lib/utf8.h"
#include "reference/authn_question.h"
#include "reference/dn.h"
#include "reference/in_flight.h"

enum {
    MAX_DN_LEN = 1024,
    UNAVAILABLE_US = 1000 * 1000, /* so long nobody asks again */
    MAX_CHAIN = X509_CHECK_MAX_CHAIN,
};

struct auth_remote {
    struct authn_client *client;
    struct verdict_cache *answers; /* values: struct authn_answer */
    struct mailbox mailbox;
    struct in_flight requests;
    struct in_flight handshakes;
    int64_t cache_us;
    int64_t now_us; /* of the last call that said it */
};

/* A question on its way through the client. */
struct work {
    struct authn_job job;
    struct in_flight_work line;
    struct in_flight *in;
    struct verdict_key verdict;
};

/* Stands in the cache for no answer. */
static struct authn_answer unavailable;

static void release_answer(void *value)
{
    struct authn_answer *answer = value;

    if (answer != &unavailable)
        authn_answer_free(&answer);
}

static void forget(struct authn_job *job)
{
    authn_answer_free(&job->answer);
    free(CONTAINER_OF(job, struct work, job));
}

struct auth_remote *auth_remote_new(struct authn_client *client, const struct auth_options *options)
{
    struct auth_remote *r = xcalloc(1, sizeof *r);

    r->client = client;
    r->cache_us = options->cache_us;
    r->answers = verdict_cache_new(options->cache_entries, options->cache_us);
    verdict_cache_set_release(r->answers, release_answer);
    mailbox_init(&r->mailbox);
    return r;
}

static void free_remote(void *arg)
{
    struct auth_remote *r = arg;
    struct mail *next;

    authn_client_withdraw(r->client, &r->mailbox);
    for (struct mail *mail = mailbox_take(&r->mailbox); mail != NULL; mail = next) {
        next = mail->next;
        forget(CONTAINER_OF(mail, struct authn_job, mail));
    }
    /* what is still in flight is the client's */
    in_flight_fini(&r->requests);
    in_flight_fini(&r->handshakes);
    mailbox_fini(&r->mailbox);
    verdict_cache_free(&r->answers);
    free(r);
}

/* --- asking -------------------------------------------------------------------------------------
 */

static struct verdict_key device_key(const struct auth_remote *r, const struct auth_question *q)
{
    const struct str parts[] = {q->application, q->device};

    return verdict_cache_key(r->answers, parts, COUNT(parts));
}

/* Of all that the answer depends on, but for a chain: see chain_key. */
static struct verdict_key question_key(const struct auth_remote *r, const struct auth_question *q)
{
    const char kind[] = {(char)('0' + q->call), (char)('0' + q->proof)};
    const struct str parts[] = {
        {kind, sizeof kind},
        q->application, q->device, q->username, q->password, q->as
    };

    return verdict_cache_key(r->answers, parts, COUNT(parts));
}

static enum auth_reason start(struct auth_remote *r, struct in_flight *in,
                              const struct auth_question *q, struct verdict_key verdict,
                              uint64_t ticket)
{
    struct work *w = xcalloc(1, sizeof *w);

    w->in = in;
    w->verdict = verdict;
    w->job = (struct authn_job){
        .home = &r->mailbox, .call = q->call, .body = buf_growing(), .forget = forget};
    authn_question_write(q, &w->job.body);
    if (authn_client_ask(r->client, &w->job)) {
        in_flight_add(in, &w->line, device_key(r, q), ticket);
        return REASON_PENDING;
    }
    if (w->job.body.ptr != NULL)
        OPENSSL_cleanse(w->job.body.ptr, w->job.body.len);
    buf_fini(&w->job.body);
    free(w);
    return REASON_OVERLOADED;
}

/* What the service has said, REASON_PENDING when it is asked now. The texts of q must be UTF-8. */
static enum auth_reason ask(struct auth_remote *r, struct in_flight *in,
                            const struct auth_question *q, struct verdict_key verdict,
                            const struct auth_moment *at, const struct authn_answer **out)
{
    const struct authn_answer *known = verdict_cache_value(r->answers, verdict, at->now_us);

    r->now_us = at->now_us;
    if (known == &unavailable)
        return REASON_UNAVAILABLE;
    if (known != NULL) {
        *out = known;
        return known->pass ? REASON_GRANTED : REASON_SERVICE_REFUSED;
    }
    struct in_flight_work *line = in_flight_find(in, device_key(r, q));

    if (line == NULL)
        return start(r, in, q, verdict, at->ticket);
    return in_flight_join(line, at->ticket) ? REASON_PENDING : REASON_OVERLOADED;
}

static void tell(const struct authn_answer *answer, struct auth_who *out)
{
    *out = (struct auth_who){&answer->app->app, &answer->device->device};
}

static enum auth_reason prove(void *arg, const struct auth_question *question,
                              const struct auth_who *expected, const struct auth_moment *at,
                              struct auth_who *out)
{
    struct auth_remote *r = arg;
    const struct authn_answer *answer;
    enum auth_reason reason =
        ask(r, &r->requests, question, question_key(r, question), at, &answer);

    if (reason != REASON_GRANTED)
        return reason;
    tell(answer, out);
    return expected == NULL || auth_who_is(expected, out) ? REASON_GRANTED : REASON_MIXED;
}

static enum auth_reason target(void *arg, const struct auth_who *gateway, struct str as,
                               const struct auth_moment *at, const struct registry_device **out)
{
    struct auth_remote *r = arg;
    const struct authn_answer *answer;
    const struct auth_question q = {
        .call = AUTH_CALL_GATEWAY,
        .application = gateway->app->name,
        .device = gateway->device->name,
        .as = as,
        .has_as = true,
    };

    if (str_equal(as, gateway->device->name)) {
        *out = gateway->device;
        return REASON_GRANTED;
    }
    enum auth_reason reason = ask(r, &r->requests, &q, question_key(r, &q), at, &answer);

    if (reason != REASON_GRANTED)
        return reason;
    *out = &answer->device->device;
    return str_equal((*out)->app_name, gateway->app->name) ? REASON_GRANTED
                                                           : REASON_SERVICE_REFUSED;
}

/* Names as the service has them: what else they might mean is not known here. */
static bool means(void *arg, const struct auth_who *who, const struct str *application,
                  const struct str *device)
{
    UNUSED(arg);
    return (application == NULL || str_equal(*application, who->app->name)) &&
           (device == NULL || str_equal(*device, who->device->name));
}

/* --- keys ---------------------------------------------------------------------------------------
 */

static bool key_question(struct str psk_identity, struct auth_question *q)
{
    *q = (struct auth_question){.call = AUTH_CALL_KEY};
    return auth_session_split(psk_identity, &q->application, &q->device) &&
           utf8_valid(psk_identity);
}

static enum auth_reason prepare(void *arg, struct str psk_identity, const struct auth_moment *at)
{
    struct auth_remote *r = arg;
    const struct authn_answer *answer;
    struct auth_question q;

    if (!key_question(psk_identity, &q))
        return REASON_BAD_IDENTITY;
    return ask(r, &r->handshakes, &q, question_key(r, &q), at, &answer);
}

static enum auth_reason psk(void *arg, struct str psk_identity, int64_t wall_us,
                            struct identity *id)
{
    struct auth_remote *r = arg;
    struct auth_question q;

    if (!key_question(psk_identity, &q))
        return REASON_BAD_IDENTITY;
    const struct authn_answer *answer =
        verdict_cache_value(r->answers, question_key(r, &q), r->now_us);

    if (answer == NULL || answer == &unavailable)
        return REASON_UNAVAILABLE;
    if (!answer->pass)
        return REASON_SERVICE_REFUSED;
    if (wall_us < answer->psk.not_before_us || wall_us > answer->psk.not_after_us)
        return REASON_NO_VALID_KEY;
    identity_name(id, IDENTITY_PSK, answer->app->app.name, answer->device->device.name);
    identity_set_key(id, answer->psk.key);
    id->not_before_us = answer->psk.not_before_us;
    id->not_after_us = answer->psk.not_after_us;
    return REASON_GRANTED;
}

/* Is the key of the session the one by which the device would begin a session now? */
static enum auth_reason key_holds(struct auth_remote *r, const struct identity *id,
                                  const struct auth_moment *at, const struct authn_answer **out)
{
    const struct auth_question q = {
        .call = AUTH_CALL_KEY,
        .application = str_from(id->application),
        .device = str_from(id->device),
    };
    enum auth_reason reason = ask(r, &r->requests, &q, question_key(r, &q), at, out);

    if (reason != REASON_GRANTED)
        return reason;
    if ((*out)->psk.key.len != id->psk_len ||
        CRYPTO_memcmp((*out)->psk.key.ptr, id->psk, id->psk_len) != 0)
        return REASON_SESSION_REVOKED;
    return at->wall_us < (*out)->psk.not_before_us || at->wall_us > (*out)->psk.not_after_us
               ? REASON_SESSION_EXPIRED
               : REASON_GRANTED;
}

/* --- certificates -------------------------------------------------------------------------------
 */

/* The names of a chain in the contract (facts 2.8): its leaf's issuer, and the leaf. */
struct chain_names {
    char issuer[MAX_DN_LEN];
    char subject[MAX_DN_LEN];
};

static bool name_chain(STACK_OF(X509) * chain, struct chain_names *names, struct auth_question *q)
{
    const X509 *leaf = sk_X509_value(chain, 0);
    struct buf issuer = buf_over(names->issuer, sizeof names->issuer);
    struct buf subject = buf_over(names->subject, sizeof names->subject);

    dn_text(X509_get_issuer_name(leaf), &issuer);
    dn_text(X509_get_subject_name(leaf), &subject);
    *q = (struct auth_question){
        .call = AUTH_CALL_PROVE,
        .application = buf_str(&issuer),
        .device = buf_str(&subject),
        .proof = AUTH_PROOF_CERTIFICATE,
        .chain = chain,
    };
    return !issuer.overflow && !subject.overflow && utf8_valid(q->application) &&
           utf8_valid(q->device);
}

/* Of every byte of the chain: computed once a session. */
static struct verdict_key chain_key(const struct auth_remote *r, STACK_OF(X509) * chain)
{
    struct str parts[1 + MAX_CHAIN] = {STR("chain")};
    uint8_t *der[MAX_CHAIN] = {NULL};
    int count = sk_X509_num(chain);

    for (int i = 0; i < count; i++) {
        int len = i2d_X509(sk_X509_value(chain, i), &der[i]);

        assert(len > 0); /* it was read from its DER */
        parts[1 + i] = (struct str){(const char *)der[i], (size_t)len};
    }
    struct verdict_key key = verdict_cache_key(r->answers, parts, 1 + (size_t)count);

    for (int i = 0; i < count; i++)
        OPENSSL_free(der[i]);
    return key;
}

static enum auth_reason certificate(void *arg, STACK_OF(X509) * chain, int64_t wall_us,
                                    struct identity *id, int *verified)
{
    const struct auth_remote *r = arg;

    UNUSED(wall_us);
    *verified = X509_V_ERR_CERT_CHAIN_TOO_LONG;
    if (chain == NULL || sk_X509_num(chain) < 1 || sk_X509_num(chain) > MAX_CHAIN)
        return REASON_BAD_CHAIN;
    identity_fini(id);
    id->kind = IDENTITY_CERTIFICATE;
    identity_set_chain(id, chain);
    const struct verdict_key key = chain_key(r, chain);

    memcpy(id->chain_key, key.word, sizeof id->chain_key);
    *verified = X509_V_OK;
    return REASON_GRANTED;
}

static enum auth_reason chain_holds(struct auth_remote *r, const struct identity *id,
                                    const struct auth_moment *at, const struct authn_answer **out)
{
    struct chain_names names;
    struct auth_question q;
    struct verdict_key key;

    memcpy(key.word, id->chain_key, sizeof key.word);
    if (!name_chain(id->chain, &names, &q))
        return REASON_BAD_CHAIN;
    return ask(r, &r->requests, &q, key, at, out);
}

static enum auth_reason holds(void *arg, struct identity *id, const struct auth_moment *at,
                              struct auth_who *out)
{
    struct auth_remote *r = arg;
    const struct authn_answer *answer;
    enum auth_reason reason =
        id->kind == IDENTITY_PSK ? key_holds(r, id, at, &answer) : chain_holds(r, id, at, &answer);

    if (reason != REASON_GRANTED)
        return reason;
    tell(answer, out);
    if (id->application == NULL) /* the first time that its certificate is judged */
        identity_set_names(id, out->app->name, out->device->name);
    return str_equal(out->app->name, str_from(id->application)) &&
                   str_equal(out->device->name, str_from(id->device))
               ? REASON_GRANTED
               : REASON_SESSION_REVOKED;
}

/* --- answers ------------------------------------------------------------------------------------
 */

static void finish(struct auth_remote *r, struct work *w, int64_t now_us)
{
    struct authn_answer *answer = w->job.answer;

    if (answer != NULL)
        verdict_cache_put_value(r->answers, w->verdict, answer->pass, answer, r->cache_us, now_us);
    else
        verdict_cache_put_value(r->answers, w->verdict, false, &unavailable, UNAVAILABLE_US,
                                now_us);
    in_flight_done(w->in, &w->line);
    free(w);
}

static size_t poll_answers(void *arg, int64_t now_us, uint64_t *tickets, size_t max)
{
    struct auth_remote *r = arg;
    struct mail *next;

    for (struct mail *mail = mailbox_take(&r->mailbox); mail != NULL; mail = next) {
        struct authn_job *job = CONTAINER_OF(mail, struct authn_job, mail);

        next = mail->next;
        finish(r, CONTAINER_OF(job, struct work, job), now_us);
    }
    return in_flight_take(&r->requests, tickets, max);
}

static size_t poll_prepared(void *arg, uint64_t *tickets, size_t max)
{
    struct auth_remote *r = arg;

    return in_flight_take(&r->handshakes, tickets, max);
}

static int wake_fd(void *arg)
{
    const struct auth_remote *r = arg;

    return r->mailbox.wake_fd;
}

const struct auth_source auth_remote_source = {
    .prove = prove,
    .holds = holds,
    .means = means,
    .target = target,
    .prepare = prepare,
    .psk = psk,
    .certificate = certificate,
    .poll = poll_answers,
    .poll_prepared = poll_prepared,
    .wake_fd = wake_fd,
    .free = free_remote,
};
