#include "reference/dtls_hello.h"

enum {
    HANDSHAKE_HEADER_LEN = 12, /* RFC 6347 4.2.2 */
    CLIENT_HELLO = 1,
    HELLO_VERIFY_REQUEST = 3,
    ALERT_FATAL = 2,
    MAX_SESSION_ID_LEN = 32,     /* RFC 5246 7.4.1.2 */
    MAX_BODY_LEN = 16384 + 2048, /* RFC 5246 6.2.3 */
};

static size_t read_number(const uint8_t *bytes, size_t len)
{
    size_t number = 0;

    for (size_t i = 0; i < len; i++)
        number = number << 8 | bytes[i];
    return number;
}

static void write_number(uint8_t *bytes, size_t len, uint64_t number)
{
    for (size_t i = len; i > 0; i--, number >>= 8)
        bytes[i - 1] = (uint8_t)number;
}

bool dtls_record_frame(const uint8_t *bytes, size_t len, struct dtls_record *out)
{
    if (len < DTLS_RECORD_HEADER_LEN)
        return false;
    out->type = bytes[0];
    out->version = (uint16_t)read_number(bytes + 1, 2);
    out->epoch = (uint16_t)read_number(bytes + 3, 2);
    out->sequence = read_number(bytes + 5, 6);
    out->body_len = read_number(bytes + 11, 2);
    out->body = bytes + DTLS_RECORD_HEADER_LEN;
    return out->body_len <= len - DTLS_RECORD_HEADER_LEN;
}

bool dtls_record_read(const uint8_t *bytes, size_t len, struct dtls_record *out)
{
    /* The minor version differs between the first ClientHello and the rest. */
    return dtls_record_frame(bytes, len, out) && out->version >> 8 == 0xfe &&
           out->type >= DTLS_CHANGE_CIPHER_SPEC && out->type <= DTLS_APPLICATION_DATA &&
           out->body_len <= MAX_BODY_LEN;
}

/* A vector with one byte of length at *at; false when it does not fit before end. */
static bool read_vector(const uint8_t **at, const uint8_t *end, struct str *out)
{
    size_t len;

    if (*at >= end)
        return false;
    len = **at;
    if ((size_t)(end - *at) - 1 < len)
        return false;
    *out = (struct str){(const char *)*at + 1, len};
    *at += 1 + len;
    return true;
}

bool dtls_fragment_read(const uint8_t *body, size_t len, struct dtls_fragment *out)
{
    if (len < HANDSHAKE_HEADER_LEN)
        return false;
    out->message_type = body[0];
    out->message_len = read_number(body + 1, 3);
    out->message_seq = (uint16_t)read_number(body + 4, 2);
    out->offset = read_number(body + 6, 3);
    out->len = read_number(body + 9, 3);
    out->bytes = body + HANDSHAKE_HEADER_LEN;
    return out->len <= len - HANDSHAKE_HEADER_LEN && out->len <= out->message_len &&
           out->offset <= out->message_len - out->len;
}

bool dtls_hello_read(const struct dtls_record *record, struct dtls_hello *out)
{
    struct dtls_fragment fragment;

    if (record->type != DTLS_HANDSHAKE || record->epoch != 0 ||
        !dtls_fragment_read(record->body, record->body_len, &fragment) ||
        fragment.message_type != CLIENT_HELLO || fragment.offset != 0 ||
        fragment.len < 2 + DTLS_RANDOM_LEN)
        return false;
    const uint8_t *at = fragment.bytes;
    const uint8_t *end = at + fragment.len;

    out->message_seq = fragment.message_seq;
    out->version = at;
    out->random = at + 2;
    at += 2 + DTLS_RANDOM_LEN;
    return read_vector(&at, end, &out->session_id) && out->session_id.len <= MAX_SESSION_ID_LEN &&
           read_vector(&at, end, &out->cookie);
}

static uint8_t *write_record_header(uint8_t *out, uint8_t type, uint16_t version, uint64_t sequence,
                                    size_t body_len)
{
    out[0] = type;
    write_number(out + 1, 2, version);
    write_number(out + 3, 2, 0);
    write_number(out + 5, 6, sequence);
    write_number(out + 11, 2, body_len);
    return out + DTLS_RECORD_HEADER_LEN;
}

/* A message that is not fragmented. */
static uint8_t *write_message_header(uint8_t *out, uint8_t type, uint16_t message_seq, size_t len)
{
    out[0] = type;
    write_number(out + 1, 3, len);
    write_number(out + 4, 2, message_seq);
    write_number(out + 6, 3, 0);
    write_number(out + 9, 3, len);
    return out + HANDSHAKE_HEADER_LEN;
}

void dtls_hello_verify_request(const struct dtls_record *record, const struct dtls_hello *hello,
                               const uint8_t cookie[DTLS_COOKIE_LEN], uint8_t *out)
{
    enum { BODY_LEN = 3 + DTLS_COOKIE_LEN };

    /* DTLS 1.0 in both version fields, and the ClientHello's own record sequence number, as
     * RFC 6347 4.2.1 asks. Its message_seq too: we have counted nothing, and the client expects our
     * first message under the number of its own. */
    out = write_record_header(out, DTLS_HANDSHAKE, 0xfeff, record->sequence,
                              HANDSHAKE_HEADER_LEN + BODY_LEN);
    out = write_message_header(out, HELLO_VERIFY_REQUEST, hello->message_seq, BODY_LEN);
    write_number(out, 2, 0xfeff);
    out[2] = DTLS_COOKIE_LEN;
    memcpy(out + 3, cookie, DTLS_COOKIE_LEN);
}

void dtls_hello_bare(uint16_t message_seq, uint8_t *out)
{
    enum { BODY_LEN = DTLS_BARE_HELLO_LEN - DTLS_RECORD_HEADER_LEN - HANDSHAKE_HEADER_LEN };
    /* No session id, no cookie, TLS_PSK_WITH_AES_128_CCM_8 (RFC 6655), no compression. */
    static const uint8_t tail[] = {0, 0, 0, 2, 0xc0, 0xa8, 1, 0};

    out = write_record_header(out, DTLS_HANDSHAKE, 0xfeff, message_seq,
                              HANDSHAKE_HEADER_LEN + BODY_LEN);
    out = write_message_header(out, CLIENT_HELLO, message_seq, BODY_LEN);
    write_number(out, 2, 0xfefd);
    memset(out + 2, 0, DTLS_RANDOM_LEN);
    memcpy(out + 2 + DTLS_RANDOM_LEN, tail, sizeof tail);
}

void dtls_hello_alert(uint64_t sequence, uint8_t description, uint8_t *out)
{
    out = write_record_header(out, DTLS_ALERT, 0xfefd, sequence, 2);
    out[0] = ALERT_FATAL;
    out[1] = description;
}
