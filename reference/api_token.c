#include "reference/api_token.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "reference/token_file.h"

enum { RANDOM_LEN = 32 };

_Static_assert((int)API_TOKEN_CAP == (int)TOKEN_FILE_CAP, "a token of a file fits");

static bool fail(char *why, const char *path, const char *text)
{
    (void)snprintf(why, API_TOKEN_WHY_LEN, "API token file %.120s: %s", path, text);
    return false;
}

static bool write_token(int fd)
{
    unsigned char random[RANDOM_LEN];
    char text[2 * RANDOM_LEN + 2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", random[i]);
    text[sizeof text - 2] = '\n';
    bool written = write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && fsync(fd) == 0;

    OPENSSL_cleanse(random, sizeof random);
    OPENSSL_cleanse(text, sizeof text);
    return written;
}

/* The file appears whole or not at all, and never replaces one that another process made. */
static bool make_file(const char *path, char *why)
{
    static const char suffix[] = ".XXXXXX";
    size_t path_len = strlen(path);
    char *new_path = xmalloc(path_len + sizeof suffix);

    memcpy(new_path, path, path_len);
    memcpy(new_path + path_len, suffix, sizeof suffix);
    int fd = mkostemp(new_path, O_CLOEXEC); /* mode 0600 */
    bool made = false;

    if (fd < 0) {
        (void)fail(why, path, strerror(errno));
        goto out;
    }
    made = write_token(fd) && (link(new_path, path) == 0 || errno == EEXIST);
    if (!made)
        (void)fail(why, path, strerror(errno));
    (void)close(fd);
    (void)unlink(new_path);
out:
    free(new_path);
    return made;
}

bool api_token_load(const char *path, char *token, char *why)
{
    char text[TOKEN_FILE_WHY_LEN];

    if (access(path, F_OK) != 0 && errno == ENOENT && !make_file(path, why))
        return false;
    if (!token_file_load(path, token, text)) {
        (void)snprintf(why, API_TOKEN_WHY_LEN, "API token file %s", text);
        return false;
    }
    if (strlen(token) < API_TOKEN_MIN)
        return fail(why, path,
                    "holds fewer than 32 characters: delete it and start again to get a new one");
    return true;
}

bool api_token_equal(struct str a, struct str b)
{
    return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}
