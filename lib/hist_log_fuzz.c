#include "lib/hist_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Lines lie inside the text, and each brings it nearer to its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str text = {(const char *)data, len};
    struct hist_log_line line;
    size_t before = len;

    while (hist_log_next(&text, &line)) {
        const char *end = (const char *)data + len;

        assert(text.len < before && line.histogram.ptr + line.histogram.len <= end);
        assert(line.from_us >= 0 && line.to_us >= line.from_us);
        before = text.len;
    }
    return 0;
}
