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

void identity_set_names(struct identity *id, struct str application, struct str device)
{
    free(id->application);
    free(id->device);
    id->application = xstrdup(application);
    id->device = xstrdup(device);
}

void identity_name(struct identity *id, enum identity_kind kind, struct str application,
                   struct str device)
{
    identity_fini(id);
    id->kind = kind;
    id->application = xstrdup(application);
    id->device = xstrdup(device);
}

void identity_set_key(struct identity *id, struct str key)
{
    id->psk = xmalloc(key.len);
    memcpy(id->psk, key.ptr, key.len);
    id->psk_len = key.len;
}

void identity_set_chain(struct identity *id, STACK_OF(X509) * chain)
{
    id->chain = X509_chain_up_ref(chain);
    assert(id->chain != NULL);
}
