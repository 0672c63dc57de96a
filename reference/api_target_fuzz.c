/* Any request-target: no crash, and what is understood survives being written and read again. */
#include "reference/api_target.h"

#include <stdlib.h>

#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_round_trip(const struct api_target *first)
{
    struct buf text = buf_growing();
    struct api_target again;

    for (size_t i = 0; i < first->segment_count; i++) {
        buf_add_char(&text, '/');
        api_percent_encode(&text, first->segment[i]);
    }
    for (size_t i = 0; i < first->param_count; i++) {
        buf_add_char(&text, i == 0 ? '?' : '&');
        api_percent_encode(&text, first->param[i].name);
        buf_add_char(&text, '=');
        api_percent_encode(&text, first->param[i].value);
    }
    char *space = xmalloc(text.len);

    assert(api_target_parse(buf_str(&text), space, &again) == API_TARGET_OK);
    assert(again.segment_count == first->segment_count);
    assert(again.param_count == first->param_count);
    for (size_t i = 0; i < first->segment_count; i++) {
        assert(utf8_valid(first->segment[i]));
        assert(str_equal(again.segment[i], first->segment[i]));
    }
    for (size_t i = 0; i < first->param_count; i++) {
        assert(str_equal(again.param[i].name, first->param[i].name));
        assert(str_equal(again.param[i].value, first->param[i].value));
    }
    free(space);
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct api_target target;
    char *space = xmalloc(len); /* exactly: ASan sees a byte too many */
    struct str text = {(const char *)data, len};

    if (api_target_parse(text, space, &target) == API_TARGET_OK)
        check_round_trip(&target);
    free(space);
    return 0;
}
