#include "reference/credential.h"

#include <stdlib.h>

#include "lib/utf8.h"
#include "reference/claim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct credential *c = malloc(sizeof *c); /* so that the sanitizer sees its ends */
    struct str value = {(const char *)data, len};
    struct claim claim;

    assert(c != NULL);
    if (credential_parse(value, c) == CREDENTIAL_OK) {
        assert(c->user.len + 1 + c->password.len <= CREDENTIAL_MAX_LEN);
        assert(utf8_valid(c->user) && utf8_valid(c->password));
        if (c->has_at) {
            assert(utf8_valid(c->device) && utf8_valid(c->application));
            assert(c->device.len + 1 + c->application.len <= c->user.len);
        }
        assert(claim_read(c, NULL, NULL, &claim) == c->has_at);
    }
    credential_cleanse(c);
    free(c);
    return 0;
}
