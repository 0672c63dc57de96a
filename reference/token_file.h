/*
 * A bearer token in a file that only its owner may open.
 */
#ifndef REFERENCE_TOKEN_FILE_H
#define REFERENCE_TOKEN_FILE_H

#include "lib/base.h"

enum {
    TOKEN_FILE_CAP = 1025,    /* longest token and its NUL */
    TOKEN_FILE_WHY_LEN = 224, /* bytes of the text that says what is wrong, NUL included */
};

/*
 * Reads the token into token (TOKEN_FILE_CAP bytes): what stands in the file without white space
 * behind it, which may be nothing. False: why names the file and says what to do; it never quotes
 * the file.
 */
bool token_file_load(const char *path, char *token, char *why) MUST_CHECK;

#endif
