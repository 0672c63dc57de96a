#include "reference/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(char *why, const char *path, const char *text)
{
    (void)snprintf(why, TOKEN_FILE_WHY_LEN, "%.120s: %s", path, text);
    return false;
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
    ssize_t len = read(fd, token, TOKEN_FILE_CAP);

    if (len < 0)
        return fail(why, path, strerror(errno));
    while (len > 0 && is_white(token[len - 1]))
        len--;
    if (len == TOKEN_FILE_CAP)
        return fail(why, path, "is longer than 1024 bytes");
    token[len] = '\0';
    if (strlen(token) != (size_t)len || !is_token(token))
        return fail(why, path, "must hold one token of letters, digits and -._~+/=");
    return true;
}

bool token_file_load(const char *path, char *token, char *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */

    if (fd < 0)
        return fail(why, path, strerror(errno));
    bool good = check_mode(fd, path, why) && read_token(fd, path, token, why);

    (void)close(fd);
    return good;
}
