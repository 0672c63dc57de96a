/*
 * Datagrams of any content from three peers into a server, some of them with a good cookie, in
 * virtual time. The input: an action and a length for each datagram, then its bytes.
 */
#include <stdlib.h>

#include <openssl/err.h>

#include "reference/dtls_hello.h"
#include "reference/dtls_identity.h"
#include "reference/dtls_server.h"
#include "reference/dtls_testpki.h"

enum { PEERS = 3 };

static struct dtls_context *context;
static struct dtls_server *server;
static struct config config = {.workers = 1,
                               .dtls_mtu = 600,
                               .dtls_idle_us = 60 * US_PER_S,
                               .dtls_handshake_timeout_us = 10 * US_PER_S,
                               .dtls_retransmit_us = US_PER_S,
                               .dtls_max_handshakes = 3,
                               .dtls_max_sessions = 3};
static struct udp_path paths[PEERS];
static uint8_t cookie[PEERS][DTLS_COOKIE_LEN]; /* the last that the server gave it */
static int64_t now_us;
static uint64_t held; /* the handshake that waited last */

static void on_send(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    UNUSED(arg);
    assert(len >= 13 && len <= 600);
    for (size_t i = 0; i < PEERS; i++)
        if (len == DTLS_VERIFY_REQUEST_LEN && bytes[13] == 3 && udp_path_equal(path, &paths[i]))
            memcpy(cookie[i], bytes + DTLS_VERIFY_REQUEST_LEN - DTLS_COOKIE_LEN, DTLS_COOKIE_LEN);
}

static void on_receive(void *arg, struct dtls_session *session, const uint8_t *bytes, size_t len)
{
    UNUSED(arg);
    (void)dtls_session_send(session, bytes, len, now_us);
}

static void on_closed(void *arg, struct dtls_session *session)
{
    UNUSED(arg);
    assert(dtls_session_id(session) != 0);
}

static size_t on_psk(void *arg, struct str psk_identity, int64_t wall_us, struct identity *id,
                     uint8_t *key, size_t key_cap)
{
    UNUSED(arg);
    UNUSED(psk_identity);
    UNUSED(wall_us);
    assert(key_cap >= 16);
    id->kind = IDENTITY_PSK;
    memset(key, 0, 16);
    return 16;
}

static int on_certificate(void *arg, STACK_OF(X509) * chain, int64_t wall_us, struct identity *id)
{
    UNUSED(arg);
    UNUSED(wall_us);
    id->kind = IDENTITY_CERTIFICATE;
    id->chain = X509_chain_up_ref(chain);
    return X509_V_OK;
}

/* Every other handshake is held until the next datagram. */
static bool on_psk_ready(void *arg, struct str psk_identity, uint64_t handshake)
{
    UNUSED(arg);
    assert(psk_identity.len <= DTLS_IDENTITY_MAX);
    if (handshake % 2 == 0 || handshake == held)
        return true;
    held = handshake;
    return false;
}

static int64_t clock_us(void)
{
    return now_us;
}

static void start(void)
{
    static const struct dtls_hooks hooks = {
        .send = on_send,
        .receive = on_receive,
        .closed = on_closed,
        .psk = on_psk,
        .certificate = on_certificate,
        .psk_ready = on_psk_ready,
    };
    static struct metrics metrics;

    if (context == NULL) {
        struct testpki pki = testpki_new("server", false, 0);
        char why[DTLS_WHY_LEN];

        testpki_write(&pki, NULL);
        context = dtls_context_new(pki.cert_file, pki.key_file, why);
        assert(context != NULL);
        testpki_fini(&pki);
    }
    for (size_t i = 0; i < PEERS; i++) {
        paths[i].peer.len = sizeof paths[i].peer.in;
        paths[i].peer.in.sin_family = AF_INET;
        paths[i].peer.in.sin_port = (uint16_t)(i + 1);
    }
    server = dtls_server_new(context, &config, &metrics, &hooks, NULL, now_us);
}

/* Puts the peer's cookie where the ClientHello has room for one. */
static void use_cookie(uint8_t *bytes, size_t len, size_t peer)
{
    struct dtls_record record;
    struct dtls_hello hello;

    if (dtls_record_read(bytes, len, &record) && dtls_hello_read(&record, &hello) &&
        hello.cookie.len == DTLS_COOKIE_LEN)
        memcpy(bytes + ((const uint8_t *)hello.cookie.ptr - bytes), cookie[peer], DTLS_COOKIE_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (server == NULL)
        start();
    while (len >= 2) {
        size_t peer = data[0] % PEERS;
        size_t used = (size_t)data[1] * (data[0] & 4 ? 8 : 1);
        uint8_t *bytes;

        if (data[0] & 8) {
            now_us += data[1] * 100 * US_PER_MS;
            dtls_server_tick(server, now_us);
        }
        dtls_server_resume(server, held);
        data += 2;
        len -= 2;
        used = used < len ? used : len;
        bytes = xmalloc(used + 1);
        memcpy(bytes, data, used);
        for (int i = 0; i < 2; i++) { /* the second time with the cookie that the first one gave */
            dtls_server_receive(server, &paths[peer], bytes, used, now_us, now_us);
            use_cookie(bytes, used, peer);
        }
        while (dtls_server_work(server, 0, clock_us, now_us, now_us)) {
        }
        free(bytes);
        data += used;
        len -= used;
    }
    assert(ERR_peek_error() == 0);
    dtls_server_free(&server);
    return 0;
}
