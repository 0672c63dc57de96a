/*
 * The bearer token of the HTTP API: read from a file of mode 0600, made when there is none.
 */
#ifndef REFERENCE_API_TOKEN_H
#define REFERENCE_API_TOKEN_H

#include "lib/base.h"

enum {
    API_TOKEN_CAP = 1025,    /* longest token and its NUL */
    API_TOKEN_MIN = 32,      /* shorter ones can be guessed */
    API_TOKEN_WHY_LEN = 256, /* bytes of the text that says what is wrong, NUL included */
};

/*
 * Reads the first line of the file into token (API_TOKEN_CAP bytes). A file that does not exist is
 * made first, with 32 random bytes in hex; a file that others than its owner may open is refused.
 * False: why names the file and says what to do; it never quotes the file.
 */
bool api_token_load(const char *path, char *token, char *why) MUST_CHECK;

/* Takes a time that does not depend on where the two differ. */
bool api_token_equal(struct str a, struct str b);

#endif
