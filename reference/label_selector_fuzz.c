#include "reference/label_selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct label_selector *s = label_selector_parse((struct str){(const char *)data, len});
    json_t *labels = json_pack("{s:s,s:s}", "a", "1", "b", "2");

    if (s != NULL)
        (void)label_selector_matches(s, labels);
    label_selector_free(&s);
    json_decref(labels);
    return 0;
}
