#include "conformance/standing.h"

#include <string.h>

#include "conformance/json.h"
#include "conformance/stream.h"

static bool refers(const json_t *result, const char *requirement)
{
    const json_t *refs = json_object_get(result, "refs");

    for (size_t i = 0; i < json_array_size(refs); i++) {
        if (strcmp(json_string_value(json_array_get(refs, i)), requirement) == 0)
            return true;
    }
    return false;
}

bool standing_of(const json_t *document, const char *requirement, enum binding binding,
                 enum verdict *out)
{
    const json_t *results = json_object_get(document, "results");
    bool any = false;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);

        if (stream_is_retried(result) || !refers(result, requirement) ||
            strcmp(json_text(result, "binding"), binding_name(binding)) != 0)
            continue;
        *out = any ? verdict_worse(*out, stream_verdict(result)) : stream_verdict(result);
        any = true;
    }
    return any;
}
