/*
 * The bearer token that the API's threads compare with, and that may be replaced while they do.
 */
#ifndef REFERENCE_API_SECRET_H
#define REFERENCE_API_SECRET_H

#include <pthread.h>

#include "reference/api_token.h"

struct api_secret {
    pthread_mutex_t lock;
    char text[API_TOKEN_CAP];
};

void api_secret_init(struct api_secret *s);
void api_secret_fini(struct api_secret *s);

/* Copies text, which is a token that api_token_load gave. Any thread. */
void api_secret_set(struct api_secret *s, const char *text);
/* Writes the token into out (API_TOKEN_CAP bytes). Any thread. */
void api_secret_copy(struct api_secret *s, char *out);

#endif
