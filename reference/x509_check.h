/*
 * Does a client's certificate chain end in an application's trust anchor? (RFC 5280 6.1; AUTH-09,
 * AUTH-11, AUTH-21.)
 *
 * An anchor may be an intermediate CA, and may be sent along. The leaf may be a CA certificate
 * (RFC 5280 4.2.1.9), and must allow client authentication if it limits its use at all.
 */
#ifndef REFERENCE_X509_CHECK_H
#define REFERENCE_X509_CHECK_H

#include "lib/base.h"
#include "reference/registry_view.h"

/* Longest list of certificates that is looked at; a longer one is X509_V_ERR_CERT_CHAIN_TOO_LONG.
 */
enum { X509_CHECK_MAX_CHAIN = 8 };

/* Unix time in which the chain holds, both inclusive: the narrowest of its certificates. */
struct x509_bounds {
    int64_t not_before_us;
    int64_t not_after_us;
};

/* chain: leaf first, borrowed. X509_V_OK or X509_V_ERR_*; the outputs are set on X509_V_OK only. */
int x509_check_chain(const struct registry_app *app, STACK_OF(X509) * chain, int64_t wall_us,
                     struct x509_bounds *bounds) MUST_CHECK;

#endif
