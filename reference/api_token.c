#include "reference/api_token.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_LEN = 32 };

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

static bool check_mode(int fd, const char *path, char *why)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return fail(why, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(why, path, "is not a regular file");
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(why, path, "others than its owner may open it: chmod 600 it");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return fail(why, path, "belongs to another user: chown it to the user of this program");
    return true;
}

static bool is_white(char c)
{
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/* RFC 6750 2.1: b64token, which a header field can carry as it is. */
static bool is_token(const char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-._~+/=";

    return text[strspn(text, alphabet)] == '\0';
}

static bool read_token(int fd, const char *path, char *token, char *why)
{
    ssize_t len = read(fd, token, API_TOKEN_CAP);

    if (len < 0)
        return fail(why, path, strerror(errno));
    while (len > 0 && is_white(token[len - 1]))
        len--;
    if (len == API_TOKEN_CAP)
        return fail(why, path, "is longer than 1024 bytes");
    token[len] = '\0';
    if (len < API_TOKEN_MIN)
        return fail(why, path,
                    "holds fewer than 32 characters: delete it and start again to get a new one");
    if (strlen(token) != (size_t)len || !is_token(token))
        return fail(why, path, "must hold one token of letters, digits and -._~+/=");
    return true;
}

bool api_token_load(const char *path, char *token, char *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */

    if (fd < 0 && errno == ENOENT) {
        if (!make_file(path, why))
            return false;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd < 0)
        return fail(why, path, strerror(errno));
    bool good = check_mode(fd, path, why) && read_token(fd, path, token, why);

    (void)close(fd);
    return good;
}

bool api_token_equal(struct str a, struct str b)
{
    return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}
