#include "conformance/engine_testdtls.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/pki_forge.h"

struct dtls_peer {
    const char *psk;
    int udp;
    int stop[2];
    SSL_CTX *context;
    struct forged certificate;
    char name[256]; /* of the client */
    pthread_t thread;
};

static unsigned int on_psk(SSL *ssl, const char *identity, unsigned char *key, unsigned int cap)
{
    struct dtls_peer *p = SSL_get_app_data(ssl);
    size_t len = strlen(p->psk);

    assert(len <= cap);
    (void)strncpy(p->name, identity, sizeof p->name - 1);
    memcpy(key, p->psk, len);
    return (unsigned)len;
}

static int on_certificate(int good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct dtls_peer *p = SSL_get_app_data(ssl);

    UNUSED(good);
    if (X509_STORE_CTX_get_error_depth(store) == 0)
        (void)X509_NAME_get_text_by_NID(
            X509_get_subject_name(X509_STORE_CTX_get_current_cert(store)), NID_commonName, p->name,
            sizeof p->name);
    return 1;
}

static void make_context(struct dtls_peer *p)
{
    struct forge forge = {.seed = 1};
    struct forge_wish wish = {.subject = STR("CN=localhost"), .extended_usage = "serverAuth"};
    char why[FORGE_WHY_LEN];

    p->context = SSL_CTX_new(DTLS_server_method());
    bool ok = forge_make(&forge, &wish, clock_wall_us() / US_PER_S, &p->certificate, why) &&
              SSL_CTX_use_certificate(p->context, p->certificate.certificate) == 1 &&
              SSL_CTX_use_PrivateKey(p->context, p->certificate.key) == 1 &&
              SSL_CTX_set_cipher_list(p->context, "PSK-AES128-CCM8:ECDHE-ECDSA-AES128-CCM8") == 1;

    assert(ok);
    SSL_CTX_set_psk_server_callback(p->context, on_psk);
    SSL_CTX_set_verify(p->context, SSL_VERIFY_PEER, on_certificate);
}

/* False: told to end. */
static bool wait_readable(const struct dtls_peer *p)
{
    struct pollfd fds[] = {
        {.fd = p->stop[0], .events = POLLIN},
        {.fd = p->udp,     .events = POLLIN},
    };

    (void)poll(fds, COUNT(fds), -1);
    return fds[0].revents == 0;
}

static void answer(struct dtls_peer *p, SSL *ssl, const uint8_t *bytes)
{
    uint8_t out[300] = {0x60, 0x44};
    size_t token_len = bytes[0] & 15U;
    size_t name_len = strlen(p->name);

    if (bytes[1] != 2)
        return;
    out[0] |= (uint8_t)token_len;
    memcpy(out + 2, bytes + 2, 2 + token_len);
    out[4 + token_len] = 0xff;
    memcpy(out + 5 + token_len, p->name, name_len);
    (void)SSL_write(ssl, out, (int)(5 + token_len + name_len));
}

/* One association, until close_notify, a fatal alert, or the end of the test. */
static bool serve_one(struct dtls_peer *p, SSL *ssl)
{
    uint8_t bytes[2048];

    for (;;) {
        int n = SSL_read(ssl, bytes, sizeof bytes);
        int error = SSL_get_error(ssl, n);

        if (n > 4)
            answer(p, ssl, bytes);
        if (n <= 0 && error != SSL_ERROR_WANT_READ)
            return true;
        if (n <= 0 && !wait_readable(p))
            return false;
    }
}

static void *serve(void *arg)
{
    struct dtls_peer *p = arg;
    bool goes_on = true;

    while (goes_on && wait_readable(p)) {
        SSL *ssl = SSL_new(p->context);
        BIO *bio = BIO_new_dgram(p->udp, BIO_NOCLOSE); /* answers whoever wrote last */

        SSL_set_bio(ssl, bio, bio);
        SSL_set_app_data(ssl, p);
        SSL_set_accept_state(ssl);
        goes_on = serve_one(p, ssl);
        SSL_free(ssl);
    }
    return NULL;
}

struct dtls_peer *dtls_peer_new(const char *psk)
{
    struct dtls_peer *p = xcalloc(1, sizeof *p);
    struct addr a;

    p->psk = psk;
    p->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    make_context(p);
    bool ok = addr_parse(STR("127.0.0.1:0"), 0, &a) && bind(p->udp, &a.sa, a.len) == 0 &&
              pipe(p->stop) == 0 && pthread_create(&p->thread, NULL, serve, p) == 0;

    assert(ok);
    return p;
}

void dtls_peer_free(struct dtls_peer **p)
{
    (void)!write((*p)->stop[1], "x", 1);
    (void)pthread_join((*p)->thread, NULL);
    SSL_CTX_free((*p)->context);
    forged_fini(&(*p)->certificate);
    (void)close((*p)->udp);
    (void)close((*p)->stop[0]);
    (void)close((*p)->stop[1]);
    free(*p);
    *p = NULL;
}

uint16_t dtls_peer_port(const struct dtls_peer *p)
{
    struct addr a = {.len = sizeof a.in6};

    (void)getsockname(p->udp, &a.sa, &a.len);
    return addr_port(&a);
}
