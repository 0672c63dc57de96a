#include "lib/hist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What decodes must survive being written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hist *h = hist_new();
    struct hist *again = hist_new();
    struct buf text = buf_growing();
    struct hist_place a = {0};
    struct hist_place b = {0};

    if (hist_decode(h, (struct str){(const char *)data, len})) {
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
    return 0;
}
