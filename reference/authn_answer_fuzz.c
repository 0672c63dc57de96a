/* Answers of a device authentication service: any bytes, read as an answer to each of the three
 * questions. */
#include "reference/authn_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const enum auth_call calls[] = {AUTH_CALL_PROVE, AUTH_CALL_KEY, AUTH_CALL_GATEWAY};
    const struct str text = {(const char *)bytes, len};

    for (size_t i = 0; i < COUNT(calls); i++) {
        struct authn_answer *a = authn_answer_read(calls[i], text);

        if (a != NULL && a->pass) {
            assert(a->device != NULL && a->device->device.name.len > 0);
            assert((a->app != NULL) == (calls[i] != AUTH_CALL_GATEWAY));
            assert((a->psk.key.len > 0) == (calls[i] == AUTH_CALL_KEY));
        }
        authn_answer_free(&a);
    }
    return 0;
}
