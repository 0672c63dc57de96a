#include "lib/cloudevent_message.h"

#include "lib/cloudevent_rules.h"

/* An attribute that stands beside the payload. */
static void take_attribute(struct cloudevent *e, struct str name, struct str value)
{
    if (str_equal(name, STR("datacontenttype")))
        cloudevent_add_fault(e, "datacontenttype", "stands beside the content type");
    else
        cloudevent_add_attribute(e, name, value, CLOUDEVENT_STRING);
}

bool cloudevent_read_mqtt(struct cloudevent *e, struct str content_type,
                          const struct cloudevent_header *pairs, size_t count, struct str payload)
{
    *e = (struct cloudevent){0};
    switch (cloudevent_shape_of(content_type)) {
    case CLOUDEVENT_SHAPE_JSON:
        return cloudevent_read_json(e, payload);
    case CLOUDEVENT_SHAPE_FOREIGN:
        return cloudevent_read_foreign(e, content_type);
    case CLOUDEVENT_SHAPE_BINARY:
        break;
    }
    if (content_type.len > 0) /* CloudEvents MQTT 3.1.1 */
        cloudevent_add_attribute(e, STR("datacontenttype"), content_type, CLOUDEVENT_STRING);
    for (size_t i = 0; i < count; i++) /* 3.1.3 */
        take_attribute(e, pairs[i].name, pairs[i].value);
    cloudevent_take_body(e, payload);
    return true;
}

bool cloudevent_read_kafka(struct cloudevent *e, const struct cloudevent_header *headers,
                           size_t count, struct str value)
{
    static const struct str prefix = {"ce_", 3};
    struct str content_type = {NULL, 0};

    *e = (struct cloudevent){0};
    for (size_t i = 0; i < count; i++)
        if (str_equal(headers[i].name, STR("content-type")))
            content_type = headers[i].value;
    switch (cloudevent_shape_of(content_type)) {
    case CLOUDEVENT_SHAPE_JSON:
        return cloudevent_read_json(e, value);
    case CLOUDEVENT_SHAPE_FOREIGN:
        return cloudevent_read_foreign(e, content_type);
    case CLOUDEVENT_SHAPE_BINARY:
        break;
    }
    for (size_t i = 0; i < count; i++) { /* CloudEvents Kafka 3.2 */
        struct str name = headers[i].name;

        if (str_equal(name, STR("content-type")))
            cloudevent_add_attribute(e, STR("datacontenttype"), headers[i].value,
                                     CLOUDEVENT_STRING);
        else if (name.len > prefix.len && str_equal((struct str){name.ptr, prefix.len}, prefix))
            take_attribute(e, (struct str){name.ptr + prefix.len, name.len - prefix.len},
                           headers[i].value);
    }
    cloudevent_take_body(e, value);
    return true;
}
