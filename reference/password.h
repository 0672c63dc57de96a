/*
 * Does this password match? Plain ones in constant time, bcrypt and sha512-crypt by crypt(3).
 */
#ifndef REFERENCE_PASSWORD_H
#define REFERENCE_PASSWORD_H

#include "lib/base.h"

/*
 * The dearest hash that is computed: about two seconds of a core. A hash that asks for more is
 * refused, since the endpoint's clean end waits for the one that runs.
 */
enum { PASSWORD_MAX_BCRYPT_COST = 15, PASSWORD_MAX_SHA512_ROUNDS = 2000000 };

/* The time depends on given's length only; stored is NUL-terminated behind its length. */
bool password_equal(struct str given, struct str stored) MUST_CHECK;

/* Is it `$2a$`, `$2b$`, `$2y$` or `$6$` in full, at a cost that is computed? */
bool password_hash_valid(struct str hash) MUST_CHECK;

/* Slow: milliseconds to seconds. False when hash is not password_hash_valid. Any thread. */
bool password_verify(const char *password, const char *hash) MUST_CHECK;

#endif
