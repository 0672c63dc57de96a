#include "lib/json_walk.h"

static void walk(struct str value, int depth)
{
    struct json_walk w;
    struct str key;

    if (value.ptr[0] == '"') {
        struct buf out = buf_growing();

        (void)json_walk_string(value, &out);
        buf_fini(&out);
    }
    if (depth == 0 || !json_walk_begin(&w, value))
        return;
    while (json_walk_next(&w, &key, &value))
        walk(value, depth - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str text = {(const char *)data, len}, value;

    if (json_walk_value(&text, &value)) {
        struct buf quoted = buf_growing();

        walk(value, 8);
        json_walk_quote(&quoted, value);
        struct str again = buf_str(&quoted), whole;

        if (!json_walk_value(&again, &whole) || again.len != 0)
            __builtin_trap();
        buf_fini(&quoted);
    }
    return 0;
}
