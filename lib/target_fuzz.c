#include "lib/buf.h"

#include "lib/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct target_places places = {.coap_port = 1, .dir = "/x"};
    char why[TARGET_WHY_LEN];
    struct target t;
    struct buf text = buf_growing();

    buf_add(&text, data, len);
    if (target_read(&t, buf_str(&text), "f.lua", &places, why))
        target_fini(&t);
    buf_clear(&text);
    /* most bytes are no Lua: these reach the reader of fields */
    buf_add_str(&text, STR("return { name = 'x', coap = 'coap://h', "));
    buf_add(&text, data, len);
    buf_add_str(&text, STR(" }"));
    if (target_read(&t, buf_str(&text), "f.lua", &places, why))
        target_fini(&t);
    buf_fini(&text);
    return 0;
}
