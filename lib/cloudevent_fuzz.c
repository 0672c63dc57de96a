#include "lib/cloudevent.h"
#include "lib/cloudevent_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str text = {(const char *)data, len}, key, value;
    struct cloudevent_header headers[160];
    struct cloudevent e;
    struct json_walk w;

    if (cloudevent_batch_begin(&w, text)) {
        while (json_walk_next(&w, &key, &value)) {
            (void)!cloudevent_read_json(&e, value);
            finish(&e);
        }
    }
    (void)!cloudevent_read_json(&e, text);
    finish(&e);

    size_t count = take_headers(&text, headers, COUNT(headers));

    (void)!cloudevent_read_http(&e, headers, count, text);
    finish(&e);
    return 0;
}
