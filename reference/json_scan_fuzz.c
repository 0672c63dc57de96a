/*
 * What the scanner and jansson must agree on: all that the scanner accepts and that is within
 * jansson's limits, jansson reads; all that jansson reads, the scanner accepts.
 */
#include "reference/json_scan.h"

#include <jansson.h>

/* Valid JSON that jansson refuses by design: NUL and lone surrogates in strings, numbers too big.
 */
static bool beyond_jansson(struct str text, const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);

    return code == json_error_null_character || code == json_error_null_byte_in_key ||
           code == json_error_numeric_overflow || code == json_error_stack_overflow ||
           memmem(text.ptr, text.len, "\\u", 2) != NULL ||
           memmem(text.ptr, text.len, "\\U", 2) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str text = {(const char *)data, len};
    json_error_t error;
    json_t *tree = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    bool valid = json_scan_valid(text);

    if (tree != NULL) /* jansson takes a NUL byte for the end */
        assert(valid || memchr(data, '\0', len) != NULL);
    else if (valid)
        assert(beyond_jansson(text, &error));
    json_decref(tree);
    return 0;
}
