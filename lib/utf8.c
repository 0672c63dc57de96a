#include "lib/utf8.h"

/* RFC 3629 4: by the first byte, the length and the range of the second; all others are 80..BF. */
static const struct lead {
    uint8_t first_min, first_max;
    uint8_t second_min, second_max;
    uint8_t len;
} leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, /* no surrogates */
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4}, /* nothing beyond U+10FFFF */
};

size_t utf8_char_len(struct str s)
{
    const uint8_t *byte = (const uint8_t *)s.ptr;

    if (s.len == 0)
        return 0;
    if (byte[0] < 0x80)
        return 1;
    for (size_t i = 0; i < COUNT(leads); i++) {
        const struct lead *lead = &leads[i];

        if (byte[0] < lead->first_min || byte[0] > lead->first_max)
            continue;
        if (s.len < lead->len || byte[1] < lead->second_min || byte[1] > lead->second_max)
            return 0;
        for (size_t k = 2; k < lead->len; k++) {
            if ((byte[k] & 0xC0) != 0x80)
                return 0;
        }
        return lead->len;
    }
    return 0;
}

bool utf8_valid(struct str s)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);

    while (s.len > 0) {
        uint64_t word;

        if (s.len >= sizeof word) {
            memcpy(&word, s.ptr, sizeof word);
            if ((word & high_bits) == 0) {
                s.ptr += sizeof word;
                s.len -= sizeof word;
                continue;
            }
        }
        size_t len = utf8_char_len(s);

        if (len == 0)
            return false;
        s.ptr += len;
        s.len -= len;
    }
    return true;
}
