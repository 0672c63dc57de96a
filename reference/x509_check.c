#include "reference/x509_check.h"

#include <time.h>

#include "reference/mutant.h"
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* As in DTLS: RSA from 2048 bits, no SHA-1 signatures. */
enum { SECURITY_LEVEL = 2 };

static bool unix_us(const ASN1_TIME *time, int64_t *out)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *out = (int64_t)timegm(&tm) * US_PER_S;
    return true;
}

static bool narrow(STACK_OF(X509) * verified, struct x509_bounds *bounds)
{
    *bounds = (struct x509_bounds){INT64_MIN, INT64_MAX};
    for (int i = 0; i < sk_X509_num(verified); i++) {
        const X509 *certificate = sk_X509_value(verified, i);
        int64_t from;
        int64_t to;

        if (!unix_us(X509_get0_notBefore(certificate), &from) ||
            !unix_us(X509_get0_notAfter(certificate), &to))
            return false;
        if (from > bounds->not_before_us)
            bounds->not_before_us = from;
        if (to < bounds->not_after_us)
            bounds->not_after_us = to;
    }
    return true;
}

/* The chain with this stack of anchors as the only trusted ones. */
static int verify(STACK_OF(X509) * anchors, STACK_OF(X509) * chain, int64_t wall_us,
                  struct x509_bounds *bounds)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int result = X509_V_ERR_UNSPECIFIED;

    if (ctx == NULL || X509_STORE_CTX_init(ctx, NULL, sk_X509_value(chain, 0), chain) != 1)
        goto out;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

    X509_STORE_CTX_set0_trusted_stack(ctx, anchors);
    if (!mutant_is(MUTANT_CERTIFICATE_EXPIRY_IGNORED)) /* a time that is set is checked anyhow */
        X509_VERIFY_PARAM_set_time(param, (time_t)(wall_us / US_PER_S));
    X509_VERIFY_PARAM_set_depth(param, X509_CHECK_MAX_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

    if (mutant_is(MUTANT_CERTIFICATE_EXPIRY_IGNORED))
        flags |= X509_V_FLAG_NO_CHECK_TIME;
    if (X509_VERIFY_PARAM_set_flags(param, flags) != 1 ||
        (!mutant_is(MUTANT_CERTIFICATE_EKU_IGNORED) &&
         X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT) != 1))
        goto out;
    int good = X509_verify_cert(ctx);

    result = X509_STORE_CTX_get_error(ctx);
    if (good != 1)
        result = result == X509_V_OK ? X509_V_ERR_UNSPECIFIED : result;
    else if (!narrow(X509_STORE_CTX_get0_chain(ctx), bounds))
        result = X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
out:
    X509_STORE_CTX_free(ctx);
    return result;
}

static int check_length(STACK_OF(X509) * chain)
{
    if (chain == NULL || sk_X509_num(chain) < 1)
        return X509_V_ERR_INVALID_CALL;
    if (sk_X509_num(chain) > 1 && mutant_is(MUTANT_ANCHOR_SENT_ALONG_REFUSED))
        return X509_V_ERR_CERT_CHAIN_TOO_LONG;
    return sk_X509_num(chain) > X509_CHECK_MAX_CHAIN ? X509_V_ERR_CERT_CHAIN_TOO_LONG : X509_V_OK;
}

/* One anchor at a time: of two with the same name (a renewed CA) OpenSSL would try only one. */
int x509_check_chain(const struct registry_app *app, STACK_OF(X509) * chain, int64_t wall_us,
                     struct x509_bounds *bounds)
{
    int result = check_length(chain);
    STACK_OF(X509) *anchor = NULL;

    if (result != X509_V_OK)
        return result;
    result = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    anchor = sk_X509_new_null();
    (void)ERR_set_mark();
    for (size_t i = 0; i < app->anchor_count; i++) {
        (void)sk_X509_pop(anchor);
        if (sk_X509_push(anchor, app->anchors[i].certificate) < 1)
            break;
        int one = verify(anchor, chain, wall_us, bounds);

        /* "Not signed by this anchor" says least of all that can be wrong. */
        if (one == X509_V_OK || result == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
            result = one;
        if (one == X509_V_OK)
            break;
    }
    (void)ERR_pop_to_mark();
    sk_X509_free(anchor);
    return result;
}
