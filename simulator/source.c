#include "simulator/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/udp.h"

/* Room for a million addresses: 2^20. */
#define LOOPBACK_PREFIX "anyip:127.16.0.0/12"

enum { SPARE_DESCRIPTORS = 64, V6_ROOM_BITS = 31 };

/* The last four bytes of an address, as a number. */
static uint32_t low_word(const struct addr *a)
{
    uint32_t word;

    if (a->sa.sa_family == AF_INET)
        return ntohl(a->in.sin_addr.s_addr);
    memcpy(&word, a->in6.sin6_addr.s6_addr + 12, sizeof word);
    return ntohl(word);
}

static void set_low_word(struct addr *a, uint32_t value)
{
    uint32_t word = htonl(value);

    if (a->sa.sa_family == AF_INET)
        a->in.sin_addr.s_addr = word;
    else
        memcpy(a->in6.sin6_addr.s6_addr + 12, &word, sizeof word);
}

/* Is this address one of the machine's? */
static bool is_local(const struct addr *a)
{
    int fd = socket(a->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, &a->sa, a->len) == 0;

    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static bool read_prefix(struct source *s, const char *prefix, const struct addr *target, char *why)
{
    const char *slash = strchr(prefix, '/');
    char literal[SOURCE_TEXT_LEN];
    char *end = NULL;
    long bits = slash == NULL ? -1 : strtol(slash + 1, &end, 10);
    struct addr last;

    bool v6 = strchr(prefix, ':') != NULL;
    long width = v6 ? 128 : 32;

    if (slash == NULL || end == slash + 1 || *end != '\0' || bits < (v6 ? 0 : 8) || bits > width) {
        (void)snprintf(why, SOURCE_WHY_LEN,
                       "--source: expected anyip:ADDRESS/BITS such as " LOOPBACK_PREFIX
                       ", got \"%s\"",
                       s->text);
        return false;
    }
    (void)snprintf(literal, sizeof literal, v6 ? "[%.*s]" : "%.*s", (int)(slash - prefix), prefix);
    if (!addr_parse(str_from(literal), 0, &s->first) ||
        s->first.sa.sa_family != target->sa.sa_family) {
        (void)snprintf(why, SOURCE_WHY_LEN, "--source: \"%.*s\" is no address of the target's kind",
                       (int)(slash - prefix), prefix);
        return false;
    }
    long host_bits = width - bits > V6_ROOM_BITS ? V6_ROOM_BITS : width - bits;

    s->room = UINT64_C(1) << host_bits;
    set_low_word(&s->first, low_word(&s->first) & ~(uint32_t)(s->room - 1));
    last = s->first;
    set_low_word(&last, low_word(&s->first) | (uint32_t)(s->room - 1));
    if (!is_local(&s->first) || !is_local(&last)) {
        (void)snprintf(
            why, SOURCE_WHY_LEN,
            "--source: %s is not this machine's; for a test network of your own: ip %sroute "
            "add local %s dev lo",
            prefix, v6 ? "-6 " : "", prefix);
        return false;
    }
    return true;
}

bool source_read(struct source *s, const char *text, const struct addr *target, char *why)
{
    bool v4_loopback = target->sa.sa_family == AF_INET && addr_is_loopback(target);
    char *end;

    *s = (struct source){.kind = SOURCE_ANYIP, .sockets = SOURCE_BINDINGS};
    if (text == NULL)
        text = v4_loopback ? LOOPBACK_PREFIX : "sockets:1000";
    (void)snprintf(s->text, sizeof s->text, "%s", text);
    if (strncmp(text, "anyip:", 6) == 0)
        return read_prefix(s, text + 6, target, why);
    if (strcmp(text, "gateway") == 0) {
        s->kind = SOURCE_GATEWAY;
        s->sockets = 1;
        return true;
    }
    if (strncmp(text, "sockets:", 8) == 0) {
        s->kind = SOURCE_SOCKETS;
        s->sockets = strtol(text + 8, &end, 10);
        if (end != text + 8 && *end == '\0' && s->sockets > 0 && s->sockets <= SOURCE_SOCKETS_MAX)
            return true;
    }
    (void)snprintf(why, SOURCE_WHY_LEN,
                   "--source: expected anyip:PREFIX, sockets:N (1 to %d) or gateway, got \"%s\"",
                   SOURCE_SOCKETS_MAX, text);
    return false;
}

bool source_fits(const struct source *s, int64_t count, int64_t workers, char *why)
{
    struct rlimit limit;

    if (s->kind == SOURCE_ANYIP && (uint64_t)count > s->room) {
        (void)snprintf(why, SOURCE_WHY_LEN,
                       "--source: %s has %llu addresses, %lld devices want one each", s->text,
                       (unsigned long long)s->room, (long long)count);
        return false;
    }
    if (s->kind == SOURCE_GATEWAY && workers != 1) {
        (void)snprintf(why, SOURCE_WHY_LEN, "--source gateway is one socket: use --workers 1");
        return false;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        (uint64_t)(s->sockets * workers + SPARE_DESCRIPTORS) > limit.rlim_cur) {
        if ((uint64_t)(s->sockets * workers + SPARE_DESCRIPTORS) <= limit.rlim_max) {
            limit.rlim_cur = limit.rlim_max;
            return setrlimit(RLIMIT_NOFILE, &limit) == 0;
        }
        (void)snprintf(
            why, SOURCE_WHY_LEN,
            "--source: %lld sockets for each of %lld workers, and this process may have %llu "
            "descriptors: fewer sockets, or anyip:PREFIX",
            (long long)s->sockets, (long long)workers, (unsigned long long)limit.rlim_max);
        return false;
    }
    return true;
}

size_t source_fd_count(const struct source *s)
{
    return (size_t)s->sockets;
}

bool source_open(const struct source *s, const struct addr *target, int *fds, char *why)
{
    struct addr any = {.len = target->len};

    any.sa.sa_family = target->sa.sa_family;
    for (size_t i = 0; i < (size_t)s->sockets; i++) {
        fds[i] = udp_open(&any, UDP_FIRST, why);
        if (fds[i] < 0) {
            while (i-- > 0)
                (void)close(fds[i]);
            return false;
        }
    }
    return true;
}

void source_path(const struct source *s, uint32_t device, uint32_t local, uint8_t binding,
                 struct udp_path *path)
{
    if (s->kind == SOURCE_ANYIP) {
        path->local = s->first;
        set_low_word(&path->local, low_word(&s->first) + device);
        path->socket = binding % SOURCE_BINDINGS;
        return;
    }
    path->local.len = 0;
    path->socket = (int)(local % (uint32_t)s->sockets);
}

uint32_t source_device(const struct source *s, const struct udp_path *path)
{
    if (path->local.len == 0 || path->local.sa.sa_family != s->first.sa.sa_family)
        return UINT32_MAX;
    return low_word(&path->local) - low_word(&s->first);
}
