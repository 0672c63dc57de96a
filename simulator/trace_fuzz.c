/* A log is somebody's file: it is read, or refused, and what is read lies within its header. */
#include <zlib.h>

#include "simulator/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct trace_header head;
    size_t heads;
};

static bool take_head(void *arg, const struct trace_header *h)
{
    struct seen *s = arg;

    s->heads++;
    s->head = *h;
    assert(h->profile_text.len <= TRACE_TEXT_MAX);
    assert((uint64_t)h->first_device + h->device_count <= UINT32_MAX);
    return true;
}

static void take_event(void *arg, const struct trace_event *e)
{
    const struct seen *s = arg;

    assert(s->heads == 1 && e->kind < TRACE_KIND_COUNT);
    assert(e->at_us >= 0 && e->at_us <= TRACE_AT_MAX);
    assert(e->device >= s->head.first_device &&
           e->device - s->head.first_device < s->head.device_count);
}

static void read_one(const uint8_t *bytes, size_t len)
{
    struct seen s = {.heads = 0};
    const struct trace_reader r = {take_head, take_event, &s};

    (void)!trace_read((struct str){(const char *)bytes, len}, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t zipped[1 << 16];
    z_stream zip = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size};

    read_one(data, size);
    /* most bytes are no gzip: these reach the reader of records */
    if (deflateInit2(&zip, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    zip.next_out = zipped;
    zip.avail_out = sizeof zipped;
    if (deflate(&zip, Z_FINISH) == Z_STREAM_END)
        read_one(zipped, sizeof zipped - zip.avail_out);
    (void)deflateEnd(&zip);
    return 0;
}
