#include "lib/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses, and is in the years that can be written, comes back the same after a round trip. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[64];
    struct buf b = buf_over(text, sizeof text);
    int64_t first;
    int64_t second;

    if (rfc3339_parse((struct str){(const char *)data, len}, &first) &&
        first >= INT64_C(-62167219200) * US_PER_S && first < INT64_C(253402300800) * US_PER_S) {
        rfc3339_format(first, &b);
        const bool again = rfc3339_parse(buf_str(&b), &second);

        assert(!b.overflow && again && first == second);
    }
    return 0;
}
