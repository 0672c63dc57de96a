#include "reference/auth_session.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "reference/dn.h"
#include "reference/mutant.h"
#include "reference/x509_select.h"

enum { MAX_DN_LEN = 1024 };

/* An identity that held for entries of this generation needs no new look until one is newer. */
static uint64_t newest(const struct auth_who *who)
{
    return who->app->generation > who->device->generation ? who->app->generation
                                                          : who->device->generation;
}

static bool is_disabled(const struct auth_view *view, const struct registry_device *device)
{
    if (mutant_is(MUTANT_DISABLED_DEVICE_ACCEPTED))
        return false;
    return view->drogue_quirks ? device->broken : device->disabled;
}

enum auth_reason auth_session_find(const struct auth_view *view, struct str app, struct str device,
                                   struct auth_who *out)
{
    out->device = NULL;
    out->app = registry_find_app(view->reader, app);
    if (out->app == NULL)
        return REASON_UNKNOWN_APPLICATION;
    if (out->app->disabled && !mutant_is(MUTANT_DISABLED_APPLICATION_ACCEPTED))
        return REASON_DISABLED_APPLICATION;
    out->device = registry_find_device(view->reader, out->app->name, device);
    if (out->device == NULL)
        return REASON_UNKNOWN_DEVICE;
    return is_disabled(view, out->device) ? REASON_DISABLED_DEVICE : REASON_GRANTED;
}

/* Aliases of the device whose certificate this is. */
static const struct registry_device *find_by_subject(const struct registry_reader *reader,
                                                     const struct registry_app *app, X509 *leaf)
{
    char text[MAX_DN_LEN];
    struct buf dn = buf_over(text, sizeof text);

    dn_text(X509_get_subject_name(leaf), &dn);
    return dn.overflow ? NULL : registry_find_device(reader, app->name, buf_str(&dn));
}

static bool is_valid_at(const struct registry_psk *psk, int64_t wall_us)
{
    return (psk->not_before_us <= wall_us && wall_us <= psk->not_after_us) ||
           mutant_is(MUTANT_PSK_VALIDITY_IGNORED);
}

/* Is the key of this session one that could begin a session now? */
static enum auth_reason recheck_psk(const struct auth_who *who, struct identity *id,
                                    int64_t wall_us)
{
    for (size_t i = 0; i < who->device->psk_count; i++) {
        const struct registry_psk *psk = &who->device->psks[i];

        if (psk->key.len == id->psk_len && is_valid_at(psk, wall_us) &&
            CRYPTO_memcmp(psk->key.ptr, id->psk, id->psk_len) == 0) {
            id->not_before_us = psk->not_before_us;
            id->not_after_us = psk->not_after_us;
            return REASON_GRANTED;
        }
    }
    return REASON_SESSION_REVOKED;
}

static enum auth_reason recheck_certificate(const struct registry_reader *reader,
                                            const struct auth_who *who, struct identity *id,
                                            int64_t wall_us)
{
    struct x509_bounds bounds;

    if (find_by_subject(reader, who->app, sk_X509_value(id->chain, 0)) != who->device ||
        x509_check_chain(who->app, id->chain, wall_us, &bounds) != X509_V_OK)
        return REASON_SESSION_REVOKED;
    id->not_before_us = bounds.not_before_us;
    id->not_after_us = bounds.not_after_us;
    return REASON_GRANTED;
}

enum auth_reason auth_session_holds(const struct auth_view *view, struct identity *id,
                                    int64_t wall_us, struct auth_who *out)
{
    assert(id->kind != IDENTITY_NONE);
    enum auth_reason reason =
        auth_session_find(view, str_from(id->application), str_from(id->device), out);

    if (reason != REASON_GRANTED)
        return reason;
    /* The name may have become the alias of another one meanwhile. */
    if (!str_equal(out->app->name, str_from(id->application)) ||
        !str_equal(out->device->name, str_from(id->device)))
        return REASON_SESSION_REVOKED;
    if (mutant_is(MUTANT_REVOCATION_IGNORED_IN_SESSION))
        return REASON_GRANTED;
    if (newest(out) > id->checked_generation) {
        reason = id->kind == IDENTITY_PSK ? recheck_psk(out, id, wall_us)
                                          : recheck_certificate(view->reader, out, id, wall_us);
        if (reason != REASON_GRANTED)
            return reason;
        id->checked_generation = newest(out);
    }
    if ((wall_us < id->not_before_us || wall_us > id->not_after_us) &&
        !mutant_is(MUTANT_PSK_VALIDITY_IGNORED) && !mutant_is(MUTANT_CERTIFICATE_EXPIRY_IGNORED))
        return REASON_SESSION_EXPIRED;
    return REASON_GRANTED;
}

/* Does the validity of this key make it the one to be used rather than the other? A key without
 * dates is the oldest. Drogue Cloud takes the oldest, and of those that began together the one that
 * ends last (facts 2.7). */
static bool is_better(const struct auth_view *view, const struct registry_psk *a,
                      const struct registry_psk *b)
{
    if (!view->drogue_quirks && !mutant_is(MUTANT_PSK_OLDEST_WINS))
        return a->not_before_us > b->not_before_us;
    if (a->not_before_us != b->not_before_us)
        return a->not_before_us < b->not_before_us;
    return a->not_after_us > b->not_after_us;
}

static const struct registry_psk *best_key(const struct auth_view *view,
                                           const struct registry_device *device, int64_t wall_us)
{
    const struct registry_psk *best = NULL;

    for (size_t i = 0; i < device->psk_count; i++) {
        const struct registry_psk *psk = &device->psks[i];

        if (is_valid_at(psk, wall_us) && (best == NULL || is_better(view, psk, best)))
            best = psk;
    }
    return best;
}

bool auth_session_split(struct str psk_identity, struct str *app, struct str *device)
{
    const char *at = psk_identity.len == 0 ? NULL : memchr(psk_identity.ptr, '@', psk_identity.len);

    if (at == NULL)
        return false;
    *device = (struct str){psk_identity.ptr, (size_t)(at - psk_identity.ptr)};
    *app = (struct str){at + 1, psk_identity.len - device->len - 1};
    return true;
}

enum auth_reason auth_session_key(const struct auth_view *view, struct str app, struct str device,
                                  int64_t wall_us, struct auth_who *who,
                                  const struct registry_psk **out)
{
    enum auth_reason reason = auth_session_find(view, app, device, who);

    if (reason != REASON_GRANTED)
        return reason;
    *out = best_key(view, who->device, wall_us);
    return *out == NULL ? REASON_NO_VALID_KEY : REASON_GRANTED;
}

enum auth_reason auth_session_psk(const struct auth_view *view, struct str psk_identity,
                                  int64_t wall_us, struct identity *id)
{
    const struct registry_psk *psk = NULL;
    struct auth_who who;
    struct str app;
    struct str device;

    if (!auth_session_split(psk_identity, &app, &device))
        return REASON_BAD_IDENTITY;
    enum auth_reason reason = auth_session_key(view, app, device, wall_us, &who, &psk);

    if (reason != REASON_GRANTED)
        return reason;
    identity_name(id, IDENTITY_PSK, who.app->name, who.device->name);
    id->checked_generation = newest(&who);
    identity_set_key(id, psk->key);
    id->not_before_us = psk->not_before_us;
    id->not_after_us = psk->not_after_us;
    return REASON_GRANTED;
}

enum auth_reason auth_session_chain(const struct auth_view *view, STACK_OF(X509) * chain,
                                    int64_t wall_us, struct auth_who *who,
                                    struct x509_bounds *bounds, int *verified)
{
    *who = (struct auth_who){NULL, NULL};
    *verified = x509_select(view->reader, chain, wall_us, &who->app, bounds);
    if (*verified != X509_V_OK)
        return REASON_BAD_CHAIN;
    /* Whatever follows is no fault of the certificate. */
    *verified = X509_V_ERR_APPLICATION_VERIFICATION;
    if (who->app->disabled && !mutant_is(MUTANT_DISABLED_APPLICATION_ACCEPTED))
        return REASON_DISABLED_APPLICATION;
    who->device = find_by_subject(view->reader, who->app, sk_X509_value(chain, 0));
    if (who->device == NULL)
        return REASON_UNKNOWN_DEVICE;
    if (is_disabled(view, who->device))
        return REASON_DISABLED_DEVICE;
    *verified = X509_V_OK;
    return REASON_GRANTED;
}

enum auth_reason auth_session_certificate(const struct auth_view *view, STACK_OF(X509) * chain,
                                          int64_t wall_us, struct identity *id, int *verified)
{
    struct auth_who who;
    struct x509_bounds bounds;
    enum auth_reason reason = auth_session_chain(view, chain, wall_us, &who, &bounds, verified);

    if (reason != REASON_GRANTED)
        return reason;
    identity_name(id, IDENTITY_CERTIFICATE, who.app->name, who.device->name);
    id->checked_generation = newest(&who);
    identity_set_chain(id, chain);
    id->not_before_us = bounds.not_before_us;
    id->not_after_us = bounds.not_after_us;
    return REASON_GRANTED;
}
