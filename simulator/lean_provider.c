#include "simulator/lean_provider.h"

#include <pthread.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>

#include "lib/base.h"

enum { MAX_KINDS = 8 };

/* Algorithms get the context of the provider that made them, so a provider between has no place of
 * its own to keep things in. Made once, then only read. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_PROVIDER *all;
static OSSL_ALGORITHM decoders[MAX_KINDS + 1];
static OSSL_ALGORITHM key_types[MAX_KINDS + 1];

/* Is this one of the names in `EC:id-ecPublicKey:1.2.840.10045.2.1`? */
static bool has_name(const char *names, const char *name)
{
    size_t len = strlen(name);

    for (; names != NULL; names = strchr(names, ':')) {
        names += *names == ':';
        if (strncmp(names, name, len) == 0 && (names[len] == 0 || names[len] == ':'))
            return true;
    }
    return false;
}

static bool is_wanted(const OSSL_ALGORITHM *a)
{
    return has_name(a->algorithm_names, "EC") || has_name(a->algorithm_names, "RSA");
}

static void choose(int operation, const char *property, OSSL_ALGORITHM *chosen)
{
    int no_cache = 0;
    const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(all, operation, &no_cache);
    size_t count = 0;

    for (; a != NULL && a->algorithm_names != NULL && count < MAX_KINDS; a++)
        if (is_wanted(a) && strstr(a->property_definition, property) != NULL)
            chosen[count++] = *a;
    assert(count > 0);
}

static void find_all(void)
{
    all = OSSL_PROVIDER_load(NULL, "default");
    assert(all != NULL);
    choose(OSSL_OP_DECODER, "structure=SubjectPublicKeyInfo", decoders);
    choose(OSSL_OP_KEYMGMT, "", key_types);
}

/* --- the provider --- */

static const OSSL_ALGORITHM *answer_query(void *context, int operation, int *no_cache)
{
    UNUSED(context);
    *no_cache = 0;
    if (operation == OSSL_OP_DECODER)
        return decoders;
    if (operation == OSSL_OP_KEYMGMT)
        return key_types;
    return OSSL_PROVIDER_query_operation(all, operation, no_cache);
}

static int tell_capabilities(void *context, const char *capability, OSSL_CALLBACK *tell, void *arg)
{
    UNUSED(context);
    return OSSL_PROVIDER_get_capabilities(all, capability, tell, arg);
}

static int begin(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                 void **context)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION,  (void (*)(void))answer_query     },
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))tell_capabilities},
        {0,                                   NULL                             },
    };

    UNUSED(handle);
    UNUSED(in);
    *out = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(all);
    return 1;
}

void lean_provider_init(struct lean_provider *l)
{
    int failed = pthread_once(&once, find_all);
    int added;

    l->context = OSSL_LIB_CTX_new();
    assert(failed == 0 && l->context != NULL);
    added = OSSL_PROVIDER_add_builtin(l->context, "lean", begin);
    l->provider = OSSL_PROVIDER_load(l->context, "lean");
    assert(added == 1 && l->provider != NULL);
}

void lean_provider_fini(struct lean_provider *l)
{
    if (l->context == NULL)
        return;
    OSSL_PROVIDER_unload(l->provider);
    OSSL_LIB_CTX_free(l->context);
    *l = (struct lean_provider){0};
}
