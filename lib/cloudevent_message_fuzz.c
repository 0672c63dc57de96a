#include "lib/cloudevent_message.h"

#include "lib/cloudevent_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str text = {(const char *)data, len};
    struct cloudevent_header headers[160];
    size_t count = take_headers(&text, headers, COUNT(headers));
    struct str type = count == 0 ? (struct str){NULL, 0} : headers[0].value;
    struct cloudevent e;

    (void)!cloudevent_read_mqtt(&e, type, headers + (count > 0), count - (count > 0), text);
    finish(&e);
    (void)!cloudevent_read_kafka(&e, headers, count, text);
    finish(&e);
    return 0;
}
