/* Events and commands carry anything: a marker is read, or refused, and what is read is written and
 * read again as the same. */
#include "simulator/marker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct marker first;
    struct marker again;
    uint8_t out[MARKER_LEN];

    if (!marker_read((struct str){(const char *)data, size}, &first))
        return 0;
    marker_write(&first, out);
    if (first.at_us > INT64_C(99999999999999999))
        return 0;
    assert(marker_read((struct str){(const char *)out, sizeof out}, &again));
    assert(again.run == first.run && again.device == first.device);
    assert(again.sequence == first.sequence && again.at_us == first.at_us);
    return 0;
}
