/*
 * Stateless cookies: an HMAC over the path and the client's first parameters, under a secret that
 * changes (RFC 6347 4.2.1). A cookie stays good for one to two lifetimes of a secret.
 */
#ifndef REFERENCE_DTLS_COOKIE_H
#define REFERENCE_DTLS_COOKIE_H

#include <openssl/evp.h>

#include "lib/udp_path.h"
#include "reference/dtls_hello.h"

struct dtls_cookies {
    EVP_MAC_CTX *mac[2]; /* keyed: the newest first */
    int64_t rotate_us;   /* when the next secret is due */
};

void dtls_cookie_init(struct dtls_cookies *c, int64_t now_us);
void dtls_cookie_fini(struct dtls_cookies *c);

void dtls_cookie_make(struct dtls_cookies *c, const struct udp_path *path,
                      const struct dtls_hello *hello, int64_t now_us, uint8_t out[DTLS_COOKIE_LEN]);
bool dtls_cookie_good(struct dtls_cookies *c, const struct udp_path *path,
                      const struct dtls_hello *hello, int64_t now_us) MUST_CHECK;

#endif
