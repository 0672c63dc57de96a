#include "reference/dtls_cookie.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

enum { SECRET_LEN = 32, HMAC_LEN = 32, SECRET_LIFETIME_S = 60 };

static EVP_MAC_CTX *new_secret(void)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    uint8_t secret[SECRET_LEN];
    int ok = RAND_bytes(secret, sizeof secret) == 1;

    ok &= EVP_MAC_init(mac, secret, sizeof secret, params);
    assert(ok);
    OPENSSL_cleanse(secret, sizeof secret);
    EVP_MAC_free(hmac);
    return mac;
}

void dtls_cookie_init(struct dtls_cookies *c, int64_t now_us)
{
    c->mac[0] = new_secret();
    c->mac[1] = new_secret();
    c->rotate_us = now_us + SECRET_LIFETIME_S * US_PER_S;
}

void dtls_cookie_fini(struct dtls_cookies *c)
{
    EVP_MAC_CTX_free(c->mac[0]);
    EVP_MAC_CTX_free(c->mac[1]);
}

static void rotate(struct dtls_cookies *c, int64_t now_us)
{
    int64_t lifetime_us = SECRET_LIFETIME_S * US_PER_S;

    if (now_us < c->rotate_us)
        return;
    if (now_us - c->rotate_us >= lifetime_us) { /* nobody asked for long: both are too old */
        dtls_cookie_fini(c);
        dtls_cookie_init(c, now_us);
        return;
    }
    EVP_MAC_CTX_free(c->mac[1]);
    c->mac[1] = c->mac[0];
    c->mac[0] = new_secret();
    c->rotate_us += lifetime_us;
}

static int add_addr(EVP_MAC_CTX *mac, const struct addr *a)
{
    if (a->len == 0)
        return 1;
    if (a->sa.sa_family == AF_INET) {
        return EVP_MAC_update(mac, (const uint8_t *)&a->in.sin_addr, sizeof a->in.sin_addr) &
               EVP_MAC_update(mac, (const uint8_t *)&a->in.sin_port, sizeof a->in.sin_port);
    }
    return EVP_MAC_update(mac, (const uint8_t *)&a->in6.sin6_addr, sizeof a->in6.sin6_addr) &
           EVP_MAC_update(mac, (const uint8_t *)&a->in6.sin6_port, sizeof a->in6.sin6_port);
}

/*
 * Version, random and session id are always in the message's first fragment, so a long ClientHello
 * needs no state either; suites and compression methods may not be, and are left out.
 */
static void compute(EVP_MAC_CTX *mac, const struct udp_path *path, const struct dtls_hello *hello,
                    uint8_t out[HMAC_LEN])
{
    size_t len = 0;
    int ok = EVP_MAC_init(mac, NULL, 0, NULL);

    ok &= EVP_MAC_update(mac, hello->version, 2);
    ok &= EVP_MAC_update(mac, hello->random, DTLS_RANDOM_LEN);
    ok &= EVP_MAC_update(mac, (const uint8_t *)hello->session_id.ptr, hello->session_id.len);
    ok &= add_addr(mac, &path->peer);
    ok &= add_addr(mac, &path->local);
    ok &= EVP_MAC_final(mac, out, &len, HMAC_LEN);
    assert(ok && len == HMAC_LEN);
}

void dtls_cookie_make(struct dtls_cookies *c, const struct udp_path *path,
                      const struct dtls_hello *hello, int64_t now_us, uint8_t out[DTLS_COOKIE_LEN])
{
    uint8_t hmac[HMAC_LEN];

    rotate(c, now_us);
    compute(c->mac[0], path, hello, hmac);
    memcpy(out, hmac, DTLS_COOKIE_LEN);
}

bool dtls_cookie_good(struct dtls_cookies *c, const struct udp_path *path,
                      const struct dtls_hello *hello, int64_t now_us)
{
    uint8_t hmac[HMAC_LEN];

    if (hello->cookie.len != DTLS_COOKIE_LEN)
        return false;
    rotate(c, now_us);
    for (size_t i = 0; i < COUNT(c->mac); i++) {
        compute(c->mac[i], path, hello, hmac);
        if (CRYPTO_memcmp(hmac, hello->cookie.ptr, DTLS_COOKIE_LEN) == 0)
            return true;
    }
    return false;
}
