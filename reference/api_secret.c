#include "reference/api_secret.h"

#include <openssl/crypto.h>

void api_secret_init(struct api_secret *s)
{
    pthread_mutex_init(&s->lock, NULL);
    s->text[0] = '\0';
}

void api_secret_fini(struct api_secret *s)
{
    OPENSSL_cleanse(s->text, sizeof s->text);
    pthread_mutex_destroy(&s->lock);
}

void api_secret_set(struct api_secret *s, const char *text)
{
    assert(strlen(text) < sizeof s->text);
    pthread_mutex_lock(&s->lock);
    OPENSSL_cleanse(s->text, sizeof s->text);
    memcpy(s->text, text, strlen(text) + 1);
    pthread_mutex_unlock(&s->lock);
}

void api_secret_copy(struct api_secret *s, char *out)
{
    pthread_mutex_lock(&s->lock);
    memcpy(out, s->text, sizeof s->text);
    pthread_mutex_unlock(&s->lock);
}
