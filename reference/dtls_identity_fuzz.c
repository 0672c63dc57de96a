/*
 * Datagrams of a client, each with two bytes of length in front: the identity of a
 * ClientKeyExchange lies where it was put together, and is never longer than it may be.
 */
#include "reference/dtls_identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dtls_identity d = {.bytes = {0}};
    struct str got;

    while (len >= 2) {
        size_t part = (size_t)data[0] << 8 | data[1];

        data += 2;
        len -= 2;
        part = part > len ? len : part;
        if (dtls_identity_add(&d, data, part, &got)) {
            assert(got.ptr == (const char *)d.bytes + 2 && got.len <= DTLS_IDENTITY_MAX);
            assert(got.len == ((size_t)d.bytes[0] << 8 | d.bytes[1]));
        }
        data += part;
        len -= part;
    }
    return 0;
}
