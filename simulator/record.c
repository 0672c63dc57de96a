#include "simulator/record.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

enum {
    KEY_LEN = 16,
    SALT_LEN = 4,
    EXPLICIT_LEN = 8, /* of the nonce: epoch and sequence number. RFC 5288 3, RFC 6655 3 */
    NONCE_LEN = SALT_LEN + EXPLICIT_LEN,
    AAD_LEN = 13, /* RFC 5246 6.2.3.3 */
    WINDOW = 64,
    SEQUENCE_BITS = 48,
    SUITE_SHIFT = 56,
    MAX_DIGEST = 48,
    SECRET_LEN = 48,
    RANDOM_LEN = 32,
    VERSION = 0xfefd, /* DTLS 1.2 */
};
static const uint64_t sequence_mask = (UINT64_C(1) << SEQUENCE_BITS) - 1;

/* The two kinds of record.h. */
struct suite {
    const char *name;
    size_t tag_len;
    bool tells_len; /* CCM wants the length before the bytes */
};
static const struct suite suites[] = {
    [RECORD_CCM_8] = {"AES-128-CCM", 8,  true },
    [RECORD_GCM] = {"AES-128-GCM", 16, false},
};

struct record_crypto {
    EVP_CIPHER_CTX *seal[COUNT(suites)];
    EVP_CIPHER_CTX *open[COUNT(suites)];
    EVP_MAC_CTX *hmac[2]; /* SHA-256, SHA-384 */
};

/* What OpenSSL refuses here, it refuses because of our bug. */
static void must(int ok)
{
    assert(ok == 1);
}

static uint64_t read_be(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void write_be(uint8_t *bytes, size_t len, uint64_t value)
{
    for (size_t i = len; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
}

/* --- the contexts of a thread --- */

static EVP_CIPHER_CTX *new_cipher(const struct suite *suite, int encrypts)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, suite->name, NULL);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

    assert(cipher != NULL && c != NULL);
    must(EVP_CipherInit_ex2(c, cipher, NULL, NULL, encrypts, NULL));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN, NULL));
    if (suite->tells_len)
        must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)suite->tag_len, NULL));
    EVP_CIPHER_free(cipher);
    return c;
}

static EVP_MAC_CTX *new_hmac(EVP_MAC *mac, char *digest)
{
    EVP_MAC_CTX *c = EVP_MAC_CTX_new(mac);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    assert(c != NULL);
    must(EVP_MAC_CTX_set_params(c, parameters));
    return c;
}

struct record_crypto *record_crypto_new(void)
{
    struct record_crypto *c = xcalloc(1, sizeof *c);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    assert(mac != NULL);
    for (size_t i = RECORD_CCM_8; i < COUNT(suites); i++) {
        c->seal[i] = new_cipher(&suites[i], 1);
        c->open[i] = new_cipher(&suites[i], 0);
    }
    c->hmac[0] = new_hmac(mac, (char[]){"SHA256"});
    c->hmac[1] = new_hmac(mac, (char[]){"SHA384"});
    EVP_MAC_free(mac);
    return c;
}

void record_crypto_free(struct record_crypto **c)
{
    struct record_crypto *gone = *c;

    if (gone == NULL)
        return;
    *c = NULL;
    for (size_t i = 0; i < COUNT(suites); i++) {
        EVP_CIPHER_CTX_free(gone->seal[i]);
        EVP_CIPHER_CTX_free(gone->open[i]);
    }
    for (size_t i = 0; i < COUNT(gone->hmac); i++)
        EVP_MAC_CTX_free(gone->hmac[i]);
    free(gone);
}

/* --- keys --- */

/* out = HMAC(secret, a | b); with a NULL secret the one of before. Returns its length. */
static size_t hmac(EVP_MAC_CTX *c, const uint8_t *secret, struct str a, struct str b, uint8_t *out)
{
    size_t len = 0;

    must(EVP_MAC_init(c, secret, secret != NULL ? SECRET_LEN : 0, NULL));
    must(EVP_MAC_update(c, (const uint8_t *)a.ptr, a.len));
    must(EVP_MAC_update(c, (const uint8_t *)b.ptr, b.len));
    must(EVP_MAC_final(c, out, &len, MAX_DIGEST));
    return len;
}

/* P_hash of RFC 5246 5. OpenSSL's TLS1-PRF gives the same and takes three times as long. */
static void expand(EVP_MAC_CTX *c, const uint8_t *secret, struct str seed, uint8_t *out, size_t len)
{
    uint8_t a[MAX_DIGEST];
    uint8_t block[MAX_DIGEST];
    size_t digest_len = hmac(c, secret, seed, (struct str){"", 0}, a);
    struct str chain = {(const char *)a, digest_len};

    for (size_t at = 0; at < len; at += digest_len) {
        if (at > 0)
            (void)hmac(c, NULL, chain, (struct str){"", 0}, a);
        (void)hmac(c, NULL, chain, seed, block);
        memcpy(out + at, block, len - at < digest_len ? len - at : digest_len);
    }
    OPENSSL_cleanse(block, sizeof block);
}

void record_keys_make(struct record_crypto *c, const struct record_secrets *secrets,
                      struct record_keys *out)
{
    static const char label[] = "key expansion";
    enum { LABEL_LEN = sizeof label - 1 };
    char seed[LABEL_LEN + 2 * RANDOM_LEN];
    uint8_t block[2 * (KEY_LEN + SALT_LEN)]; /* client's key, server's key, client's salt, ... */
    size_t ours = secrets->is_server ? 1 : 0;

    assert(secrets->suite == RECORD_CCM_8 || secrets->suite == RECORD_GCM);
    memcpy(seed, label, LABEL_LEN);
    memcpy(seed + LABEL_LEN, secrets->server_random, RANDOM_LEN);
    memcpy(seed + LABEL_LEN + RANDOM_LEN, secrets->client_random, RANDOM_LEN);
    expand(c->hmac[secrets->sha384 ? 1 : 0], secrets->master, (struct str){seed, sizeof seed},
           block, sizeof block);
    *out = (struct record_keys){
        .next_write = secrets->next_write,
        .top_read = secrets->top_read | (uint64_t)secrets->suite << SUITE_SHIFT,
        .window = secrets->window,
    };
    memcpy(out->write_key, block + ours * KEY_LEN, KEY_LEN);
    memcpy(out->read_key, block + (1 - ours) * KEY_LEN, KEY_LEN);
    memcpy(out->write_salt, block + 2 * KEY_LEN + ours * SALT_LEN, SALT_LEN);
    memcpy(out->read_salt, block + 2 * KEY_LEN + (1 - ours) * SALT_LEN, SALT_LEN);
    OPENSSL_cleanse(block, sizeof block);
}

/* --- records --- */

static enum record_suite suite_of(const struct record_keys *k)
{
    enum record_suite suite = (enum record_suite)(k->top_read >> SUITE_SHIFT);

    assert(suite == RECORD_CCM_8 || suite == RECORD_GCM);
    return suite;
}

/* The nonce, and what else is authenticated: number, type, version, length. */
struct frame {
    uint8_t nonce[NONCE_LEN];
    uint8_t aad[AAD_LEN];
};

static void make_frame(struct frame *f, const uint8_t *salt, const uint8_t *explicit_nonce,
                       const struct record_head *head, size_t plain_len)
{
    memcpy(f->nonce, salt, SALT_LEN);
    memcpy(f->nonce + SALT_LEN, explicit_nonce, EXPLICIT_LEN);
    write_be(f->aad, 8, head->number);
    f->aad[8] = head->type;
    write_be(f->aad + 9, 2, VERSION);
    write_be(f->aad + 11, 2, plain_len);
}

size_t record_seal(struct record_crypto *c, struct record_keys *k, enum record_type type,
                   const uint8_t *plain, size_t len, uint8_t *out)
{
    const struct suite *suite = &suites[suite_of(k)];
    EVP_CIPHER_CTX *cipher = c->seal[suite_of(k)];
    struct record_head head = {(uint8_t)type, k->next_write, 0};
    uint8_t *body = out + RECORD_HEAD + EXPLICIT_LEN;
    struct frame f;
    int n = 0;

    assert(len <= RECORD_MAX_PLAIN && (k->next_write & sequence_mask) != sequence_mask);
    k->next_write++;
    out[0] = head.type;
    write_be(out + 1, 2, VERSION);
    write_be(out + 3, 8, head.number);
    write_be(out + 11, 2, EXPLICIT_LEN + len + suite->tag_len);
    write_be(out + RECORD_HEAD, EXPLICIT_LEN, head.number);
    make_frame(&f, k->write_salt, out + RECORD_HEAD, &head, len);
    must(EVP_EncryptInit_ex2(cipher, NULL, k->write_key, f.nonce, NULL));
    if (suite->tells_len)
        must(EVP_EncryptUpdate(cipher, NULL, &n, NULL, (int)len));
    must(EVP_EncryptUpdate(cipher, NULL, &n, f.aad, AAD_LEN));
    must(EVP_EncryptUpdate(cipher, body, &n, plain, (int)len));
    must(EVP_EncryptFinal_ex(cipher, body + len, &n));
    must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, (int)suite->tag_len, body + len));
    return RECORD_HEAD + EXPLICIT_LEN + len + suite->tag_len;
}

bool record_head_read(const uint8_t *bytes, size_t len, struct record_head *out)
{
    if (len < RECORD_HEAD)
        return false;
    *out = (struct record_head){
        .type = bytes[0],
        .number = read_be(bytes + 3, 8),
        .len = RECORD_HEAD + (size_t)read_be(bytes + 11, 2),
    };
    return out->len <= len;
}

/* Was this number accepted before, or is it too old to know? RFC 6347 4.1.2.6 */
static bool is_replayed(const struct record_keys *k, uint64_t sequence)
{
    uint64_t top = k->top_read & sequence_mask;

    if (sequence > top)
        return false;
    return top - sequence >= WINDOW || (k->window >> (top - sequence) & 1) != 0;
}

static void mark_accepted(struct record_keys *k, uint64_t sequence)
{
    uint64_t top = k->top_read & sequence_mask;

    if (sequence <= top) {
        k->window |= UINT64_C(1) << (top - sequence);
        return;
    }
    k->window = sequence - top < WINDOW ? k->window << (sequence - top) | 1 : 1;
    k->top_read += sequence - top;
}

/* The bytes behind the head, which hold at least nonce and tag. */
static bool is_authentic(struct record_crypto *c, const struct record_keys *k,
                         const uint8_t *record, const struct record_head *head, uint8_t *out)
{
    const struct suite *suite = &suites[suite_of(k)];
    EVP_CIPHER_CTX *cipher = c->open[suite_of(k)];
    const uint8_t *body = record + RECORD_HEAD + EXPLICIT_LEN;
    size_t len = head->len - RECORD_HEAD - EXPLICIT_LEN - suite->tag_len;
    uint8_t tag[16];
    struct frame f;
    int n = 0;

    make_frame(&f, k->read_salt, record + RECORD_HEAD, head, len);
    memcpy(tag, body + len, suite->tag_len);
    must(EVP_DecryptInit_ex2(cipher, NULL, k->read_key, f.nonce, NULL));
    must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, (int)suite->tag_len, tag));
    if (suite->tells_len)
        must(EVP_DecryptUpdate(cipher, NULL, &n, NULL, (int)len));
    must(EVP_DecryptUpdate(cipher, NULL, &n, f.aad, AAD_LEN));
    if (EVP_DecryptUpdate(cipher, out, &n, body, (int)len) != 1) /* CCM checks here, GCM below */
        return false;
    return suite->tells_len || EVP_DecryptFinal_ex(cipher, out + len, &n) == 1;
}

enum record_got record_open(struct record_crypto *c, struct record_keys *k, const uint8_t *bytes,
                            size_t len, uint8_t *plain, struct record_opened *out)
{
    size_t around = RECORD_HEAD + EXPLICIT_LEN + suites[suite_of(k)].tag_len;
    struct record_head head;

    out->used = len;
    if (!record_head_read(bytes, len, &head))
        return RECORD_CUT;
    out->used = head.len;
    if (head.number >> SEQUENCE_BITS != k->next_write >> SEQUENCE_BITS)
        return RECORD_OTHER_EPOCH;
    if (is_replayed(k, head.number & sequence_mask))
        return RECORD_REPLAYED;
    if (read_be(bytes + 1, 2) != VERSION || head.len < around ||
        head.len - around > RECORD_MAX_PLAIN)
        return RECORD_FORGED;
    if (!is_authentic(c, k, bytes, &head, plain)) {
        ERR_clear_error(); /* SSL objects of this thread would take it for theirs */
        return RECORD_FORGED;
    }
    mark_accepted(k, head.number & sequence_mask);
    out->type = (enum record_type)head.type;
    out->len = head.len - around;
    return RECORD_GOOD;
}
