/*
 * SipHash: a short keyed hash for tables whose keys a peer can choose.
 *
 * With a random secret key a peer cannot make collisions. siphash is SipHash-2-4; siphash13 does
 * half the rounds and is enough for a hot table whose hashes are never shown to anybody. Neither
 * is a MAC for anything that is kept or sent.
 */
#ifndef LIB_SIPHASH_H
#define LIB_SIPHASH_H

#include "lib/base.h"

enum { SIPHASH_KEY_LEN = 16 };

/* bytes may be NULL when len is 0. */
uint64_t siphash(const uint8_t key[SIPHASH_KEY_LEN], const void *bytes, size_t len);
uint64_t siphash13(const uint8_t key[SIPHASH_KEY_LEN], const void *bytes, size_t len);

#endif
