#include "lib/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* By ASCII code: 0..63, or -1 outside the alphabet. A table, because text is hard to predict. */
/* clang-format off */
static const int8_t values[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, -1, -1, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,
    -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, -1,
    -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
};
/* clang-format on */

static int value_of(char c)
{
    return (uint8_t)c < sizeof values ? values[(uint8_t)c] : -1;
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

/* Four characters make three bytes. False when one is outside the alphabet. */
static bool decode_group(const char *in, uint8_t *out)
{
    const int a = value_of(in[0]);
    const int b = value_of(in[1]);
    const int c = value_of(in[2]);
    const int d = value_of(in[3]);

    if ((a | b | c | d) < 0)
        return false;
    out[0] = (uint8_t)(a << 2 | b >> 4);
    out[1] = (uint8_t)(b << 4 | c >> 2);
    out[2] = (uint8_t)(c << 6 | d);
    return true;
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
    for (size_t i = 0; i < chars - tail; i += 4, at += 3) {
        if (!decode_group(in.ptr + i, out + at))
            return false;
    }
    for (size_t i = chars - tail; i < chars; i++) {
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
