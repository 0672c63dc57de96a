#include "reference/uri.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* Classes of characters, RFC 3986 2. */
enum {
    ALPHA = 1,
    DIGIT = 2,
    HEX = 4,
    MARK = 8,       /* - . _ ~ : with letters and digits the unreserved ones */
    SUB_DELIM = 16, /* ! $ & ' ( ) * + , ; = */
    UNRESERVED = ALPHA | DIGIT | MARK,
    NAME = UNRESERVED | SUB_DELIM, /* reg-name, and with ':' and '@' pchar */
};

static int class_of(char c)
{
    if (c >= '0' && c <= '9')
        return DIGIT | HEX;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return ALPHA | ((c | 0x20) <= 'f' ? HEX : 0);
    if (c == '\0')
        return 0;
    if (strchr("-._~", c) != NULL)
        return MARK;
    return strchr("!$&'()*+,;=", c) != NULL ? SUB_DELIM : 0;
}

/* Every character is of one of the classes, one of `also`, or part of a percent-encoding. */
static bool all_of(struct str s, int classes, const char *also)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '%') {
            if (s.len - i < 3 || (class_of(s.ptr[i + 1]) & HEX) == 0 ||
                (class_of(s.ptr[i + 2]) & HEX) == 0)
                return false;
            i += 2;
        } else if ((class_of(c) & classes) == 0 && (c == '\0' || strchr(also, c) == NULL)) {
            return false;
        }
    }
    return true;
}

/* Cuts s at its first c. Returns what follows c; found says whether there was one. */
static struct str cut_at(struct str *s, char c, bool *found)
{
    const char *at = s->len == 0 ? NULL : memchr(s->ptr, c, s->len);

    *found = at != NULL;
    if (at == NULL)
        return (struct str){NULL, 0};
    size_t len = (size_t)(at - s->ptr);
    struct str rest = {at + 1, s->len - len - 1};

    s->len = len;
    return rest;
}

/* RFC 3986 3.1; no percent-encoding here. */
static bool is_scheme(struct str s)
{
    if (s.len == 0 || (class_of(s.ptr[0]) & ALPHA) == 0)
        return false;
    for (size_t i = 1; i < s.len; i++) {
        char c = s.ptr[i];

        if ((class_of(c) & (ALPHA | DIGIT)) == 0 && c != '+' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static bool is_port(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((class_of(s.ptr[i]) & DIGIT) == 0)
            return false;
    }
    return true;
}

/* What stands between the brackets: an IPv6 address, or IPvFuture (`v1.x`). RFC 3986 3.2.2. */
static bool is_ip_literal(struct str s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr ignored;

    if (s.len > 0 && (s.ptr[0] == 'v' || s.ptr[0] == 'V')) {
        struct str version = {s.ptr + 1, s.len - 1};
        bool dot;
        struct str address = cut_at(&version, '.', &dot);

        for (size_t i = 0; i < version.len; i++) {
            if ((class_of(version.ptr[i]) & HEX) == 0)
                return false;
        }
        return dot && version.len > 0 && address.len > 0 &&
               memchr(address.ptr, '%', address.len) == NULL && all_of(address, NAME, ":");
    }
    if (s.len == 0 || s.len >= sizeof text || memchr(s.ptr, '\0', s.len) != NULL)
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return inet_pton(AF_INET6, text, &ignored) == 1;
}

static bool is_authority(struct str s)
{
    bool found;
    struct str user = s;
    struct str host = cut_at(&user, '@', &found);

    if (!found)
        host = s;
    else if (!all_of(user, NAME, ":"))
        return false;
    if (host.len > 0 && host.ptr[0] == '[') {
        struct str inner = {host.ptr + 1, host.len - 1};
        struct str port = cut_at(&inner, ']', &found);

        if (!found || !is_ip_literal(inner))
            return false;
        if (port.len == 0)
            return true;
        return port.ptr[0] == ':' && is_port((struct str){port.ptr + 1, port.len - 1});
    }
    struct str port = cut_at(&host, ':', &found);

    return all_of(host, NAME, "") && is_port(port);
}

static bool is_hier_part(struct str s)
{
    if (s.len >= 2 && s.ptr[0] == '/' && s.ptr[1] == '/') {
        struct str authority = {s.ptr + 2, s.len - 2};
        bool found;
        struct str path = cut_at(&authority, '/', &found);

        return is_authority(authority) && all_of(path, NAME, ":@/");
    }
    return all_of(s, NAME, ":@/");
}

bool uri_is_absolute(struct str s)
{
    bool found;
    struct str rest = s;
    struct str fragment = cut_at(&rest, '#', &found);
    struct str query = cut_at(&rest, '?', &found);
    struct str hier_part = cut_at(&rest, ':', &found);

    return found && is_scheme(rest) && is_hier_part(hier_part) && all_of(query, NAME, ":@/?") &&
           all_of(fragment, NAME, ":@/?");
}
