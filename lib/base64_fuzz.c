#include "lib/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What decodes must encode to the same text, padding aside. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buf room = buf_growing();
    struct buf again = buf_growing();
    uint8_t *out = (uint8_t *)buf_reserve(&room, BASE64_DECODED_MAX(len));
    size_t out_len;

    if (base64_decode((struct str){(const char *)data, len}, out, BASE64_DECODED_MAX(len),
                      &out_len)) {
        base64_encode(&again, out, out_len);
        assert(again.len >= len && (len == 0 || memcmp(again.ptr, data, len) == 0));
    }
    buf_fini(&again);
    buf_fini(&room);
    return 0;
}
