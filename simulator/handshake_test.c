#include "simulator/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulator/handshake_testrun.h"

/* What a device with a certificate proves itself with. */
struct holder {
    struct forged cert;
    uint8_t *der;
    uint8_t *key;
    struct handshake_wish wish;
};

static struct holder holder_of(struct world *w, struct forge_wish wish)
{
    struct holder h = {0};
    int len;
    int key_len;

    if (wish.subject.len == 0)
        wish.subject = STR("O=app, CN=dev1");
    wish.issuer = &w->ca;
    h.cert = world_forge(w, &wish);
    len = i2d_X509(h.cert.certificate, &h.der);
    key_len = i2d_PrivateKey(h.cert.key, &h.key);
    assert_true(len > 0 && key_len > 0);
    h.wish.certificate_der = (struct str){(const char *)h.der, (size_t)len};
    h.wish.key_der = (struct str){(const char *)h.key, (size_t)key_len};
    return h;
}

static void holder_fini(struct holder *h)
{
    forged_fini(&h->cert);
    OPENSSL_free(h->der);
    OPENSSL_free(h->key);
}

static void want_certificates(struct world *w)
{
    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

static void must_be_done(const struct lab_device *d)
{
    assert_int_equal(d->result.outcome, HANDSHAKE_DONE);
    assert_int_equal(d->result.alert, -1);
    assert_int_equal(handshakes_in_flight(d->lab->handshakes), 0);
}

static const struct {
    const char *psk;
    const char *ecdhe;
    enum record_suite suite;
} suites[] = {
    {NULL,                              NULL,                                      RECORD_CCM_8},
    {"TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", RECORD_GCM  },
};

static void proves_itself_with_a_psk(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(suites); i++) {
        struct lab *lab =
            lab_new(1, (struct handshake_options){.cap = 1, .psk_suites = suites[i].psk});
        struct handshake_wish wish = lab_psk();
        struct lab_device *d = lab_try(lab, 0, &wish);

        must_be_done(d);
        assert_false(d->result.resumed);
        assert_int_equal(d->keys.top_read >> 56, suites[i].suite);
        assert_int_equal(d->keys.window, 1); /* the server's Finished */
        assert_int_equal(d->ticket.len, 0);
        assert_true(lab_talks(d));
        assert_true(lab_talks(d));
        lab_free(lab);
    }
}

static void proves_itself_with_a_certificate(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(suites); i++) {
        struct lab *lab =
            lab_new(1, (struct handshake_options){.cap = 1, .ecdhe_suites = suites[i].ecdhe});
        struct holder h = holder_of(lab->devices[0].world, (struct forge_wish){0});
        struct lab_device *d = &lab->devices[0];

        want_certificates(d->world);
        lab_meet(d);
        (void)lab_try(lab, 0, &h.wish);
        must_be_done(d);
        assert_int_equal(d->keys.top_read >> 56, suites[i].suite);
        assert_int_equal(X509_cmp(SSL_get0_peer_certificate(d->world->server), h.cert.certificate),
                         0);
        assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(d->world->server)), 0);
        assert_true(lab_talks(d));
        holder_fini(&h);
        lab_free(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proves_itself_with_a_psk),
        cmocka_unit_test(proves_itself_with_a_certificate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
