#include "reference/dtls_identity.h"

#include "reference/dtls_hello.h"

enum { CLIENT_KEY_EXCHANGE = 16 }; /* RFC 5246 7.4 */

static void add_fragment(struct dtls_identity *d, const struct dtls_fragment *fragment)
{
    for (size_t i = 0; i < fragment->len; i++) {
        size_t at = fragment->offset + i;

        if (at >= COUNT(d->bytes))
            return;
        d->bytes[at] = fragment->bytes[i];
        d->have[at] = true;
    }
}

static bool is_whole(const struct dtls_identity *d, struct str *out)
{
    if (!d->have[0] || !d->have[1])
        return false;
    size_t len = (size_t)d->bytes[0] << 8 | d->bytes[1];

    if (len > DTLS_IDENTITY_MAX) /* the first bytes of a point or of RSA, or far too long */
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!d->have[2 + i])
            return false;
    }
    *out = (struct str){(const char *)d->bytes + 2, len};
    return true;
}

bool dtls_identity_add(struct dtls_identity *d, const uint8_t *bytes, size_t len, struct str *out)
{
    const uint8_t *end = bytes + len;
    struct dtls_record record;
    struct dtls_fragment fragment;

    while (dtls_record_read(bytes, (size_t)(end - bytes), &record)) {
        const uint8_t *at = record.body;

        bytes = record.body + record.body_len;
        if (record.type != DTLS_HANDSHAKE || record.epoch != 0)
            continue;
        while (dtls_fragment_read(at, (size_t)(bytes - at), &fragment)) {
            if (fragment.message_type == CLIENT_KEY_EXCHANGE)
                add_fragment(d, &fragment);
            at = fragment.bytes + fragment.len;
        }
    }
    return is_whole(d, out);
}
