/* A person's file: it is read or refused, and what is read has a class for every device. */
#include "lib/buf.h"
#include "simulator/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(struct str text)
{
    char why[PROFILE_WHY_LEN];
    struct profile p;

    if (!profile_read(&p, text, "f.lua", why))
        return;
    assert(p.class_count > 0 && p.stage_count > 0);
    assert(profile_class_of(&p, 1, 2) < p.class_count);
    profile_fini(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = buf_growing();

    read_one((struct str){(const char *)data, size});
    /* most bytes are no Lua: these reach the reader of fields */
    buf_add_str(&text, STR("return { summary = 's', classes = { a = {"));
    buf_add(&text, data, size);
    buf_add_str(&text, STR(" } } }"));
    read_one(buf_str(&text));
    buf_fini(&text);
    return 0;
}
