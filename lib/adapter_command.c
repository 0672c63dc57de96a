#include "lib/adapter_command.h"

#include <stdlib.h>

#include "lib/base64.h"

bool adapter_command_read(struct adapter_call *call, struct adapter_command *out)
{
    const json_t *request = call->request;
    const char *op = adapter_text(request, "op"), *text = adapter_text(request, "payload_base64");
    struct str payload = text == NULL ? (struct str){NULL, 0} : str_from(text);

    *out = (struct adapter_command){
        .application = adapter_text(request, "application"),
        .device = adapter_text(request, "device"),
        .name = adapter_text(request, "name"),
        .content_type = adapter_text(request, "content_type"),
    };
    if (op == NULL || strcmp(op, "command") != 0) {
        call->answered(call, adapter_reply_failed(ADAPTER_UNAVAILABLE, 0, "no such operation"));
        return false;
    }
    if (out->application == NULL || out->device == NULL || out->name == NULL) {
        call->answered(call, adapter_reply_failed(ADAPTER_BROKEN, 0,
                                                  "command needs application, device and name"));
        return false;
    }
    uint8_t *bytes = xmalloc(BASE64_DECODED_MAX(payload.len) + 1);
    size_t len = 0;

    if (!base64_decode(payload, bytes, BASE64_DECODED_MAX(payload.len), &len)) {
        free(bytes);
        call->answered(call,
                       adapter_reply_failed(ADAPTER_BROKEN, 0, "payload_base64 is no base64"));
        return false;
    }
    out->payload = (struct str){(const char *)bytes, len};
    return true;
}

void adapter_command_fini(struct adapter_command *c)
{
    free((void *)(uintptr_t)c->payload.ptr);
    *c = (struct adapter_command){.name = NULL};
}
