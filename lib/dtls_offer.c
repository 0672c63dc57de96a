#include "lib/dtls_offer.h"

enum { DTLS_1_2 = 0xfefd, OFFER_RANDOM_LEN = 32, OFFER_MAX_SUITES = 1000 };

/* RFC 7252 9.1.3.1, RFC 7252 9.1.3.3, and the sign of RFC 5746 3.3. */
static const uint16_t usual_suites[] = {0xc0a8, 0xc0ae, 0x00ff};

static const struct {
    uint16_t type;
    struct str value;
} usual_extensions[] = {
    {10, {"\0\2\0\x17", 4}  }, /* supported groups: secp256r1, RFC 8422 5.1.1 */
    {11, {"\1\0", 2}        }, /* point formats: uncompressed, RFC 8422 5.1.2 */
    {13, {"\0\4\4\3\4\1", 6}}, /* ecdsa and rsa with sha256, RFC 5246 7.4.1.4.1 */
    {23, {"", 0}            }, /* extended master secret, RFC 7627 5.1 */
};

static void add_number(struct buf *out, uint64_t number, unsigned len)
{
    while (len-- > 0)
        buf_add_char(out, (char)(number >> 8 * len));
}

/* With its length in one byte before it. */
static void add_vector(struct buf *out, struct str s)
{
    assert(s.len <= UINT8_MAX);
    add_number(out, s.len, 1);
    buf_add_str(out, s);
}

void dtls_offer_add_extension(struct buf *extensions, uint16_t type, struct str value)
{
    assert(value.len <= UINT16_MAX);
    add_number(extensions, type, 2);
    add_number(extensions, value.len, 2);
    buf_add_str(extensions, value);
}

static void add_extensions(struct buf *out, const struct dtls_offer *offer)
{
    struct buf all = buf_growing();

    if (offer->no_extensions)
        return;
    if (offer->extensions.ptr != NULL)
        buf_add_str(&all, offer->extensions);
    else
        for (size_t i = 0; i < COUNT(usual_extensions); i++)
            dtls_offer_add_extension(&all, usual_extensions[i].type, usual_extensions[i].value);
    add_number(out, all.len, 2);
    buf_add_str(out, buf_str(&all));
    buf_fini(&all);
}

static void add_suites(struct buf *out, const struct dtls_offer *offer)
{
    const uint16_t *suites = offer->suite_count > 0 ? offer->suites : usual_suites;
    size_t count = offer->suite_count > 0 ? offer->suite_count : COUNT(usual_suites);

    assert(count <= OFFER_MAX_SUITES);
    add_number(out, 2 * count, 2);
    for (size_t i = 0; i < count; i++)
        add_number(out, suites[i], 2);
}

static void add_body(struct buf *out, const struct dtls_offer *offer)
{
    assert(offer->random.len <= OFFER_RANDOM_LEN);
    add_number(out, offer->version != 0 ? offer->version : DTLS_1_2, 2);
    buf_add_str(out, offer->random);
    for (size_t i = offer->random.len; i < OFFER_RANDOM_LEN; i++)
        buf_add_char(out, 0);
    add_vector(out, offer->session_id);
    add_vector(out, offer->cookie);
    add_suites(out, offer);
    add_vector(out, offer->compressions.len > 0 ? offer->compressions : (struct str){"\0", 1});
    add_extensions(out, offer);
}

void dtls_offer_write(const struct dtls_offer *offer, struct buf *out)
{
    struct dtls_head head = {
        .content = DTLS_HANDSHAKE, .version = offer->record_version, .sequence = offer->sequence};
    struct buf body = buf_growing();
    struct buf message = buf_growing();

    if (head.version == 0)
        head.version = DTLS_1_2;
    add_body(&body, offer);
    add_number(&message, DTLS_CLIENT_HELLO, 1);
    add_number(&message, body.len, 3);
    add_number(&message, offer->message_seq, 2);
    add_number(&message, 0, 3); /* one fragment */
    add_number(&message, body.len, 3);
    buf_add_str(&message, buf_str(&body));
    dtls_record_write(out, &head, buf_str(&message));
    buf_fini(&message);
    buf_fini(&body);
}

/* What is left to read; after a value that is cut short, nothing and `bad`. */
struct reader {
    struct str left;
    bool bad;
};

static struct str take(struct reader *r, size_t len)
{
    struct str s = {r->left.ptr, len};

    if (r->bad || len > r->left.len) {
        r->bad = true;
        return (struct str){NULL, 0};
    }
    r->left = (struct str){r->left.ptr + len, r->left.len - len};
    return s;
}

static uint16_t take_number(struct reader *r, size_t len)
{
    struct str s = take(r, len);
    unsigned n = 0;

    for (size_t i = 0; i < s.len; i++)
        n = n << 8 | (uint8_t)s.ptr[i];
    return (uint16_t)n;
}

static bool read_server_hello(struct reader *r, struct dtls_answer *out)
{
    out->random = take(r, OFFER_RANDOM_LEN);
    out->session_id = take(r, take_number(r, 1));
    out->suite = take_number(r, 2);
    out->compression = (uint8_t)take_number(r, 1);
    if (!r->bad && r->left.len > 0)
        out->extensions = take(r, take_number(r, 2));
    return !r->bad && r->left.len == 0;
}

bool dtls_answer_read(const struct dtls_record *record, struct dtls_answer *out)
{
    struct reader r = {0};

    *out = (struct dtls_answer){.message = record->message};
    if ((record->message != DTLS_SERVER_HELLO && record->message != DTLS_HELLO_VERIFY_REQUEST) ||
        record->fragment_len < record->message_len || record->fragment_at > 0)
        return false;
    r.left = (struct str){(const char *)record->bytes + DTLS_RECORD_HEAD + DTLS_MESSAGE_HEAD,
                          record->fragment_len};
    out->version = take_number(&r, 2);
    if (record->message == DTLS_SERVER_HELLO)
        return read_server_hello(&r, out);
    out->cookie = take(&r, take_number(&r, 1));
    return !r.bad && r.left.len == 0;
}

bool dtls_answer_extension(const struct dtls_answer *answer, uint16_t type, struct str *value)
{
    struct reader r = {answer->extensions, false};

    while (!r.bad && r.left.len > 0) {
        uint16_t number = take_number(&r, 2);

        *value = take(&r, take_number(&r, 2));
        if (!r.bad && number == type)
            return true;
    }
    return false;
}
