/*
 * The V2 form of a histogram: a header of 40 bytes, big-endian, and the counts as LEB128 in zig-zag
 * (a ninth byte has eight bits), runs of empty places as negative numbers; then zlib, with a header
 * of eight bytes; then base64.
 */
#include "lib/hist.h"

#include <zlib.h>

#include "lib/base64.h"

enum { HEADER_LEN = 40, OUTER_LEN = 8, DIGITS = 3, PLAIN_MAX = 1 << 20 };

static const uint32_t plain_cookie = 0x1c849313;      /* V2, words of one byte: LEB128 */
static const uint32_t compressed_cookie = 0x1c849314; /* the same, compressed */
static const uint64_t one = 0x3ff0000000000000;       /* 1.0: counts are of the values themselves */

static void put(struct buf *b, size_t bytes, uint64_t value)
{
    for (size_t i = bytes; i-- > 0;)
        buf_add_char(b, (char)(value >> (8 * i)));
}

static uint64_t get(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

static void put_number(struct buf *b, int64_t number)
{
    uint64_t left = ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0);

    for (int i = 0; i < 8 && left >= 0x80; i++, left >>= 7)
        buf_add_char(b, (char)(left | 0x80));
    buf_add_char(b, (char)left);
}

static void put_counts(struct buf *b, const struct hist *h)
{
    struct hist_place p = {0};
    size_t next = 0;

    while (hist_next(h, &p)) {
        size_t empty = p.index - next;

        if (empty > 0)
            put_number(b, -(int64_t)empty);
        put_number(b, p.count > INT64_MAX ? INT64_MAX : (int64_t)p.count);
        next = p.index + 1;
    }
}

void hist_encode(const struct hist *h, struct buf *out)
{
    struct buf counts = buf_growing();
    struct buf plain = buf_growing();
    struct buf packed = buf_growing();
    uLongf packed_len;

    put_counts(&counts, h);
    put(&plain, 4, plain_cookie);
    put(&plain, 4, counts.len);
    put(&plain, 4, 0); /* places are not shifted */
    put(&plain, 4, DIGITS);
    put(&plain, 8, 1); /* the lowest value told from 0 */
    put(&plain, 8, HIST_MAX_US);
    put(&plain, 8, one);
    buf_add_str(&plain, buf_str(&counts));
    packed_len = compressBound(plain.len);
    (void)buf_reserve(&packed, OUTER_LEN + packed_len);
    int error =
        compress((Bytef *)packed.ptr + OUTER_LEN, &packed_len, (const Bytef *)plain.ptr, plain.len);

    assert(error == Z_OK);
    packed.len = 0;
    put(&packed, 4, compressed_cookie);
    put(&packed, 4, packed_len);
    packed.len = OUTER_LEN + packed_len;
    base64_encode(out, packed.ptr, packed.len);
    buf_fini(&packed);
    buf_fini(&plain);
    buf_fini(&counts);
}

/* --- decoding ------------------------------------------------------------------------------------
 */

/* How values and places of a histogram belong together. */
struct layout {
    unsigned unit_bits; /* log2 of the width of the smallest place */
    unsigned half_bits; /* log2 of the places of a doubling */
};

/* What the header says; false: it is none of ours to read. */
static bool read_layout(const uint8_t *header, struct layout *l)
{
    uint64_t digits = get(header + 12, 4);
    uint64_t lowest = get(header + 16, 8);
    uint64_t single = 2;

    if (get(header, 4) != plain_cookie || get(header + 8, 4) != 0 || digits > 5 || lowest == 0 ||
        lowest > INT64_MAX / 2 || get(header + 32, 8) != one)
        return false;
    while (digits-- > 0)
        single *= 10;
    l->unit_bits = 63 - (unsigned)__builtin_clzll(lowest);
    l->half_bits = 63 - (unsigned)__builtin_clzll(single - 1);
    return l->unit_bits + l->half_bits <= 61;
}

/* The lowest value of a place; above HIST_MAX_US it is any such value. */
static int64_t value_at(const struct layout *l, uint64_t place)
{
    uint64_t doubling = place >> l->half_bits;
    unsigned bits = (doubling == 0 ? 0 : (unsigned)doubling - 1) + l->unit_bits;
    uint64_t part = doubling == 0 ? place
                                  : (place & ((UINT64_C(1) << l->half_bits) - 1)) +
                                        (UINT64_C(1) << l->half_bits);

    if (doubling > 64 || bits >= 32 || part > (uint64_t)HIST_MAX_US >> bits)
        return part == 0 ? 0 : HIST_MAX_US + 1;
    return (int64_t)(part << bits);
}

static bool take_number(struct str *in, int64_t *out)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < 9 && i < in->len; i++) {
        uint8_t byte = (uint8_t)in->ptr[i];

        if (i == 8 || byte < 0x80) {
            number |= (uint64_t)byte << (7 * i);
            *out = (int64_t)(number >> 1 ^ (number & 1 ? UINT64_MAX : 0));
            in->ptr += i + 1;
            in->len -= i + 1;
            return true;
        }
        number |= (uint64_t)(byte & 0x7f) << (7 * i);
    }
    return false;
}

/* Adds the counts to h; false: a number is broken, or a value does not fit. */
static bool take_counts(const struct layout *l, struct str in, struct hist *h)
{
    uint64_t place = 0;
    int64_t number = 0;

    while (in.len > 0) {
        if (!take_number(&in, &number))
            return false;
        if (number < 0) {
            if (number < -INT64_C(0xffffffff))
                return false;
            place += (uint64_t)-number;
            continue;
        }
        int64_t value = value_at(l, place);

        if (number > 0 && (value > HIST_MAX_US || hist_count(h) > (uint64_t)(INT64_MAX - number)))
            return false;
        hist_record_many(h, value, (uint64_t)number);
        place++;
    }
    return true;
}

static bool take_plain(const uint8_t *plain, size_t len, struct hist *h)
{
    struct layout l;

    if (len < HEADER_LEN || !read_layout(plain, &l))
        return false;
    /* older releases in C count the header too */
    if (get(plain + 4, 4) != len - HEADER_LEN && get(plain + 4, 4) != len)
        return false;
    return take_counts(&l, (struct str){(const char *)plain + HEADER_LEN, len - HEADER_LEN}, h);
}

static bool take_compressed(const uint8_t *packed, size_t len, struct hist *h)
{
    struct buf plain = buf_growing();
    uLongf plain_len = PLAIN_MAX;
    bool ok = false;

    if (len < OUTER_LEN || get(packed, 4) != compressed_cookie ||
        get(packed + 4, 4) != len - OUTER_LEN)
        return false;
    (void)buf_reserve(&plain, PLAIN_MAX);
    if (uncompress((Bytef *)plain.ptr, &plain_len, packed + OUTER_LEN, len - OUTER_LEN) == Z_OK)
        ok = take_plain((const uint8_t *)plain.ptr, plain_len, h);
    buf_fini(&plain);
    return ok;
}

bool hist_decode(struct hist *h, struct str text)
{
    struct buf room = buf_growing();
    struct hist *found = hist_new();
    uint8_t *packed = (uint8_t *)buf_reserve(&room, BASE64_DECODED_MAX(text.len));
    size_t len;
    bool ok = base64_decode(text, packed, BASE64_DECODED_MAX(text.len), &len) &&
              take_compressed(packed, len, found) &&
              hist_count(h) <= (uint64_t)INT64_MAX - hist_count(found);

    if (ok)
        hist_add(h, found);
    hist_free(&found);
    buf_fini(&room);
    return ok;
}
