#include "simulator/mold.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/sha.h>

enum { POINT_LEN = 65, SCALAR_LEN = 32, SERIAL_LEN = 8, SIGNATURE_MAX = 72, TAIL_MAX = 100 };

struct caster {
    EVP_PKEY_CTX *generator;
    EVP_MD_CTX *signer;
};

static void public_point(EVP_PKEY *key, uint8_t *out)
{
    size_t len = 0;
    int done = EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, POINT_LEN, &len);

    assert(done == 1 && len == POINT_LEN && out[0] == 4);
    UNUSED(done);
}

/* The place of bytes in the mold; they are there once. */
static size_t place(const struct mold *m, const void *bytes, size_t len)
{
    const uint8_t *at = memmem(m->tbs, m->tbs_len, bytes, len);

    assert(at != NULL);
    return (size_t)(at - m->tbs);
}

static void find_places(struct mold *m, const struct forged *sample, struct str name)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(sample->certificate);
    uint8_t point[POINT_LEN], hash[SHA_DIGEST_LENGTH];

    assert(ASN1_STRING_length(serial) == SERIAL_LEN);
    m->serial_at = place(m, ASN1_STRING_get0_data(serial), SERIAL_LEN);
    m->name_at = place(m, name.ptr, name.len);
    public_point(sample->key, point);
    m->key_at = place(m, point, sizeof point);
    (void)SHA1(point, sizeof point, hash); /* RFC 5280 4.2.1.2 (1) */
    m->hash_at = place(m, hash, sizeof hash);
}

bool mold_init(struct mold *m, const struct forge_wish *wish, int64_t now_s, char *why)
{
    struct forged sample = {.certificate = NULL};
    struct str name = {wish->subject.ptr + wish->subject.len - MOLD_NAME_LEN, MOLD_NAME_LEN};
    uint8_t *end = m->tbs;
    int len;

    *m = (struct mold){.authority = wish->issuer->key};
    /* the number must not need a zero byte in front, nor be shorter than 8 bytes */
    for (struct forge forge = {.seed = 1};; forged_fini(&sample)) {
        const ASN1_INTEGER *serial;

        if (!forge_make(&forge, wish, now_s, &sample, why))
            return false;
        serial = X509_get0_serialNumber(sample.certificate);
        if (ASN1_STRING_length(serial) == SERIAL_LEN)
            break;
    }
    len = i2d_re_X509_tbs(sample.certificate, NULL);
    assert(len > 0 && (size_t)len + TAIL_MAX <= sizeof m->tbs);
    m->tbs_len = (size_t)i2d_re_X509_tbs(sample.certificate, &end);
    find_places(m, &sample, name);
    forged_fini(&sample);
    return true;
}

struct caster *caster_new(void)
{
    struct caster *c = xcalloc(1, sizeof *c);

    c->generator = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    c->signer = EVP_MD_CTX_new();
    assert(c->generator != NULL && c->signer != NULL);
    bool ok = EVP_PKEY_keygen_init(c->generator) == 1 &&
              EVP_PKEY_CTX_set_ec_paramgen_curve_nid(c->generator, NID_X9_62_prime256v1) == 1;

    assert(ok);
    UNUSED(ok);
    return c;
}

void caster_free(struct caster **c)
{
    if (*c == NULL)
        return;
    EVP_PKEY_CTX_free((*c)->generator);
    EVP_MD_CTX_free((*c)->signer);
    free(*c);
    *c = NULL;
}

/* ECPrivateKey of RFC 5915 3. */
static void write_key(EVP_PKEY *key, const uint8_t *point, uint8_t *out)
{
    static const uint8_t head[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
    static const uint8_t middle[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                     0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00};
    BIGNUM *scalar = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1;

    _Static_assert(sizeof head + SCALAR_LEN + sizeof middle + POINT_LEN == MOLD_KEY_LEN,
                   "the parts are the whole");
    memcpy(out, head, sizeof head);
    ok = ok && BN_bn2binpad(scalar, out + sizeof head, SCALAR_LEN) == SCALAR_LEN;
    assert(ok);
    memcpy(out + sizeof head + SCALAR_LEN, middle, sizeof middle);
    memcpy(out + sizeof head + SCALAR_LEN + sizeof middle, point, POINT_LEN);
    BN_clear_free(scalar);
}

/* Certificate of RFC 5280 4.1: what was signed, how, and the signature. */
static size_t assemble(const uint8_t *tbs, size_t tbs_len, const uint8_t *signature,
                       size_t signature_len, uint8_t *out)
{
    static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    size_t len = tbs_len + sizeof algorithm + 3 + signature_len;
    uint8_t *at = out;

    assert(len > 0xff && signature_len < 0x7f);
    *at++ = 0x30;
    *at++ = 0x82;
    *at++ = (uint8_t)(len >> 8);
    *at++ = (uint8_t)len;
    memcpy(at, tbs, tbs_len);
    at += tbs_len;
    memcpy(at, algorithm, sizeof algorithm);
    at += sizeof algorithm;
    *at++ = 0x03;
    *at++ = (uint8_t)(signature_len + 1);
    *at++ = 0;
    memcpy(at, signature, signature_len);
    return (size_t)(at - out) + signature_len;
}

void mold_cast(const struct mold *m, struct caster *c, const char *name, uint64_t serial,
               struct cast *out)
{
    uint8_t tbs[MOLD_CERTIFICATE_MAX], point[POINT_LEN], signature[SIGNATURE_MAX];
    size_t signature_len = sizeof signature;
    EVP_PKEY *key = NULL;
    bool ok = EVP_PKEY_keygen(c->generator, &key) == 1;

    assert(ok);
    public_point(key, point);
    memcpy(tbs, m->tbs, m->tbs_len);
    memcpy(tbs + m->name_at, name, MOLD_NAME_LEN);
    memcpy(tbs + m->key_at, point, POINT_LEN);
    (void)SHA1(point, POINT_LEN, tbs + m->hash_at);
    for (int i = 0; i < SERIAL_LEN; i++)
        tbs[m->serial_at + (size_t)i] = (uint8_t)((serial | UINT64_C(1) << 62) >> (56 - 8 * i));
    ok = EVP_DigestSignInit(c->signer, NULL, EVP_sha256(), NULL, m->authority) == 1 &&
         EVP_DigestSign(c->signer, signature, &signature_len, tbs, m->tbs_len) == 1;
    assert(ok);
    (void)EVP_MD_CTX_reset(c->signer);
    out->certificate_len = assemble(tbs, m->tbs_len, signature, signature_len, out->certificate);
    write_key(key, point, out->key);
    EVP_PKEY_free(key);
}
