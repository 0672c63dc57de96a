#include "reference/x509_select.h"

#include "lib/buf.h"
#include "reference/dn.h"

enum { MAX_DN_LEN = 1024 };

static const struct registry_app *find_by_issuer(const struct registry_reader *reader,
                                                 const X509 *certificate)
{
    char text[MAX_DN_LEN];
    struct buf dn = buf_over(text, sizeof text);

    dn_text(X509_get_issuer_name(certificate), &dn);
    return dn.overflow ? NULL : registry_find_app(reader, buf_str(&dn));
}

/* The certificate in the list whose subject is the issuer of this one; NULL when none. */
static X509 *find_issuer(STACK_OF(X509) * chain, const X509 *certificate)
{
    const X509_NAME *issuer = X509_get_issuer_name(certificate);

    for (int i = 1; i < sk_X509_num(chain); i++) {
        X509 *one = sk_X509_value(chain, i);

        if (one != certificate && X509_NAME_cmp(X509_get_subject_name(one), issuer) == 0)
            return one;
    }
    return NULL;
}

int x509_select(const struct registry_reader *reader, STACK_OF(X509) * chain, int64_t wall_us,
                const struct registry_app **app, struct x509_bounds *bounds)
{
    const struct registry_app *before = NULL;
    const X509 *at = chain == NULL ? NULL : sk_X509_value(chain, 0);
    int result = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;

    /* The count ends a walk in a circle of names. */
    for (int step = 0; at != NULL && step < X509_CHECK_MAX_CHAIN; step++) {
        const struct registry_app *found = find_by_issuer(reader, at);

        if (found != NULL && found != before) {
            int one = x509_check_chain(found, chain, wall_us, bounds);

            if (one == X509_V_OK) {
                *app = found;
                return X509_V_OK;
            }
            if (result == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
                result = one;
            before = found;
        }
        at = find_issuer(chain, at);
    }
    return result;
}
