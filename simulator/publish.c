#include "simulator/publish.h"

#include <stdio.h>

#include "lib/buf.h"
#include "lib/msg.h"
#include "simulator/identity.h"

enum {
    URI_PATH = 11,
    CONTENT_FORMAT = 12,
    URI_QUERY = 15,
    BLOCK2 = 23,
    BLOCK1 = 27,
    AUTHORIZATION = 4209,
    CODE_POST = 2,
    MARKER_BYTE = 0xff,
    BASIC_GROUPS = 17, /* 51 bytes: 11 device, @, 22 application, :, 16 password */
};

void publish_init(struct publish *p, const struct profile_class *class, uint64_t run)
{
    struct buf b = buf_over(p->head, sizeof p->head);
    char format[2] = {(char)(class->content_format >> 8), (char)class->content_format};
    size_t format_len = class->content_format > 255 ? 2 : class->content_format > 0 ? 1 : 0;

    *p = (struct publish){.json = class->content_format == 50, .run = run};
    msg_write_option(&b, URI_PATH, STR("v1"));
    msg_write_option(&b, 0, str_from(class->channel));
    msg_write_option(&b, CONTENT_FORMAT - URI_PATH,
                     (struct str){format + 2 - format_len, format_len});
    assert(!b.overflow);
    p->head_len = b.len;
}

/* --- options */

/* A cursor over the datagram and the number of the last option. */
struct writer {
    uint8_t *at;
    uint32_t last;
};

/* value_len below 269. */
static void option(struct writer *w, uint32_t number, const void *value, size_t value_len)
{
    uint32_t delta = number - w->last;
    uint8_t *head = w->at++;
    uint8_t d = delta < 13 ? (uint8_t)delta : delta < 269 ? 13 : 14;
    uint8_t l = value_len < 13 ? (uint8_t)value_len : 13;

    assert(value_len < 269);
    *head = (uint8_t)(d << 4 | l);
    if (d == 14) {
        *w->at++ = (uint8_t)((delta - 269) >> 8);
        *w->at++ = (uint8_t)(delta - 269);
    } else if (d == 13) {
        *w->at++ = (uint8_t)(delta - 13);
    }
    if (l == 13)
        *w->at++ = (uint8_t)(value_len - 13);
    memcpy(w->at, value, value_len);
    w->at += value_len;
    w->last = number;
}

static void block(struct writer *w, uint32_t number, const struct publish_block *b)
{
    uint32_t value = b->number << 4 | (uint32_t)b->more << 3 | b->szx;
    uint8_t bytes[3] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    size_t len = value > 0xffff ? 3 : value > 0xff ? 2 : value > 0 ? 1 : 0;

    option(w, number, bytes + 3 - len, len);
}

static void query(struct writer *w, const struct publish_wish *wish)
{
    char text[32];

    if (wish->as.len > 0) {
        char as[64];
        int len = snprintf(as, sizeof as, "as=%.*s", (int)wish->as.len, wish->as.ptr);

        assert(len > 0 && (size_t)len < sizeof as);
        option(w, URI_QUERY, as, (size_t)len);
    }
    if (wish->marker.ct_s > 0) {
        size_t at = sizeof text;

        for (uint32_t left = wish->marker.ct_s; left > 0; left /= 10)
            text[--at] = (char)('0' + left % 10);
        text[--at] = '=';
        text[--at] = 't';
        text[--at] = 'c';
        option(w, URI_QUERY, text + at, sizeof text - at);
    }
}

/* --- payload */

/* Bytes from..to of the body. */
static uint8_t *payload(const struct publish *p, const struct publish_wish *w, size_t from,
                        size_t to, uint8_t *out)
{
    struct marker marker = w->marker;
    uint8_t front[MARKER_LEN];

    marker.run = p->run;
    if (from == 0 && to >= MARKER_LEN) {
        marker_write(&marker, out);
        out += MARKER_LEN;
        from = MARKER_LEN;
    } else if (from < MARKER_LEN) {
        size_t part = (to < MARKER_LEN ? to : MARKER_LEN) - from;

        marker_write(&marker, front);
        memcpy(out, front + from, part);
        out += part;
        from += part;
    }
    if (from < MARKER_LEN + w->text.len && from < to) {
        size_t at = from - MARKER_LEN;
        size_t part = w->text.len - at < to - from ? w->text.len - at : to - from;

        memcpy(out, w->text.ptr + at, part);
        out += part;
        from += part;
    }
    if (p->json && to > from) {
        memset(out, ' ', to - from);
        return out + (to - from);
    }
    for (; from < to; from++)
        *out++ = (uint8_t)(from ^ (from >> 8));
    return out;
}

size_t publish_write(const struct publish *p, const struct publish_wish *w, uint8_t *out)
{
    struct writer writer = {out, CONTENT_FORMAT};
    size_t from = 0;
    size_t to = w->payload_len;

    *writer.at++ = (uint8_t)(0x40 | (w->non ? 0x10 : 0) | w->token_len);
    *writer.at++ = CODE_POST;
    *writer.at++ = (uint8_t)(w->mid >> 8);
    *writer.at++ = (uint8_t)w->mid;
    memcpy(writer.at, w->token, w->token_len);
    writer.at += w->token_len;
    memcpy(writer.at, p->head, p->head_len);
    writer.at += p->head_len;
    query(&writer, w);
    if (w->has_block2) {
        block(&writer, BLOCK2, &w->block2);
        if (w->block2.number > 0)
            to = 0;
    }
    if (w->has_block1) {
        size_t size = (size_t)16 << w->block1.szx;

        block(&writer, BLOCK1, &w->block1);
        from = w->block1.number * size;
        to = from + size < to ? from + size : to;
    }
    if (w->credential.len > 0)
        option(&writer, AUTHORIZATION, w->credential.ptr, w->credential.len);
    if (to > from) {
        *writer.at++ = MARKER_BYTE;
        writer.at = payload(p, w, from, to, writer.at);
    }
    return (size_t)(writer.at - out);
}

void publish_write_empty(uint8_t type, uint16_t mid, uint8_t *out)
{
    out[0] = type;
    out[1] = 0;
    out[2] = (uint8_t)(mid >> 8);
    out[3] = (uint8_t)mid;
}

/* --- credential */

static void base64_group(const uint8_t *in, uint8_t *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

    out[0] = (uint8_t)digits[bits >> 18];
    out[1] = (uint8_t)digits[bits >> 12 & 63];
    out[2] = (uint8_t)digits[bits >> 6 & 63];
    out[3] = (uint8_t)digits[bits & 63];
}

void publish_basic(uint64_t seed, uint32_t device, unsigned how, uint8_t *out)
{
    static const uint8_t scheme[] = {'B', 'a', 's', 'i', 'c', ' '};
    char plain[BASIC_GROUPS * 3 + 1];

    if ((how & PUBLISH_GATEWAY) != 0)
        identity_gateway(device, plain);
    else
        identity_device(device, plain);
    plain[11] = '@';
    identity_application(seed, plain + 12);
    plain[34] = ':';
    identity_password(seed, device, plain + 35);
    if ((how & PUBLISH_WRONG) != 0)
        plain[50] = plain[50] == '0' ? '1' : '0';
    memcpy(out, scheme, sizeof scheme);
    for (size_t i = 0; i < BASIC_GROUPS; i++)
        base64_group((const uint8_t *)plain + 3 * i, out + 6 + 4 * i);
}
