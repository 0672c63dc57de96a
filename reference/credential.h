/*
 * The value of option 4209: `Basic base64(user:password)`, where user is `device@application` or
 * one name (facts 2.1, RFC 7617 2).
 *
 * Both readings of the user part are given, because which one counts depends on the query: `user`
 * is verbatim, `device` and `application` are its halves around the first `@`. Nothing is
 * allocated: the texts live in the struct, which holds a secret and is to be cleansed.
 */
#ifndef REFERENCE_CREDENTIAL_H
#define REFERENCE_CREDENTIAL_H

#include "lib/base.h"

/* Longest `user:password` in bytes; a longer one is refused. */
enum { CREDENTIAL_MAX_LEN = 2048 };

enum credential_err {
    CREDENTIAL_OK,
    CREDENTIAL_NOT_BASIC,   /* no scheme, or another one than Basic */
    CREDENTIAL_TOO_LONG,    /* more than CREDENTIAL_MAX_LEN */
    CREDENTIAL_BAD_BASE64,  /* standard alphabet only, with or without padding */
    CREDENTIAL_BAD_UTF8,    /* also when only the decoded device part is not UTF-8 */
    CREDENTIAL_NO_PASSWORD, /* no `:` */
};

struct credential {
    struct str user;                   /* all before the first `:`, verbatim */
    struct str password;               /* all after it; may be empty and may hold `:` */
    bool has_at;                       /* user has an `@`; only then the two below are set */
    struct str device;                 /* before the first `@`, percent-decoded */
    struct str application;            /* after it, verbatim */
    size_t used_len;                   /* of text and device_text, at most */
    char text[CREDENTIAL_MAX_LEN + 3]; /* base64 decodes groups of three */
    char device_text[CREDENTIAL_MAX_LEN];
};

/* value is borrowed during the call. On failure nothing in out is to be read. */
enum credential_err credential_parse(struct str value, struct credential *out) MUST_CHECK;

/* Removes the secret from memory. Also after a failure. */
void credential_cleanse(struct credential *c);

/* For logs: what is wrong, in one word. */
const char *credential_err_word(enum credential_err err);

#endif
