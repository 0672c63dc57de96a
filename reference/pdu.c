#include "reference/pdu.h"

#include "reference/mutant.h"
#include <coap3/coap.h>

enum { OPTION_MAX_HEAD = 5, OPTION_MAX_NUMBER = 65535 };

/* Reads one option at the start of left. Returns its length, 0 when it is malformed. */
static size_t read_option(struct str left, uint32_t last_number, struct pdu_option *out)
{
    coap_option_t option;
    size_t used = coap_opt_parse((const coap_opt_t *)left.ptr, left.len, &option);

    if (used == 0 || used > left.len)
        return 0;
    out->number = last_number + option.delta;
    out->value = (struct str){(const char *)option.value, option.length};
    return out->number <= OPTION_MAX_NUMBER ? used : 0;
}

/* Finds where the options end, and checks every one of them. */
static bool split_options(struct str rest, struct pdu *out)
{
    struct str left = rest;
    struct pdu_option option = {.number = 0};

    while (left.len > 0 && (uint8_t)left.ptr[0] != PDU_PAYLOAD_MARKER) {
        size_t used = read_option(left, option.number, &option);

        if (used == 0 && mutant_is(MUTANT_OPTION_OVERRUN_ACCEPTED)) {
            out->options = (struct str){rest.ptr, rest.len - left.len};
            return true;
        }
        if (used == 0)
            return false;
        left.ptr += used;
        left.len -= used;
    }
    out->options = (struct str){rest.ptr, rest.len - left.len};
    if (left.len == 0 && option.number > 0 && mutant_is(MUTANT_MESSAGE_READ_PAST_END))
        (void)*(const volatile char *)left.ptr;
    if (left.len == 0)
        return true;
    out->payload = (struct str){left.ptr + 1, left.len - 1};
    return out->payload.len > 0 ||
           mutant_is(MUTANT_MARKER_WITHOUT_PAYLOAD_ACCEPTED); /* RFC 7252 3: a marker without
                                                                 payload is a format error */
}

enum pdu_err pdu_parse(const uint8_t *bytes, size_t len, struct pdu *out)
{
    if (len < PDU_HEADER_LEN ||
        (bytes[0] >> 6 != PDU_VERSION && !mutant_is(MUTANT_VERSION_UNCHECKED)))
        return PDU_NOT_COAP;
    size_t token_len = bytes[0] & 0x0f;

    if (token_len > PDU_MAX_TOKEN_LEN && mutant_is(MUTANT_TOKEN_LENGTH_9_ACCEPTED))
        token_len = PDU_MAX_TOKEN_LEN;

    *out = (struct pdu){
        .type = (enum pdu_type)(bytes[0] >> 4 & 3),
        .code = bytes[1],
        .mid = (uint16_t)(bytes[2] << 8 | bytes[3]),
    };
    if (token_len > PDU_MAX_TOKEN_LEN || token_len > len - PDU_HEADER_LEN)
        return PDU_MALFORMED;
    /* RFC 7252 4.1: an Empty message is the header alone */
    if (out->code == PDU_CODE_EMPTY)
        return len == PDU_HEADER_LEN ? PDU_OK : PDU_MALFORMED;
    const char *after = (const char *)bytes + PDU_HEADER_LEN;

    out->token = (struct str){after, token_len};
    struct str rest = {after + token_len, len - PDU_HEADER_LEN - token_len};

    return split_options(rest, out) ? PDU_OK : PDU_MALFORMED;
}

bool pdu_next_option(struct pdu_options *walk, struct pdu_option *out)
{
    if (walk->left.len == 0)
        return false;
    size_t used = read_option(walk->left, walk->number, out);

    assert(used > 0); /* pdu_parse has checked them all */
    walk->left.ptr += used;
    walk->left.len -= used;
    walk->number = out->number;
    return true;
}

uint32_t pdu_uint(struct str value)
{
    uint32_t n = 0;

    assert(value.len <= sizeof n);
    for (size_t i = 0; i < value.len; i++)
        n = n << 8 | (uint8_t)value.ptr[i];
    return n;
}

struct pdu_writer pdu_start(struct buf *out, enum pdu_type type, uint8_t code, uint16_t mid,
                            struct str token)
{
    uint8_t header[PDU_HEADER_LEN] = {
        (uint8_t)(PDU_VERSION << 6 | (unsigned)type << 4 | token.len),
        code,
        (uint8_t)(mid >> 8),
        (uint8_t)mid,
    };

    assert(token.len <= PDU_MAX_TOKEN_LEN);
    buf_add(out, header, sizeof header);
    buf_add_str(out, token);
    return (struct pdu_writer){.out = out};
}

void pdu_add_option(struct pdu_writer *w, uint16_t number, struct str value)
{
    assert(number >= w->last_number);
    size_t room =
        value.len + OPTION_MAX_HEAD + 1; /* coap_opt_encode wants a byte more than it uses */
    char *to = buf_reserve(w->out, room);

    if (to == NULL)
        return;
    size_t used = coap_opt_encode((coap_opt_t *)to, room, (uint16_t)(number - w->last_number),
                                  (const uint8_t *)value.ptr, value.len);

    assert(used > 0);
    w->out->len += used;
    w->last_number = number;
}

void pdu_add_uint(struct pdu_writer *w, uint16_t number, uint32_t value)
{
    char bytes[4] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value};
    size_t skip = 0;

    while (skip < sizeof bytes && bytes[skip] == 0)
        skip++;
    pdu_add_option(w, number, (struct str){bytes + skip, sizeof bytes - skip});
}

void pdu_add_payload(struct pdu_writer *w, struct str payload)
{
    if (payload.len == 0)
        return;
    buf_add_char(w->out, (char)PDU_PAYLOAD_MARKER);
    buf_add_str(w->out, payload);
}
