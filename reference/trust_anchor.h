/*
 * Trust anchors of an application: `spec.trustAnchors` decoded, and the report on them for
 * `status.trustAnchors`.
 */
#ifndef REFERENCE_TRUST_ANCHOR_H
#define REFERENCE_TRUST_ANCHOR_H

#include <jansson.h>
#include <openssl/x509.h>

#include "lib/base.h"

enum trust_anchor_err {
    TRUST_ANCHOR_OK,
    TRUST_ANCHOR_NO_BASE64,
    TRUST_ANCHOR_NO_CERTIFICATE, /* neither DER nor PEM with a certificate */
    TRUST_ANCHOR_BAD_CERTIFICATE,
};

/*
 * The certificate in base64 text: of PEM (the first certificate in it counts, as in Drogue Cloud)
 * or of DER. *out is the caller's (X509_free), NULL unless TRUST_ANCHOR_OK.
 */
enum trust_anchor_err trust_anchor_decode(struct str base64, X509 **out) MUST_CHECK;

/* A sentence for people. */
const char *trust_anchor_text(enum trust_anchor_err err);

/*
 * The array `anchors` of the section, borrowed; NULL when the section cannot be decoded, with
 * *fault the path below the section and what was expected.
 */
const json_t *trust_anchor_list(const json_t *section, const char **fault);

/*
 * `{"anchors":[{"valid":{subject,certificate,notBefore,notAfter}},{"invalid":{error,message}}]}`
 * for that list: a new reference.
 */
json_t *trust_anchor_status(const json_t *anchors);

#endif
