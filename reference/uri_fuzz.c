/* What is taken for an absolute URI has a scheme and only the characters of a URI (RFC 3986 2). */
#include "reference/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~:/?#[]@!$&'()*+,;=%";

    if (!uri_is_absolute((struct str){(const char *)data, len}))
        return 0;
    assert(memchr(data, ':', len) > (const void *)data);
    for (size_t i = 0; i < len; i++)
        assert(data[i] != '\0' && strchr(allowed, data[i]) != NULL);
    return 0;
}
