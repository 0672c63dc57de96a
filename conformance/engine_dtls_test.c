#include "conformance/engine_fixture.h"

static void speaks_dtls_with_any_credentials(void **state)
{
#define PSK "local dev = c:device { psk = 'sixteen bytes ok' } "
    static const struct run runs[] = {
        {NULL, PSK "dev:post('/v1/a'):expect { code = '2.04', payload = dev.identity }",
         VERDICT_PASS,                                                                                                     NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL,
         PSK "dev:handshake { suites = 'TLS_PSK_WITH_AES_128_CCM_8' }:expect { suite = "
             "'TLS_PSK_WITH_AES_128_CCM_8', resumed = false, version = '1.2', "
             "extended_master_secret = true, within = '2 s' } dev:post('/v1/a'):expect {}",          VERDICT_PASS,         NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL,
         PSK "dev:handshake { suites = 'TLS_PSK_WITH_AES_128_GCM_SHA256' }:expect_failure { "
             "alert = 'handshake_failure' }",                                                        VERDICT_PASS,         NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL, PSK "dev:handshake { suites = 'TLS_PSK_WITH_AES_128_GCM_SHA256' }:expect {}",
         VERDICT_FAIL,                                                                                                     "handshake", "a DTLS session", "handshake_failure",  CASE_MUST,
         BINDING_COAPS_PSK                                                                                                                                                                                   },
        {NULL, PSK "dev:handshake {}:expect_failure {}",                                             VERDICT_FAIL,         "handshake",
         "no DTLS session",                                                                                                                               "CCM_8",              CASE_MUST, BINDING_COAPS_PSK },
        {NULL,
         PSK "dev:handshake { psk = { key = t.flip_bit(dev.key) }, timeout = '300 ms' }"
             ":expect_failure { or_silence = true }",                                                VERDICT_PASS,         NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL, "c:device():post('/v1/a'):expect { code = '2.04', payload = t.prefix('d1') }",
         VERDICT_PASS,                                                                                                     NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_X509},
        {NULL,
         "c:device():handshake { certificate = { to = '-1 h', intermediates = 2 }, suites = "
         "{ 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8' } }:expect { asked_certificate = true }",           VERDICT_PASS,         NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_X509},
        {NULL,
         PSK "dev.link:drop { flight = 5, message = 1 } dev:handshake { retransmit = '50 ms' }"
             ":expect {}",                                                                           VERDICT_PASS,         NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL,
         PSK "local hs = dev:start_handshake { stop_after = 1 } hs:await() "
             "c:expect('state', hs:state(), 'stopped')",                                             VERDICT_PASS,         NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL,
         PSK "dev:post('/v1/a'):expect {} dev:send_datagram(dev:last_datagram()) "
             "dev:send_datagram('garbage') dev:post('/v1/b'):expect { code = '2.04' }",              VERDICT_PASS,         NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL, PSK "dev.link:drop { to = 'device' } dev:post('/v1/a'):expect { transmissions = 2 }",
         VERDICT_PASS,                                                                                                     NULL,        NULL,             NULL,                 CASE_MUST, BINDING_COAPS_PSK },
        {NULL, PSK "dev:handshake { sutes = 'x' }",                                                  VERDICT_ERROR,        NULL,        NULL,             "is `suites` meant?",
         CASE_MUST,                                                                                                                                                                        BINDING_COAPS_PSK },
        {NULL, PSK "dev:handshake { suites = 'x' }",                                                 VERDICT_ERROR,        NULL,        NULL,             "x",                  CASE_MUST,
         BINDING_COAPS_PSK                                                                                                                                                                                   },
        {NULL, "c:device { transport = 'coap' }:post('/v1/a')",                                      VERDICT_INCONCLUSIVE, NULL,        NULL,
         "no coap://",                                                                                                                                                          CASE_MUST, BINDING_COAPS_PSK },
    };
#undef PSK

    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++)
        check(&runs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_dtls_with_any_credentials),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
