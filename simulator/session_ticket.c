#include "simulator/session_ticket.h"

#include <openssl/asn1.h>
#include <openssl/err.h>

enum { PEER_TAG = 3 }; /* of SSL_SESSION_ASN1: the peer's certificate */

/* An element of DER: its head and its body. False: there is none. */
struct element {
    struct str whole;
    struct str body;
    int tag;
};

static bool next_element(struct str *rest, struct element *out)
{
    const uint8_t *at = (const uint8_t *)rest->ptr;
    size_t head;
    long len;
    int class;

    if (rest->len == 0 || (ASN1_get_object(&at, &len, &out->tag, &class, (long)rest->len) & 0x80))
        return false;
    head = (size_t)((const char *)at - rest->ptr);
    out->body = (struct str){(const char *)at, (size_t)len};
    out->whole = (struct str){rest->ptr, head + (size_t)len};
    if (class != V_ASN1_CONTEXT_SPECIFIC)
        out->tag = -1;
    *rest = (struct str){rest->ptr + out->whole.len, rest->len - out->whole.len};
    return true;
}

static void add_sequence_head(struct buf *out, size_t len)
{
    uint8_t head[8];
    uint8_t *end = head;

    ASN1_put_object(&end, 1, (int)len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    buf_add(out, head, (size_t)(end - head));
}

void session_ticket_write(SSL_SESSION *session, struct buf *out)
{
    uint8_t *der = NULL;
    int len = SSL_SESSION_is_resumable(session) ? i2d_SSL_SESSION(session, &der) : 0;
    struct str rest = {(const char *)der, len > 0 ? (size_t)len : 0};
    struct element all;
    struct element e;
    size_t peer_len = 0;

    if (next_element(&rest, &all)) {
        for (rest = all.body; next_element(&rest, &e);)
            peer_len += e.tag == PEER_TAG ? e.whole.len : 0;
        add_sequence_head(out, all.body.len - peer_len);
        for (rest = all.body; next_element(&rest, &e);)
            if (e.tag != PEER_TAG)
                buf_add_str(out, e.whole);
    }
    OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
}

SSL_SESSION *session_ticket_read(struct str ticket)
{
    const uint8_t *at = (const uint8_t *)ticket.ptr;
    SSL_SESSION *session = d2i_SSL_SESSION(NULL, &at, (long)ticket.len);

    ERR_clear_error();
    return session;
}
