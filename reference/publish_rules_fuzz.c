#include <stdlib.h>

#include "lib/utf8.h"
#include "reference/json_scan.h"
#include "reference/publish_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_run(const struct publish_rules *rules, struct str payload, int format)
{
    struct event_extension extensions[EVENT_MAX_EXTENSIONS];
    struct event e = {
        .application = STR("app"),
        .device = STR("dev"),
        .sender = STR("dev"),
        .subject = STR("a"),
        .content_format = format,
        .payload = payload,
        .extensions = extensions,
    };
    struct buf line = buf_growing();
    struct str reason;

    memset(e.id, '0', EVENT_ID_LEN);
    if (event_classify(&e) != EVENT_OK)
        return;
    switch (publish_rules_run(rules, &e, &reason)) {
    case PUBLISH_ACCEPT:
        event_encode(&e, &line);
        assert(line.len <= event_encoded_max(&e));
        assert(json_scan_valid(buf_str(&line)));
        assert(memchr(line.ptr, '\n', line.len) == NULL);
        break;
    case PUBLISH_REJECT:
        assert(utf8_valid(reason) && reason.len <= PUBLISH_RULES_MAX_TEXT);
        break;
    case PUBLISH_DROP:
        break;
    case PUBLISH_UNDECODABLE:
        assert(utf8_valid(publish_rules_fault(rules)));
        break;
    }
    buf_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    json_t *section = json_loadb((const char *)data, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    struct arena memory = {0};

    if (section == NULL)
        return 0;
    const struct publish_rules *rules = publish_rules_compile(section, &memory);
    json_t *status = publish_rules_status(section);
    const char *verdict = publish_rules_fault(rules).len > 0 ? "invalid" : "valid";

    assert(json_object_size(status) == 1 && json_object_get(status, verdict) != NULL);
    json_decref(status);
    json_decref(section);
    if (rules != NULL) {
        check_run(rules, STR("{\"a\":\n1}"), EVENT_NO_FORMAT);
        check_run(rules, STR("text"), 0);
        check_run(rules, STR("\xff"), 42);
    }
    arena_fini(&memory);
    return 0;
}
