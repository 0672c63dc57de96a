#include "reference/password.h"

#include <crypt.h>
#include <stdlib.h>

#include <openssl/crypto.h>

/* The alphabet of both forms; they order it differently. */
static const char crypt_alphabet[] =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum {
    BCRYPT_SALT_LEN = 22,
    BCRYPT_HASH_LEN = 31,
    SHA512_SALT_LEN = 16, /* at most */
    SHA512_HASH_LEN = 86,
    SHA512_MIN_ROUNDS = 1000,
};

bool password_equal(struct str given, struct str stored)
{
    /* volatile: the compiler must not leave the loop at the first difference */
    volatile size_t difference = given.len ^ stored.len;

    for (size_t i = 0; i < given.len; i++) {
        size_t inside = (size_t)0 - (size_t)(i < stored.len); /* all ones, or 0 */

        difference |= (size_t)(unsigned char)(given.ptr[i] ^ stored.ptr[i & inside]);
    }
    return difference == 0;
}

static bool take_prefix(struct str *s, struct str prefix)
{
    if (s->len < prefix.len || memcmp(s->ptr, prefix.ptr, prefix.len) != 0)
        return false;
    *s = (struct str){s->ptr + prefix.len, s->len - prefix.len};
    return true;
}

/* The run of crypt characters that s begins with. */
static size_t crypt_run(struct str s)
{
    size_t len = 0;

    while (len < s.len && s.ptr[len] != '\0' && strchr(crypt_alphabet, s.ptr[len]) != NULL)
        len++;
    return len;
}

/* Takes digits and the `$` behind them; -1 when it is not so, or beyond seven digits. */
static long take_number(struct str *s)
{
    long number = 0;
    size_t len = 0;

    while (len < s->len && len < 7 && s->ptr[len] >= '0' && s->ptr[len] <= '9')
        number = number * 10 + (s->ptr[len++] - '0');
    if (len == 0 || len == s->len || s->ptr[len] != '$')
        return -1;
    *s = (struct str){s->ptr + len + 1, s->len - len - 1};
    return number;
}

static bool bcrypt_valid(struct str rest)
{
    bool two_digits = rest.len > 2 && rest.ptr[2] == '$';
    long cost = take_number(&rest);

    return two_digits && cost >= 4 && cost <= PASSWORD_MAX_BCRYPT_COST &&
           rest.len == BCRYPT_SALT_LEN + BCRYPT_HASH_LEN && crypt_run(rest) == rest.len;
}

static bool sha512_valid(struct str rest)
{
    if (take_prefix(&rest, STR("rounds="))) {
        long rounds = take_number(&rest);

        if (rounds < SHA512_MIN_ROUNDS || rounds > PASSWORD_MAX_SHA512_ROUNDS)
            return false;
    }
    size_t salt_len = crypt_run(rest);

    if (salt_len > SHA512_SALT_LEN || salt_len == rest.len || rest.ptr[salt_len] != '$')
        return false;
    rest = (struct str){rest.ptr + salt_len + 1, rest.len - salt_len - 1};
    return rest.len == SHA512_HASH_LEN && crypt_run(rest) == rest.len;
}

static const struct form {
    struct str prefix;
    bool (*valid)(struct str rest);
    size_t hash_len; /* the part behind the salt */
} forms[] = {
    {{"$2a$", 4}, bcrypt_valid, BCRYPT_HASH_LEN},
    {{"$2b$", 4}, bcrypt_valid, BCRYPT_HASH_LEN},
    {{"$2y$", 4}, bcrypt_valid, BCRYPT_HASH_LEN},
    {{"$6$", 3},  sha512_valid, SHA512_HASH_LEN},
};

/* The form of a whole and valid hash; NULL when it is none. */
static const struct form *form_of(struct str hash)
{
    for (size_t i = 0; i < COUNT(forms); i++) {
        if (take_prefix(&hash, forms[i].prefix))
            return forms[i].valid(hash) ? &forms[i] : NULL;
    }
    return NULL;
}

bool password_hash_valid(struct str hash)
{
    return form_of(hash) != NULL;
}

static struct str tail(struct str s, size_t len)
{
    return s.len < len ? s : (struct str){s.ptr + s.len - len, len};
}

/* Only what is behind the salt is compared: crypt_r clears unused bits of a bcrypt salt, which some
 * makers of hashes leave set. */
bool password_verify(const char *password, const char *hash)
{
    struct str stored = str_from(hash);
    const struct form *form = form_of(stored);
    bool matches = false;

    if (form == NULL)
        return false;
    struct crypt_data *data = xcalloc(1, sizeof *data); /* 32 KiB: not for a thread's stack */
    const char *got = crypt_r(password, hash, data);

    if (got != NULL && *got == '$')
        matches = password_equal(tail(str_from(got), form->hash_len), tail(stored, form->hash_len));
    OPENSSL_cleanse(data, sizeof *data);
    free(data);
    return matches;
}
