#include "lib/dtls_record.h"

#include <ctype.h>

struct name {
    int number;
    const char *text;
};

static const struct name contents[] = {
    {DTLS_CHANGE_CIPHER_SPEC, "ChangeCipherSpec"},
    {DTLS_ALERT,              "Alert"           },
    {DTLS_HANDSHAKE,          "Handshake"       },
    {DTLS_APPLICATION_DATA,   "ApplicationData" },
};

static const struct name messages[] = {
    {DTLS_HELLO_REQUEST,        "HelloRequest"      },
    {DTLS_CLIENT_HELLO,         "ClientHello"       },
    {DTLS_SERVER_HELLO,         "ServerHello"       },
    {DTLS_HELLO_VERIFY_REQUEST, "HelloVerifyRequest"},
    {DTLS_NEW_SESSION_TICKET,   "NewSessionTicket"  },
    {DTLS_CERTIFICATE,          "Certificate"       },
    {DTLS_SERVER_KEY_EXCHANGE,  "ServerKeyExchange" },
    {DTLS_CERTIFICATE_REQUEST,  "CertificateRequest"},
    {DTLS_SERVER_HELLO_DONE,    "ServerHelloDone"   },
    {DTLS_CERTIFICATE_VERIFY,   "CertificateVerify" },
    {DTLS_CLIENT_KEY_EXCHANGE,  "ClientKeyExchange" },
    {DTLS_FINISHED,             "Finished"          },
};

/* The registry of alerts as TLS 1.2 sees it: RFC 5246 7.2, RFC 6066 9, RFC 4279 6, RFC 7301 3.2. */
static const struct name alerts[] = {
    {0,   "close_notify"                   },
    {10,  "unexpected_message"             },
    {20,  "bad_record_mac"                 },
    {21,  "decryption_failed"              },
    {22,  "record_overflow"                },
    {30,  "decompression_failure"          },
    {40,  "handshake_failure"              },
    {41,  "no_certificate"                 },
    {42,  "bad_certificate"                },
    {43,  "unsupported_certificate"        },
    {44,  "certificate_revoked"            },
    {45,  "certificate_expired"            },
    {46,  "certificate_unknown"            },
    {47,  "illegal_parameter"              },
    {48,  "unknown_ca"                     },
    {49,  "access_denied"                  },
    {50,  "decode_error"                   },
    {51,  "decrypt_error"                  },
    {60,  "export_restriction"             },
    {70,  "protocol_version"               },
    {71,  "insufficient_security"          },
    {80,  "internal_error"                 },
    {86,  "inappropriate_fallback"         },
    {90,  "user_canceled"                  },
    {100, "no_renegotiation"               },
    {110, "unsupported_extension"          },
    {111, "certificate_unobtainable"       },
    {112, "unrecognized_name"              },
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"     },
    {115, "unknown_psk_identity"           },
    {116, "certificate_required"           },
    {120, "no_application_protocol"        },
};

static uint64_t number_at(const uint8_t *bytes, size_t len)
{
    uint64_t n = 0;

    while (len-- > 0)
        n = n << 8 | *bytes++;
    return n;
}

/* What a plain handshake record holds. A message that ends early ends the search. */
static void read_messages(struct dtls_record *r)
{
    const uint8_t *at = r->bytes + DTLS_RECORD_HEAD;
    size_t left = r->len - DTLS_RECORD_HEAD;

    while (left >= DTLS_MESSAGE_HEAD) {
        uint32_t fragment_len = (uint32_t)number_at(at + 9, 3);

        if (fragment_len > left - DTLS_MESSAGE_HEAD)
            return;
        if (r->message < 0) {
            r->message = at[0];
            r->message_len = (uint32_t)number_at(at + 1, 3);
            r->message_seq = (uint16_t)number_at(at + 4, 2);
            r->fragment_at = (uint32_t)number_at(at + 6, 3);
            r->fragment_len = fragment_len;
        }
        if (at[0] < 32)
            r->messages |= UINT32_C(1) << at[0];
        r->last_seq = (int)number_at(at + 4, 2);
        at += DTLS_MESSAGE_HEAD + fragment_len;
        left -= DTLS_MESSAGE_HEAD + fragment_len;
    }
}

bool dtls_record_next(const uint8_t **bytes, size_t *len, enum dtls_way to, struct dtls_record *out)
{
    const uint8_t *at = *bytes;
    size_t body_len;

    if (*len < DTLS_RECORD_HEAD || at[1] != 0xfe) /* DTLS 1.0 and 1.2: RFC 6347 4.1 */
        return false;
    body_len = number_at(at + 11, 2);
    if (body_len > *len - DTLS_RECORD_HEAD)
        return false;
    *out = (struct dtls_record){
        .to = to,
        .bytes = at,
        .len = DTLS_RECORD_HEAD + body_len,
        .head = {at[0], (uint16_t)number_at(at + 1, 2), (uint16_t)number_at(at + 3, 2),
                 number_at(at + 5, 6)},
        .message = -1,
        .last_seq = -1,
        .alert_level = -1,
        .alert = -1,
    };
    *bytes += out->len;
    *len -= out->len;
    if (out->head.epoch > 0)
        return true;
    if (out->head.content == DTLS_HANDSHAKE)
        read_messages(out);
    if (out->head.content == DTLS_ALERT && body_len == 2) {
        out->alert_level = at[DTLS_RECORD_HEAD];
        out->alert = at[DTLS_RECORD_HEAD + 1];
    }
    return true;
}

void dtls_record_write_broken(struct buf *out, const struct dtls_head *head, uint16_t body_len,
                              struct str body)
{
    uint8_t bytes[DTLS_RECORD_HEAD] = {head->content, (uint8_t)(head->version >> 8),
                                       (uint8_t)head->version, (uint8_t)(head->epoch >> 8),
                                       (uint8_t)head->epoch};

    for (int i = 0; i < 6; i++)
        bytes[5 + i] = (uint8_t)(head->sequence >> (40 - 8 * i));
    bytes[11] = (uint8_t)(body_len >> 8);
    bytes[12] = (uint8_t)body_len;
    buf_add(out, bytes, sizeof bytes);
    buf_add_str(out, body);
}

void dtls_record_write(struct buf *out, const struct dtls_head *head, struct str body)
{
    assert(body.len <= UINT16_MAX);
    dtls_record_write_broken(out, head, (uint16_t)body.len, body);
}

static const char *name_of(const struct name *table, size_t count, int number)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].number == number)
            return table[i].text;
    return "unknown";
}

static struct str skip_marks(struct str s)
{
    while (s.len > 0 && (*s.ptr == '_' || *s.ptr == '-')) {
        s.ptr++;
        s.len--;
    }
    return s;
}

static bool is_same_name(struct str a, struct str b)
{
    for (;;) {
        a = skip_marks(a);
        b = skip_marks(b);
        if (a.len == 0 || b.len == 0)
            return a.len == b.len;
        if (tolower((unsigned char)*a.ptr) != tolower((unsigned char)*b.ptr))
            return false;
        a = (struct str){a.ptr + 1, a.len - 1};
        b = (struct str){b.ptr + 1, b.len - 1};
    }
}

static int number_of(const struct name *table, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_name(str_from(table[i].text), name))
            return table[i].number;
    return -1;
}

const char *dtls_message_name(int message)
{
    return name_of(messages, COUNT(messages), message);
}

const char *dtls_alert_name(int alert)
{
    return name_of(alerts, COUNT(alerts), alert);
}

const char *dtls_content_name(int content)
{
    return name_of(contents, COUNT(contents), content);
}

int dtls_message_from_name(struct str name)
{
    return number_of(messages, COUNT(messages), name);
}

int dtls_alert_from_name(struct str name)
{
    return number_of(alerts, COUNT(alerts), name);
}

void dtls_record_show(const struct dtls_record *r, struct buf *out)
{
    if (r->flight > 0)
        buf_add_format(out, "flight %d message %d ", r->flight, r->number);
    if (r->message >= 0)
        buf_add_format(out, "%s", dtls_message_name(r->message));
    else if (r->alert >= 0)
        buf_add_format(out, "Alert %s (%d), %s", dtls_alert_name(r->alert), r->alert,
                       r->alert_level == 2 ? "fatal" : "warning");
    else
        buf_add_format(out, "%s", dtls_content_name(r->head.content));
    if (r->fragment_len < r->message_len)
        buf_add_format(out, " bytes %u to %u of %u", r->fragment_at,
                       r->fragment_at + r->fragment_len, r->message_len);
    if (r->copy > 0)
        buf_add_format(out, " again (%d)", r->copy);
    buf_add_format(out, ", epoch %u #%llu, %zu B", r->head.epoch,
                   (unsigned long long)r->head.sequence, r->len);
}
