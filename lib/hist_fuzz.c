#include "lib/hist.h"

#include <zlib.h>

#include "lib/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What decodes must survive being written and read again. */
static void try_text(struct str input)
{
    struct hist *h = hist_new();
    struct hist *again = hist_new();
    struct buf text = buf_growing();
    struct hist_place a = {0};
    struct hist_place b = {0};

    if (hist_decode(h, input)) {
        hist_encode(h, &text);
        bool ok = hist_decode(again, buf_str(&text));

        assert(ok && hist_count(again) == hist_count(h));
        while (hist_next(h, &a)) {
            ok = hist_next(again, &b);
            assert(ok && a.index == b.index && a.count == b.count);
        }
    }
    buf_fini(&text);
    hist_free(&again);
    hist_free(&h);
}

/* The input as what is compressed, with a header of ours: the checksum would hide it. */
static void try_plain(const uint8_t *data, size_t len)
{
    uint8_t plain[4096 + 8] = {0x1c, 0x84, 0x93, 0x13};
    uint8_t packed[8192] = {0x1c, 0x84, 0x93, 0x14};
    uLongf packed_len = sizeof packed - 8;
    struct buf text = buf_growing();

    if (len >= 32 && len <= 4096) {
        memcpy(plain + 8, data, len);
        plain[6] = (uint8_t)((len - 32) >> 8);
        plain[7] = (uint8_t)(len - 32);
        int error = compress(packed + 8, &packed_len, plain, len + 8);

        assert(error == Z_OK);
        packed[6] = (uint8_t)(packed_len >> 8);
        packed[7] = (uint8_t)packed_len;
        base64_encode(&text, packed, packed_len + 8);
        try_text(buf_str(&text));
    }
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_text((struct str){(const char *)data, len});
    try_plain(data, len);
    return 0;
}
