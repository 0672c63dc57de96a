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

enum auth_reason auth_session_find(const struct registry_reader *reader, struct str app,
                                   struct str device, struct auth_who *out)
{
    out->device = NULL;
    out->app = registry_find_app(reader, app);
    if (out->app == NULL)
        return REASON_UNKNOWN_APPLICATION;
    if (out->app->disabled && !mutant_is(MUTANT_DISABLED_APPLICATION_ACCEPTED))
        return REASON_DISABLED_APPLICATION;
    out->device = registry_find_device(reader, out->app->name, device);
    if (out->device == NULL)
        return REASON_UNKNOWN_DEVICE;
    return out->device->disabled && !mutant_is(MUTANT_DISABLED_DEVICE_ACCEPTED)
               ? REASON_DISABLED_DEVICE
               : REASON_GRANTED;
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

enum auth_reason auth_session_holds(const struct registry_reader *reader, struct identity *id,
                                    int64_t wall_us, struct auth_who *out)
{
    assert(id->kind != IDENTITY_NONE);
    enum auth_reason reason =
        auth_session_find(reader, str_from(id->application), str_from(id->device), out);

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
                                          : recheck_certificate(reader, out, id, wall_us);
        if (reason != REASON_GRANTED)
            return reason;
        id->checked_generation = newest(out);
    }
    if ((wall_us < id->not_before_us || wall_us > id->not_after_us) &&
        !mutant_is(MUTANT_PSK_VALIDITY_IGNORED) && !mutant_is(MUTANT_CERTIFICATE_EXPIRY_IGNORED))
        return REASON_SESSION_EXPIRED;
    return REASON_GRANTED;
}

static void fill(struct identity *id, enum identity_kind kind, const struct auth_who *who)
{
    identity_fini(id);
    id->kind = kind;
    id->application = xstrdup(who->app->name);
    id->device = xstrdup(who->device->name);
    id->checked_generation = newest(who);
}

/* Of the keys that are valid now the one whose validity began last; a key without dates is oldest.
 */
static const struct registry_psk *newest_key(const struct registry_device *device, int64_t wall_us)
{
    const struct registry_psk *best = NULL;

    for (size_t i = 0; i < device->psk_count; i++) {
        const struct registry_psk *psk = &device->psks[i];

        if (is_valid_at(psk, wall_us) && (best == NULL || psk->not_before_us > best->not_before_us))
            best = psk;
    }
    return best;
}

enum auth_reason auth_session_psk(const struct registry_reader *reader, struct str psk_identity,
                                  int64_t wall_us, struct identity *id)
{
    const char *at = psk_identity.len == 0 ? NULL : memchr(psk_identity.ptr, '@', psk_identity.len);
    struct auth_who who;

    if (at == NULL)
        return REASON_BAD_IDENTITY;
    struct str device = {psk_identity.ptr, (size_t)(at - psk_identity.ptr)};
    struct str app = {at + 1, psk_identity.len - device.len - 1};
    enum auth_reason reason = auth_session_find(reader, app, device, &who);

    if (reason != REASON_GRANTED)
        return reason;
    const struct registry_psk *psk = newest_key(who.device, wall_us);

    if (psk == NULL)
        return REASON_NO_VALID_KEY;
    fill(id, IDENTITY_PSK, &who);
    id->psk = xmalloc(psk->key.len);
    memcpy(id->psk, psk->key.ptr, psk->key.len);
    id->psk_len = psk->key.len;
    id->not_before_us = psk->not_before_us;
    id->not_after_us = psk->not_after_us;
    return REASON_GRANTED;
}

enum auth_reason auth_session_certificate(const struct registry_reader *reader,
                                          STACK_OF(X509) * chain, int64_t wall_us,
                                          struct identity *id, int *verified)
{
    struct auth_who who = {NULL, NULL};
    struct x509_bounds bounds;

    *verified = x509_select(reader, chain, wall_us, &who.app, &bounds);
    if (*verified != X509_V_OK)
        return REASON_BAD_CHAIN;
    /* Whatever follows is no fault of the certificate. */
    *verified = X509_V_ERR_APPLICATION_VERIFICATION;
    if (who.app->disabled && !mutant_is(MUTANT_DISABLED_APPLICATION_ACCEPTED))
        return REASON_DISABLED_APPLICATION;
    who.device = find_by_subject(reader, who.app, sk_X509_value(chain, 0));
    if (who.device == NULL)
        return REASON_UNKNOWN_DEVICE;
    if (who.device->disabled && !mutant_is(MUTANT_DISABLED_DEVICE_ACCEPTED))
        return REASON_DISABLED_DEVICE;
    STACK_OF(X509) *own = X509_chain_up_ref(chain);

    if (own == NULL)
        return REASON_BAD_CHAIN;
    fill(id, IDENTITY_CERTIFICATE, &who);
    id->chain = own;
    id->not_before_us = bounds.not_before_us;
    id->not_after_us = bounds.not_after_us;
    *verified = X509_V_OK;
    return REASON_GRANTED;
}
