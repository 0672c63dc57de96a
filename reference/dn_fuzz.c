#include "reference/dn.h"

#include <openssl/err.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A DER name as it stands in a peer's certificate. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const unsigned char *at = data;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)len);
    struct buf b = buf_growing();

    if (name != NULL)
        dn_text(name, &b);
    buf_fini(&b);
    X509_NAME_free(name);
    ERR_clear_error();
    return 0;
}
