#include "lib/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool parse_port(struct str text, uint16_t *out)
{
    unsigned value = 0;

    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *out = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* Splits `[v6]:port`, `host:port`, `host`; an unbracketed IPv6 address (two colons) is a host
 * alone. */
static bool split(struct str text, struct str *host, struct str *port)
{
    const char *close_bracket;
    const char *colon;

    *port = (struct str){NULL, 0};
    if (text.len > 0 && text.ptr[0] == '[') {
        close_bracket = memchr(text.ptr, ']', text.len);
        if (close_bracket == NULL)
            return false;
        *host = (struct str){text.ptr + 1, (size_t)(close_bracket - text.ptr) - 1};
        size_t used = host->len + 2;

        if (used == text.len)
            return true;
        if (text.ptr[used] != ':')
            return false;
        *port = (struct str){text.ptr + used + 1, text.len - used - 1};
        return port->len > 0;
    }
    colon = text.len == 0 ? NULL : memrchr(text.ptr, ':', text.len);
    if (colon == NULL || memchr(text.ptr, ':', text.len) != colon) {
        *host = text;
        return true;
    }
    *host = (struct str){text.ptr, (size_t)(colon - text.ptr)};
    *port = (struct str){colon + 1, text.len - host->len - 1};
    return port->len > 0;
}

bool addr_parse(struct str text, uint16_t default_port, struct addr *out)
{
    struct str host;
    struct str port_text;
    char host_c[INET6_ADDRSTRLEN];
    uint16_t port = default_port;

    *out = (struct addr){.len = 0};
    if (text.len == 0 || !split(text, &host, &port_text))
        return false;
    if (port_text.len > 0 && !parse_port(port_text, &port))
        return false;
    if (str_equal(host, STR("localhost")))
        host = STR("127.0.0.1");
    if (host.len == 0)
        host = STR("::");
    if (host.len >= sizeof host_c)
        return false;
    memcpy(host_c, host.ptr, host.len);
    host_c[host.len] = '\0';
    if (inet_pton(AF_INET, host_c, &out->in.sin_addr) == 1) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons(port);
        out->len = sizeof out->in;
        return true;
    }
    if (inet_pton(AF_INET6, host_c, &out->in6.sin6_addr) == 1) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons(port);
        out->len = sizeof out->in6;
        return true;
    }
    return false;
}

const char *addr_format(const struct addr *a, char *out)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (a->len == 0) {
        (void)snprintf(out, ADDR_TEXT_LEN, "-");
    } else if (a->sa.sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof host);
        (void)snprintf(out, ADDR_TEXT_LEN, "%s:%u", host, addr_port(a));
    } else {
        (void)inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof host);
        (void)snprintf(out, ADDR_TEXT_LEN, "[%s]:%u", host, addr_port(a));
    }
    return out;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    if (a->len == 0 || b->len == 0)
        return a->len == b->len;
    if (a->sa.sa_family != b->sa.sa_family)
        return false;
    if (a->sa.sa_family == AF_INET)
        return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
           memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

uint16_t addr_port(const struct addr *a)
{
    return ntohs(a->sa.sa_family == AF_INET ? a->in.sin_port : a->in6.sin6_port);
}

bool addr_is_loopback(const struct addr *a)
{
    if (a->sa.sa_family == AF_INET)
        return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
    if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
        return a->in6.sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}
