#include "reference/dtls_session.h"

#include <stdlib.h>
#include <sys/time.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "reference/mutant.h"

enum {
    MAX_INPUTS = 16,              /* datagrams that wait for a handshake's turn */
    MAX_INPUT_BYTES = 64 * 1024,  /* all of them */
    MAX_EARLY = 16,               /* OpenSSL keeps 17 KB for each that comes before the keys */
    MAX_BAD_FINISHED = 2,         /* one may have been damaged on its way */
    DECRYPT_ERROR = 51,           /* RFC 5246 7.2 */
    LEAN_AFTER_S = 5,             /* of silence; freeing and making buffers costs 4 us */
    MAX_RETRANSMIT_US = 60000000, /* RFC 6347 4.2.4.1 */
};

struct dtls_session *dtls_session_new(struct dtls_shared *shared, const struct udp_path *path,
                                      const uint8_t random[DTLS_RANDOM_LEN], int64_t now_us)
{
    struct dtls_session *s = xcalloc(1, sizeof *s);

    s->shared = shared;
    s->path = *path;
    s->id = dtls_context_next_id(shared->context);
    s->heard_us = now_us;
    s->input_tail = &s->input;
    memcpy(s->random, random, DTLS_RANDOM_LEN);
    return s;
}

void dtls_session_free(struct dtls_session *s)
{
    struct dtls_input *input;

    while ((input = dtls_session_take_input(s)) != NULL)
        free(input);
    SSL_free(s->ssl);
    identity_fini(&s->identity);
    free(s->named);
    free(s);
}

bool dtls_session_add_input(struct dtls_session *s, const uint8_t *bytes, size_t len)
{
    struct dtls_record record;
    struct dtls_input *input;

    if (s->input_count == MAX_INPUTS || s->input_bytes + len > MAX_INPUT_BYTES)
        return false;
    if (dtls_record_read(bytes, len, &record) && record.epoch > 0 && ++s->early_count > MAX_EARLY)
        return false;
    input = xmalloc(sizeof *input + len);
    input->next = NULL;
    input->len = len;
    memcpy(input->bytes, bytes, len);
    *s->input_tail = input;
    s->input_tail = &input->next;
    s->input_count++;
    s->input_bytes += len;
    return true;
}

struct dtls_input *dtls_session_take_input(struct dtls_session *s)
{
    struct dtls_input *input = s->input;

    if (input == NULL)
        return NULL;
    s->input = input->next;
    if (s->input == NULL)
        s->input_tail = &s->input;
    s->input_count--;
    s->input_bytes -= input->len;
    return input;
}

/* --- what OpenSSL asks ---------------------------------------------------------------------- */

int dtls_session_verify(struct dtls_session *s, STACK_OF(X509) * chain)
{
    identity_fini(&s->identity);
    return s->shared->hooks.certificate(s->shared->arg, chain, s->shared->wall_us, &s->identity);
}

/*
 * An identity that is nobody's goes on with a random key, and fails as a wrong key does
 * (RFC 4279 2): who guesses learns nothing.
 */
static unsigned answer_psk(SSL *ssl, const char *psk_identity, unsigned char *key, unsigned key_cap)
{
    enum { RANDOM_KEY_LEN = 32 };
    struct dtls_session *s = SSL_get_app_data(ssl);
    size_t len;

    identity_fini(&s->identity);
    len = s->shared->hooks.psk(s->shared->arg, str_from(psk_identity), s->shared->wall_us,
                               &s->identity, key, key_cap);
    assert(len <= key_cap);
    if (len > 0)
        return (unsigned)len;
    s->refused = true;
    return RAND_bytes(key, RANDOM_KEY_LEN) == 1 ? RANDOM_KEY_LEN : 0;
}

static unsigned next_timer_us(SSL *ssl, unsigned timer_us)
{
    struct dtls_session *s = SSL_get_app_data(ssl);

    if (timer_us == 0)
        return (unsigned)s->shared->retransmit_us;
    return timer_us > MAX_RETRANSMIT_US / 2 ? MAX_RETRANSMIT_US : timer_us * 2;
}

/* --- handshake ------------------------------------------------------------------------------ */

/*
 * DTLSv1_listen takes a second message only. A client whose cookie had become too old has sent
 * more: OpenSSL is made to count as far, with ClientHellos that it answers to nobody.
 */
static void count_to(struct dtls_session *s, uint16_t message_seq)
{
    struct dtls_bio *bio = &s->shared->bio;
    uint8_t bare[DTLS_BARE_HELLO_LEN];

    SSL_set_options(s->ssl, SSL_OP_COOKIE_EXCHANGE);
    bio->mute = true;
    for (uint16_t i = 0; i < message_seq; i++) {
        dtls_hello_bare(i, bare);
        dtls_bio_give(bio, bare, sizeof bare);
        (void)SSL_accept(s->ssl);
    }
    bio->mute = false;
}

/* Makes OpenSSL ready to read the ClientHello in bytes, whose cookie is known to be good. */
static bool start(struct dtls_session *s, const uint8_t *bytes, size_t len)
{
    struct dtls_shared *shared = s->shared;
    BIO *bio = dtls_bio_new(&shared->bio);
    struct dtls_record record;
    struct dtls_hello hello;
    bool ok = dtls_record_read(bytes, len, &record) && dtls_hello_read(&record, &hello);

    assert(ok);
    s->ssl = dtls_context_accept(shared->context);
    SSL_set_bio(s->ssl, bio, bio);
    SSL_set_app_data(s->ssl, s);
    SSL_set_psk_server_callback(s->ssl, answer_psk);
    SSL_set_mtu(s->ssl, shared->mtu);
    DTLS_set_timer_cb(s->ssl, next_timer_us);
    if (hello.message_seq != 1)
        count_to(s, hello.message_seq);
    dtls_bio_give(&shared->bio, bytes, len);
    return hello.message_seq != 1 || DTLSv1_listen(s->ssl, shared->peer) == 1;
}

static bool has_encrypted_handshake(const uint8_t *bytes, size_t len)
{
    struct dtls_record record;

    while (dtls_record_read(bytes, len, &record)) {
        if (record.type == DTLS_HANDSHAKE && record.epoch > 0)
            return true;
        len -= (size_t)(record.body + record.body_len - bytes);
        bytes = record.body + record.body_len;
    }
    return false;
}

/*
 * A Finished that does not verify was made with another key, or damaged. OpenSSL drops it and waits
 * for ever; after the second one the peer is told, and its place is free for another.
 */
static enum dtls_progress judge_finished(struct dtls_session *s, const uint8_t *bytes, size_t len)
{
    uint8_t alert[DTLS_ALERT_LEN];

    if (SSL_get_state(s->ssl) != TLS_ST_SR_CHANGE || !has_encrypted_handshake(bytes, len) ||
        ++s->bad_finished < MAX_BAD_FINISHED)
        return DTLS_GOES_ON;
    dtls_hello_alert(s->alert_sequence, DECRYPT_ERROR, alert);
    s->shared->bio.send(s->shared->bio.send_arg, &s->path, alert, sizeof alert);
    s->why = "wrong key or unknown identity";
    return DTLS_ENDED;
}

/*
 * Nothing is wrong but that the datagrams are used up. SSL_get_error would call an error that
 * OpenSSL has queued and got over the end; SSL_want_read alone is also true after a fatal alert.
 */
static bool waits_for_more(const SSL *ssl)
{
    return SSL_want_read(ssl) && BIO_should_read(SSL_get_rbio(ssl)) && SSL_get_shutdown(ssl) == 0;
}

/*
 * One SSL_accept is not always enough: at a ChangeCipherSpec that comes early OpenSSL asks for more
 * without having read the rest of the datagram, or the next one at all.
 */
static int accept_all(struct dtls_session *s)
{
    enum { MAX_CALLS = 64 }; /* records of a datagram that are worth it */
    int result = SSL_accept(s->ssl);

    for (int calls = 1; calls < MAX_CALLS && result != 1 && waits_for_more(s->ssl) &&
                        (s->shared->bio.in != NULL || SSL_has_pending(s->ssl));
         calls++)
        result = SSL_accept(s->ssl);
    return result;
}

bool dtls_session_ready(struct dtls_session *s)
{
    struct dtls_shared *shared = s->shared;
    struct str psk_identity;

    if (shared->hooks.psk_ready == NULL || s->input == NULL || s->refused ||
        s->identity.kind != IDENTITY_NONE)
        return true;
    if (s->named == NULL)
        s->named = xcalloc(1, sizeof *s->named);
    return !dtls_identity_add(s->named, s->input->bytes, s->input->len, &psk_identity) ||
           shared->hooks.psk_ready(shared->arg, psk_identity, s->id);
}

enum dtls_progress dtls_session_handshake(struct dtls_session *s, const uint8_t *bytes, size_t len)
{
    struct dtls_bio *bio = &s->shared->bio;
    int result;

    dtls_bio_aim(bio, &s->path);
    dtls_bio_give(bio, bytes, len);
    ERR_clear_error();
    if (s->ssl == NULL && !start(s, bytes, len)) {
        ERR_clear_error();
        s->why = "no ClientHello";
        return DTLS_ENDED;
    }
    ERR_clear_error();
    bio->next_sequence = s->alert_sequence;
    result = accept_all(s);
    s->alert_sequence = bio->next_sequence;
    s->why = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    dtls_bio_give(bio, NULL, 0);
    if (result == 1)
        return s->refused ? DTLS_ENDED : DTLS_FINISHED;
    return waits_for_more(s->ssl) ? judge_finished(s, bytes, len) : DTLS_ENDED;
}

enum dtls_progress dtls_session_retransmit(struct dtls_session *s)
{
    int result;

    if (s->ssl == NULL)
        return DTLS_GOES_ON;
    dtls_bio_aim(&s->shared->bio, &s->path);
    s->shared->bio.next_sequence = s->alert_sequence;
    ERR_clear_error();
    result = (int)DTLSv1_handle_timeout(s->ssl);
    s->alert_sequence = s->shared->bio.next_sequence;
    ERR_clear_error();
    return result < 0 ? DTLS_ENDED : DTLS_GOES_ON;
}

/* --- timer ---------------------------------------------------------------------------------- */

void dtls_session_rest(struct dtls_session *s, int64_t now_us)
{
    if (!s->lean && now_us - s->heard_us >= LEAN_AFTER_S * US_PER_S)
        s->lean = SSL_free_buffers(s->ssl) == 1;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void dtls_session_arm(struct dtls_session *s, int64_t now_us)
{
    int64_t next_us = INT64_MAX;
    struct timeval left;

    if (s->state == DTLS_HANDSHAKING) {
        next_us = s->deadline_us;
        if (!s->held && s->ssl != NULL && DTLSv1_get_timeout(s->ssl, &left) == 1)
            next_us = earlier(next_us, now_us + left.tv_sec * US_PER_S + left.tv_usec);
    } else {
        if (!s->lean)
            next_us = now_us + LEAN_AFTER_S * US_PER_S;
        if (s->holds == 0)
            next_us = earlier(next_us, s->heard_us + s->shared->idle_us);
        if (mutant_is(MUTANT_SESSION_ENDS_BY_AGE))
            next_us = earlier(next_us, s->deadline_us + MUTANT_AGE_S * US_PER_S);
    }
    if (next_us == INT64_MAX)
        timer_cancel(&s->shared->wheel, &s->timer);
    else
        timer_set(&s->shared->wheel, &s->timer, next_us);
}

/* --- established ---------------------------------------------------------------------------- */

/* OpenSSL makes the buffers again when it reads, but writes to a null pointer without them. */
static void fatten(struct dtls_session *s, int64_t now_us)
{
    int ok;

    if (!s->lean)
        return;
    ok = SSL_alloc_buffers(s->ssl);
    assert(ok == 1);
    s->lean = false;
    dtls_session_arm(s, now_us);
}

enum { MAX_OVERHEAD = 24 };

/* What an encrypted record has besides its content: explicit nonce and tag (RFC 5288 3, RFC 6655 3,
 * RFC 7905 2); at most MAX_OVERHEAD. */
static size_t record_overhead(const struct dtls_session *s)
{
    const char *cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(s->ssl));

    if (strstr(cipher, "CHACHA20") != NULL)
        return 16;
    return strstr(cipher, "CCM8") != NULL ? 8 + 8 : 8 + 16;
}

/* RFC 6347 4.1.2.7 wants these discarded. OpenSSL reads the body of a record of another version as
 * the next record, and ends the session over one that is too short (3.0.19). */
static bool is_discarded(const struct dtls_session *s, const uint8_t *bytes,
                         const struct dtls_record *record)
{
    struct dtls_record known;

    return record->version != DTLS1_2_VERSION ||
           !dtls_record_read(bytes, DTLS_RECORD_HEADER_LEN + record->body_len, &known) ||
           (record->epoch > 0 && record->body_len < MAX_OVERHEAD &&
            record->body_len < record_overhead(s));
}

/* The length of what comes before the first record that is to be discarded. *rest is what follows
 * it; what is no record any more is left out. */
static size_t cut_bad_record(const struct dtls_session *s, const uint8_t *bytes, size_t len,
                             size_t *rest)
{
    const uint8_t *at = bytes;
    struct dtls_record record;

    *rest = 0;
    while (dtls_record_frame(at, len - (size_t)(at - bytes), &record)) {
        const uint8_t *next = record.body + record.body_len;

        if (is_discarded(s, at, &record)) {
            *rest = len - (size_t)(next - bytes);
            return (size_t)(at - bytes);
        }
        at = next;
    }
    return (size_t)(at - bytes);
}

/* Records of one datagram, each at least as long as it must be. */
static enum dtls_progress read_records(struct dtls_session *s, const uint8_t *bytes, size_t len,
                                       int64_t now_us)
{
    struct dtls_shared *shared = s->shared;

    dtls_bio_give(&shared->bio, bytes, len);
    fatten(s, now_us);
    for (;;) {
        int got;

        dtls_bio_aim(&shared->bio, &s->path);
        ERR_clear_error();
        got = SSL_read(s->ssl, shared->plain, sizeof shared->plain);
        if (got <= 0)
            break;
        s->heard_us = now_us;
        shared->hooks.receive(shared->arg, s, shared->plain, (size_t)got);
        if (s->state != DTLS_ESTABLISHED)
            return DTLS_GOES_ON; /* the hook has closed it */
    }
    dtls_bio_give(&shared->bio, NULL, 0);
    ERR_clear_error();
    return waits_for_more(s->ssl) ? DTLS_GOES_ON : DTLS_ENDED;
}

enum dtls_progress dtls_session_read(struct dtls_session *s, const uint8_t *bytes, size_t len,
                                     int64_t now_us)
{
    enum dtls_progress progress = DTLS_GOES_ON;
    size_t rest = len;
    struct dtls_record bad;

    while (rest > 0 && progress == DTLS_GOES_ON && s->state == DTLS_ESTABLISHED) {
        const uint8_t *part = bytes + len - rest;
        size_t part_len = cut_bad_record(s, part, rest, &rest);

        if (part + part_len + rest < bytes + len && mutant_is(MUTANT_SHORT_RECORD_ENDS_SESSION))
            return DTLS_ENDED;
        if (mutant_is(MUTANT_RECORD_VERSION_ENDS_SESSION) &&
            dtls_record_frame(part + part_len, (size_t)(bytes + len - part) - part_len, &bad) &&
            bad.version != DTLS1_2_VERSION)
            return DTLS_ENDED;
        if (part_len > 0)
            progress = read_records(s, part, part_len, now_us);
    }
    return progress;
}

bool dtls_session_send(struct dtls_session *session, const uint8_t *bytes, size_t len,
                       int64_t now_us)
{
    struct dtls_bio *bio = &session->shared->bio;
    int sent;

    if (session->state != DTLS_ESTABLISHED || len == 0 || len > DTLS_MAX_PLAIN)
        return false;
    fatten(session, now_us);
    dtls_bio_aim(bio, &session->path);
    ERR_clear_error();
    sent = SSL_write(session->ssl, bytes, (int)len);
    ERR_clear_error();
    return sent == (int)len;
}

void dtls_session_send_close(struct dtls_session *s)
{
    fatten(s, s->heard_us);
    dtls_bio_aim(&s->shared->bio, &s->path);
    ERR_clear_error();
    SSL_shutdown(s->ssl);
    ERR_clear_error();
}

void dtls_session_hold(struct dtls_session *session)
{
    session->holds++;
}

void dtls_session_release(struct dtls_session *session, int64_t now_us)
{
    assert(session->holds > 0);
    if (--session->holds > 0)
        return;
    session->heard_us = now_us;
    if (session->state == DTLS_ESTABLISHED)
        dtls_session_arm(session, now_us);
}

struct identity *dtls_session_identity(struct dtls_session *session)
{
    return &session->identity;
}

const struct udp_path *dtls_session_path(const struct dtls_session *session)
{
    return &session->path;
}

uint64_t dtls_session_id(const struct dtls_session *session)
{
    return session->id;
}

void dtls_session_set_user(struct dtls_session *session, void *user)
{
    session->user = user;
}

void *dtls_session_user(const struct dtls_session *session)
{
    return session->user;
}
