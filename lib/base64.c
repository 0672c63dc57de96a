#include "lib/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0..63, or -1 for a character outside the alphabet. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* The characters before the padding; *ok is false when the padding is not whole. */
static size_t unpadded_len(struct str in, bool *ok)
{
    size_t pad = 0;

    while (pad < in.len && pad < 3 && in.ptr[in.len - 1 - pad] == '=')
        pad++;
    *ok = pad == 0 || (pad < 3 && in.len % 4 == 0);
    return in.len - pad;
}

bool base64_decode(struct str in, uint8_t *out, size_t cap, size_t *len)
{
    bool ok;
    const size_t chars = unpadded_len(in, &ok);
    const size_t tail = chars % 4; /* characters of the last, short group */
    const size_t bytes = chars / 4 * 3 + (tail == 0 ? 0 : tail - 1);
    uint32_t bits = 0;
    unsigned held = 0; /* bits that are not written yet */
    size_t at = 0;

    if (!ok || tail == 1 || bytes > cap)
        return false;
    for (size_t i = 0; i < chars; i++) {
        const int value = value_of(in.ptr[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[at++] = (uint8_t)(bits >> held);
            bits &= (UINT32_C(1) << held) - 1;
        }
    }
    if (bits != 0)
        return false;
    *len = at;
    return true;
}

void base64_encode(struct buf *out, const void *bytes, size_t len)
{
    const uint8_t *in = bytes;

    for (size_t i = 0; i < len; i += 3) {
        const size_t left = len - i;
        const uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                               (left > 2 ? (uint32_t)in[i + 2] : 0);
        const char text[4] = {
            alphabet[group >> 18],
            alphabet[group >> 12 & 63],
            left > 1 ? alphabet[group >> 6 & 63] : '=',
            left > 2 ? alphabet[group & 63] : '=',
        };

        buf_add(out, text, sizeof text);
    }
}
