#include "reference/identity.h"

#include <stdlib.h>

#include <openssl/crypto.h>

void identity_fini(struct identity *id)
{
    free(id->application);
    free(id->device);
    if (id->psk != NULL)
        OPENSSL_cleanse(id->psk, id->psk_len);
    free(id->psk);
    sk_X509_pop_free(id->chain, X509_free);
    *id = (struct identity){.kind = IDENTITY_NONE};
}
