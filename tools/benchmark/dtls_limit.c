/*
 * bench_dtls_limit: the least that a DTLS server on OpenSSL must do. Cookies by DTLSv1_listen, the
 * endpoint's suites, one key for every PSK identity, client certificates verified by OpenSSL
 * against one authority, batches of datagrams by lib/udp, sessions found by a hash of the peer and
 * kept until their close_notify. No timers, no limits, no registry. A record of four bytes or more
 * is answered like bench_coap_limit. Ends when stdin does.
 *
 * With --take-over a session that is established gives its keys to simulator/record and frees its
 * SSL object: some 200 bytes in place of 70 KB, for a generator with very many devices. With --seed
 * its clients are devices of seatrial-swarm: each has its own key, and their authority is in the
 * folder --credentials.
 *
 * By SIGTERM it says how many sessions it has and how many messages it answered.
 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "lib/clock.h"
#include "lib/siphash.h"
#include "simulator/credentials.h"
#include "simulator/identity.h"
#include "simulator/record.h"
#include "tools/benchmark/bench.h"
#include "tools/benchmark/datagram_bio.h"

enum { BUCKETS = 1 << 18, COOKIE_LEN = 32, CLIENT_HELLO = 1, ANSWER_MAX = 12 };

struct session {
    struct session *next; /* in its bucket */
    SSL *ssl;             /* NULL: taken over */
    struct udp_path path;
    bool established;
    struct record_keys keys;
    /* Taken over: our last flight, until a record shows that it came. */
    uint8_t *flight;
    size_t flight_len;
};

struct limit {
    int port;
    const char *cert_file;
    const char *key_file;
    const char *ca_file;
    const char *psk;
    const char *seed;
    const char *credentials;
    bool take_over;
    struct record_crypto *crypto;
    struct udp_io *io;
    int fd;
    struct datagram_bio bio;
    SSL_CTX *context;
    SSL *listener;
    BIO_ADDR *ignored;
    EVP_MAC_CTX *cookie_mac;
    uint8_t hash_key[SIPHASH_KEY_LEN];
    struct session **buckets;
    long long sessions;
    long long answered;
};

/* clang-format off */
static const struct opt options[] = {
    OPT_ROW(limit, port, "port", INTEGER, "0", "N", "0", "65535", "Serve this UDP port.", 0),
    OPT_ROW(limit, cert_file, "cert", TEXT, NULL, "FILE", NULL, NULL, "Certificate.", 0),
    OPT_ROW(limit, key_file, "key", TEXT, NULL, "FILE", NULL, NULL, "Its key.", 0),
    OPT_ROW(limit, ca_file, "ca", TEXT, NULL, "FILE", NULL, NULL, "Authority of the clients.", 0),
    OPT_ROW(limit, psk, "psk", TEXT, NULL, "TEXT", NULL, NULL, "The pre-shared key.", 0),
    OPT_ROW(limit, seed, "seed", TEXT, NULL, "HEX", NULL, NULL,
            "In place of --psk: the devices of this seed of the swarm.", 0),
    OPT_ROW(limit, credentials, "credentials", TEXT, NULL, "DIR", NULL, NULL,
            "In place of --ca: the swarm's certificates of the seed.", 0),
    OPT_ROW(limit, take_over, "take-over", FLAG, NULL, NULL, NULL, NULL,
            "Keep keys, not SSL objects; suites with AES_128 and CCM_8 or GCM only.", 0),
};
/* clang-format on */

static const char suites[] =
    "PSK-AES128-GCM-SHA256:PSK-AES256-GCM-SHA384:PSK-AES128-CCM:PSK-AES256-CCM:PSK-AES128-CCM8:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-CCM:"
    "ECDHE-ECDSA-AES128-CCM8";

/* What simulator/record carries. */
static const char light_suites[] = "PSK-AES128-GCM-SHA256:PSK-AES128-CCM8:"
                                   "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-CCM8";

static struct limit *limit_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* DEVICE@APPLICATION */
static unsigned answer_psk_of_swarm(const struct limit *l, const char *identity, unsigned char *key)
{
    const char *at = strchr(identity, '@');
    uint32_t device;

    if (at == NULL ||
        !identity_device_number((struct str){identity, (size_t)(at - identity)}, &device))
        return 0;
    identity_psk(strtoull(l->seed, NULL, 16), device, key);
    return IDENTITY_PSK_LEN;
}

static unsigned answer_psk(SSL *ssl, const char *identity, unsigned char *key, unsigned cap)
{
    struct limit *l = limit_of(ssl);

    if (l->seed != NULL)
        return cap < IDENTITY_PSK_LEN ? 0 : answer_psk_of_swarm(l, identity, key);
    size_t len = strlen(l->psk);

    if (len > cap)
        return 0;
    memcpy(key, l->psk, len);
    return (unsigned)len;
}

static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned *len)
{
    struct limit *l = limit_of(ssl);
    const struct addr *peer = &l->bio.path->peer;
    size_t made = 0;

    *len = COOKIE_LEN;
    return EVP_MAC_init(l->cookie_mac, NULL, 0, NULL) &&
           EVP_MAC_update(l->cookie_mac, (const uint8_t *)&peer->in, sizeof peer->in) &&
           EVP_MAC_final(l->cookie_mac, cookie, &made, COOKIE_LEN);
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned len)
{
    unsigned char good[COOKIE_LEN];
    unsigned good_len;

    return make_cookie(ssl, good, &good_len) && len == good_len && memcmp(cookie, good, len) == 0;
}

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_dtls_limit: %s: ", what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static void make_cookie_mac(struct limit *l)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_end(),
    };
    uint8_t key[32];

    l->cookie_mac = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (RAND_bytes(key, sizeof key) != 1 || RAND_bytes(l->hash_key, sizeof l->hash_key) != 1 ||
        EVP_MAC_init(l->cookie_mac, key, sizeof key, parameters) != 1)
        die("cookies");
}

/* Trusts the authority of the swarm's certificates. */
static bool trust_swarm(const struct limit *l, SSL_CTX *context)
{
    char why[CREDENTIALS_WHY_LEN];
    struct credentials_options o = {.folder = l->credentials,
                                    .seed = strtoull(l->seed, NULL, 16),
                                    .now_s = clock_wall_us() / US_PER_S};
    struct credentials *c = credentials_open(&o, why);
    struct buf pem = buf_growing();

    if (c == NULL)
        die(why);
    credentials_anchor(c, &pem);
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    X509 *anchor = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool ok = anchor != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), anchor) == 1;

    X509_free(anchor);
    BIO_free(bio);
    buf_fini(&pem);
    credentials_close(&c);
    return ok;
}

static bool trust(const struct limit *l, SSL_CTX *context)
{
    if (l->credentials != NULL)
        return trust_swarm(l, context);
    return l->ca_file == NULL || SSL_CTX_load_verify_locations(context, l->ca_file, NULL) == 1;
}

static void make_context(struct limit *l)
{
    SSL_CTX *c = SSL_CTX_new(DTLS_server_method());

    if (c == NULL || SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(c, l->take_over ? light_suites : suites) != 1 ||
        SSL_CTX_set1_groups_list(c, "P-256") != 1 ||
        SSL_CTX_use_certificate_chain_file(c, l->cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(c, l->key_file, SSL_FILETYPE_PEM) != 1 || !trust(l, c))
        die("context");
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(c, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_COOKIE_EXCHANGE);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cookie_generate_cb(c, make_cookie);
    SSL_CTX_set_cookie_verify_cb(c, check_cookie);
    SSL_CTX_set_psk_server_callback(c, answer_psk);
    SSL_CTX_set_app_data(c, l);
    l->context = c;
}

static struct session **bucket_of(const struct limit *l, const struct udp_path *path)
{
    uint8_t text[10];

    memcpy(text, &path->peer.in.sin_addr, 4);
    memcpy(text + 4, &path->peer.in.sin_port, 2);
    memcpy(text + 6, &path->local.in.sin_addr, 4);
    return &l->buckets[siphash13(l->hash_key, text, sizeof text) & (BUCKETS - 1)];
}

static struct session **find(const struct limit *l, const struct udp_path *path)
{
    struct session **at = bucket_of(l, path);

    while (*at != NULL && !udp_path_equal(&(*at)->path, path))
        at = &(*at)->next;
    return at;
}

static void end(struct limit *l, struct session **at)
{
    struct session *s = *at;

    l->sessions -= s->established;
    *at = s->next;
    SSL_free(s->ssl);
    free(s->flight);
    free(s);
}

static SSL *new_listener(struct limit *l)
{
    SSL *ssl = SSL_new(l->context);
    BIO *bio = datagram_bio_new(&l->bio);

    assert(ssl != NULL);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    SSL_set_mtu(ssl, 1200);
    return ssl;
}

/* The ACK with 2.04 to a message. Returns its length; 0: there is none. */
static size_t make_answer(struct limit *l, const uint8_t *bytes, size_t len, uint8_t *ack)
{
    size_t token_len = len < 4 ? 0 : (size_t)(bytes[0] & 0x0f);

    if (len < 4 + token_len || token_len > 8)
        return 0;
    ack[0] = (uint8_t)(0x60 | token_len);
    ack[1] = 0x44;
    memcpy(ack + 2, bytes + 2, 2 + token_len);
    l->answered++;
    return 4 + token_len;
}

/* --- sessions without an SSL object --- */

/* The handshake is over and our Finished has just left. */
static void take_over(struct limit *l, struct session *s)
{
    bool is_ccm = SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(s->ssl)) == NID_aes_128_ccm;
    struct record_secrets secrets = {.suite = is_ccm ? RECORD_CCM_8 : RECORD_GCM,
                                     .is_server = true};
    struct record_head head;

    for (size_t at = 0; record_head_read(l->bio.out + at, l->bio.out_len - at, &head);
         at += head.len)
        secrets.next_write = head.number + 1;
    if (SSL_SESSION_get_master_key(SSL_get_session(s->ssl), secrets.master,
                                   sizeof secrets.master) != sizeof secrets.master ||
        secrets.next_write >> 48 != 1)
        die("keys");
    (void)SSL_get_client_random(s->ssl, secrets.client_random, sizeof secrets.client_random);
    (void)SSL_get_server_random(s->ssl, secrets.server_random, sizeof secrets.server_random);
    record_keys_make(l->crypto, &secrets, &s->keys);
    s->flight = xmalloc(l->bio.out_len);
    s->flight_len = l->bio.out_len;
    memcpy(s->flight, l->bio.out, s->flight_len);
    SSL_free(s->ssl);
    s->ssl = NULL;
}

static void answer_record(struct limit *l, struct session *s, const uint8_t *plain, size_t len)
{
    uint8_t ack[ANSWER_MAX];
    uint8_t out[sizeof ack + RECORD_OVERHEAD];
    size_t ack_len = make_answer(l, plain, len, ack);

    free(s->flight);
    s->flight = NULL;
    if (ack_len > 0)
        udp_send(l->io, l->fd, &s->path, out,
                 record_seal(l->crypto, &s->keys, RECORD_DATA, ack, ack_len, out));
}

/* False: the session is over. */
static bool serve_records(struct limit *l, struct session *s, const uint8_t *bytes, size_t len)
{
    static uint8_t plain[RECORD_MAX_PLAIN];
    struct record_opened opened;

    for (; len > 0; bytes += opened.used, len -= opened.used) {
        if (record_open(l->crypto, &s->keys, bytes, len, plain, &opened) != RECORD_GOOD)
            continue;
        if (opened.type == RECORD_ALERT)
            return false;
        if (opened.type == RECORD_DATA)
            answer_record(l, s, plain, opened.len);
        else if (s->flight != NULL) /* the client's Finished again: ours was lost */
            udp_send(l->io, l->fd, &s->path, s->flight, s->flight_len);
    }
    return true;
}

/* Of a device that begins anew from the same address. RFC 6347 4.2.8 */
static bool is_client_hello(const uint8_t *bytes, size_t len)
{
    struct record_head head;

    return record_head_read(bytes, len, &head) && head.number >> 48 == 0 &&
           head.type == RECORD_HANDSHAKE && head.len > RECORD_HEAD &&
           bytes[RECORD_HEAD] == CLIENT_HELLO;
}

/* --- the others --- */

/* The datagram is with the BIO. False: the session is over. */
static bool serve(struct limit *l, struct session *s)
{
    static uint8_t plain[16384];
    uint8_t ack[ANSWER_MAX];
    int got;

    ERR_clear_error();
    if (!s->established) {
        got = SSL_accept(s->ssl);
        s->established = got == 1;
        l->sessions += s->established;
        if (got != 1)
            return SSL_get_error(s->ssl, got) == SSL_ERROR_WANT_READ;
        if (l->take_over) {
            take_over(l, s);
            return true;
        }
    }
    while ((got = SSL_read(s->ssl, plain, sizeof plain)) > 0) {
        size_t len = make_answer(l, plain, (size_t)got, ack);

        if (len > 0)
            (void)SSL_write(s->ssl, ack, (int)len);
    }
    return SSL_get_error(s->ssl, got) == SSL_ERROR_WANT_READ;
}

static void receive(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct limit *l = arg;
    struct session **at = find(l, path);

    if (*at != NULL && (*at)->established && (*at)->ssl == NULL && !is_client_hello(bytes, len)) {
        if (!serve_records(l, *at, bytes, len))
            end(l, at);
        return;
    }
    datagram_bio_aim(&l->bio, path, bytes, len);
    if (*at == NULL || (*at)->ssl == NULL) {
        ERR_clear_error();
        if (l->listener == NULL)
            l->listener = new_listener(l);
        if (DTLSv1_listen(l->listener, l->ignored) != 1)
            return;
        if (*at != NULL)
            end(l, at);
        struct session *s = xcalloc(1, sizeof *s);

        *s = (struct session){.next = *at, .ssl = l->listener, .path = *path};
        *at = s;
        l->listener = NULL;
    }
    if (!serve(l, *at))
        end(l, at);
}

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_dtls_limit", "the least a DTLS server does", options,
                                    COUNT(options)};
    struct limit l = {.io = udp_io_new(), .ignored = BIO_ADDR_new(), .crypto = record_crypto_new()};

    bench_options(&program, &l, argc, argv);
    if (l.cert_file == NULL || l.key_file == NULL ||
        ((l.ca_file == NULL || l.psk == NULL) && l.seed == NULL))
        die("--cert, --key, and either --ca and --psk or --seed are needed");
    l.fd = bench_socket((uint16_t)l.port);
    l.buckets = xcalloc(BUCKETS, sizeof(*l.buckets));
    datagram_bio_init(&l.bio, l.io, l.fd);
    make_context(&l);
    make_cookie_mac(&l);
    bench_catch_end();
    bench_say_ready(l.fd);
    while (bench_wait(l.fd)) {
        while (udp_receive(l.io, l.fd, 0, receive, &l) == UDP_BATCH) {
        }
        (void)udp_flush(l.io);
    }
    (void)printf("{\"sessions\":%lld,\"answered\":%lld}\n", l.sessions, l.answered);
    return 0; /* what is kept goes with the process */
}
