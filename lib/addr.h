/*
 * A UDP or TCP address, IPv4 or IPv6, with its text form: `127.0.0.1:5683`, `[::1]:5684`.
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base.h"

struct addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
    socklen_t len;
};

enum { ADDR_TEXT_LEN = 64 }; /* longest text form and its NUL */

/* Addresses to listen on. */
enum { ADDR_LIST_MAX = 8 };
struct addr_list {
    struct addr addr[ADDR_LIST_MAX];
    size_t count;
};

/*
 * Reads `host:port`, `host` or `:port` (every address, IPv6 and IPv4 in one socket). host is a
 * literal address (IPv6 in brackets) or `localhost` (127.0.0.1). Returns false when the text is
 * none of these.
 */
bool addr_parse(struct str text, uint16_t default_port, struct addr *out) MUST_CHECK;

/* Writes the text form with its NUL into out (ADDR_TEXT_LEN bytes). Returns out. */
const char *addr_format(const struct addr *a, char *out);

bool addr_equal(const struct addr *a, const struct addr *b);
uint16_t addr_port(const struct addr *a);
/* 127.0.0.0/8, ::1, and the former mapped into IPv6. */
bool addr_is_loopback(const struct addr *a);

#endif
