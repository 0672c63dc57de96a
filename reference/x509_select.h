/*
 * Which application does a client's certificate chain lead to? (AUTH-08, AUTH-21)
 *
 * It is found by the issuer's name, first the leaf's, then that of each certificate which was sent
 * along and stands above it. Names only propose: an application counts when the chain's signatures
 * end in one of its own anchors.
 */
#ifndef REFERENCE_X509_SELECT_H
#define REFERENCE_X509_SELECT_H

#include "reference/registry.h"
#include "reference/x509_check.h"

/* As x509_check_chain, for each application that comes into question. */
int x509_select(const struct registry_reader *reader, STACK_OF(X509) * chain, int64_t wall_us,
                const struct registry_app **app, struct x509_bounds *bounds) MUST_CHECK;

#endif
