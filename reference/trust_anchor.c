#include "reference/trust_anchor.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/rfc3339.h"
#include "reference/dn.h"

static const struct {
    const char *error; /* as Drogue Cloud names it */
    const char *text;
} errors[] = {
    [TRUST_ANCHOR_OK] = {"",                   "valid"                          },
    [TRUST_ANCHOR_NO_BASE64] = {"Failed",             "The certificate is not base64"  },
    [TRUST_ANCHOR_NO_CERTIFICATE] = {"NoCertificateFound",
                         "No PEM or DER encoded certificate was found"          },
    [TRUST_ANCHOR_BAD_CERTIFICATE] = {"Failed",             "Failed to parse the certificate"},
};

const char *trust_anchor_text(enum trust_anchor_err err)
{
    return errors[err].text;
}

/* The first block `CERTIFICATE` of a PEM text. */
static enum trust_anchor_err decode_pem(const uint8_t *bytes, size_t len, X509 **out)
{
    BIO *bio = BIO_new_mem_buf(bytes, (int)len);
    enum trust_anchor_err err = TRUST_ANCHOR_NO_CERTIFICATE;
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long der_len = 0;

    assert(bio != NULL);
    while (err == TRUST_ANCHOR_NO_CERTIFICATE &&
           PEM_read_bio(bio, &name, &header, &der, &der_len) == 1) {
        if (strcmp(name, PEM_STRING_X509) == 0) {
            const unsigned char *at = der;

            *out = d2i_X509(NULL, &at, der_len);
            err = *out != NULL ? TRUST_ANCHOR_OK : TRUST_ANCHOR_BAD_CERTIFICATE;
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    BIO_free(bio);
    return err;
}

enum trust_anchor_err trust_anchor_decode(struct str base64, X509 **out)
{
    uint8_t *bytes = xmalloc(BASE64_DECODED_MAX(base64.len));
    enum trust_anchor_err err = TRUST_ANCHOR_NO_BASE64;
    size_t len;

    *out = NULL;
    if (base64_decode(base64, bytes, BASE64_DECODED_MAX(base64.len), &len) && len <= INT32_MAX) {
        const unsigned char *at = bytes;

        if (len > 0 && bytes[0] == 0x30) { /* a SEQUENCE: DER */
            *out = d2i_X509(NULL, &at, (long)len);
            err = *out != NULL ? TRUST_ANCHOR_OK : TRUST_ANCHOR_BAD_CERTIFICATE;
        } else {
            err = decode_pem(bytes, len, out);
        }
    }
    free(bytes);
    ERR_clear_error();
    /* Builds the cache of extensions now, before threads share the certificate. */
    if (err == TRUST_ANCHOR_OK)
        (void)X509_check_purpose(*out, -1, 0);
    ERR_clear_error();
    return err;
}

const json_t *trust_anchor_list(const json_t *section, const char **fault)
{
    const json_t *anchors = json_object_get(section, "anchors");
    const json_t *anchor;
    size_t i;

    *fault = NULL;
    if (!json_is_object(section))
        *fault = ": expected an object";
    else if (!json_is_array(anchors))
        *fault = ".anchors: expected an array";
    else
        json_array_foreach(anchors, i, anchor)
        {
            if (!json_is_string(json_object_get(anchor, "certificate")))
                *fault = ".anchors[].certificate: expected a string, base64 of a PEM or DER "
                         "certificate, in each anchor";
        }
    return *fault == NULL ? anchors : NULL;
}

static json_t *time_json(const ASN1_TIME *asn1)
{
    char text[64];
    struct buf b = buf_over(text, sizeof text);
    struct tm tm;

    if (ASN1_TIME_to_tm(asn1, &tm) != 1)
        return json_null();
    rfc3339_format((int64_t)timegm(&tm) * US_PER_S, &b);
    return json_stringn(b.ptr, b.len);
}

static json_t *valid_json(const X509 *certificate, const json_t *base64)
{
    struct buf dn = buf_growing();
    json_t *subject;

    dn_text(X509_get_subject_name(certificate), &dn);
    subject = json_stringn(dn.len > 0 ? dn.ptr : "", dn.len);
    buf_fini(&dn);
    return json_pack("{s:{s:o,s:O,s:o,s:o}}", "valid", "subject", subject, "certificate", base64,
                     "notBefore", time_json(X509_get0_notBefore(certificate)), "notAfter",
                     time_json(X509_get0_notAfter(certificate)));
}

json_t *trust_anchor_status(const json_t *anchors)
{
    json_t *list = json_array();
    const json_t *anchor;
    size_t i;

    json_array_foreach(anchors, i, anchor)
    {
        const json_t *base64 = json_object_get(anchor, "certificate");
        const struct str text = {json_string_value(base64), json_string_length(base64)};
        X509 *certificate;
        const enum trust_anchor_err err = trust_anchor_decode(text, &certificate);

        (void)json_array_append_new(list, err == TRUST_ANCHOR_OK
                                              ? valid_json(certificate, base64)
                                              : json_pack("{s:{s:s,s:s}}", "invalid", "error",
                                                          errors[err].error, "message",
                                                          errors[err].text));
        X509_free(certificate);
    }
    return json_pack("{s:o}", "anchors", list);
}
