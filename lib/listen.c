#include "lib/listen.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { BACKLOG = 128 };

static const struct hint {
    int error;
    const char *text;
} hints[] = {
    {EADDRINUSE,    "; stop the program that uses it, or choose another with"   },
    {EADDRNOTAVAIL, "; no interface of this machine has it, choose another with"},
    {EACCES,        "; ports below 1024 need a privilege, choose another with"  },
    {EAFNOSUPPORT,  "; this machine has no IPv6, choose another with"           },
};

static void explain(const struct addr *want, const struct listen_words *words, int error, char *why)
{
    char text[ADDR_TEXT_LEN];
    const char *hint = NULL;

    for (size_t i = 0; i < COUNT(hints); i++) {
        if (hints[i].error == error)
            hint = hints[i].text;
    }
    (void)snprintf(why, LISTEN_WHY_LEN, "%s: cannot listen on %s: %s%s%s%s%s", words->what,
                   addr_format(want, text), strerror(error), hint == NULL ? "" : hint,
                   hint == NULL ? "" : " ", hint == NULL ? "" : words->option,
                   hint == NULL ? "" : " ADDR");
}

static bool set_up(int fd, const struct addr *want, struct addr *bound)
{
    const int on = 1;
    const int off = 0;

    /* a restart must not wait for the old connections' TIME_WAIT */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return false;
    /* `[::]` listens for IPv4 as well, whatever the machine's default */
    if (want->sa.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
        return false;
    if (bind(fd, &want->sa, want->len) != 0 || listen(fd, BACKLOG) != 0)
        return false;
    *bound = (struct addr){.len = sizeof bound->in6};
    return getsockname(fd, &bound->sa, &bound->len) == 0;
}

int listen_open(const struct addr *want, const struct listen_words *words, struct addr *bound,
                char *why)
{
    int fd = socket(want->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

    if (fd >= 0 && set_up(fd, want, bound))
        return fd;
    explain(want, words, errno, why);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}
