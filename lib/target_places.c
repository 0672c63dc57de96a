#include "lib/target_places.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/nearest.h"

enum { PLACE_VALUE_LEN = 32 };

enum { EVENTS_URL = 6, BACKEND_URL = 8, REGISTRY_FILE = 9 };

static const char *const names[] = {
    "coap_port",
    "coaps_port",
    "http_port",
    "broker_port",
    "dir",
    "seed",
    [EVENTS_URL] = "events_url",
    "backend_port",
    [BACKEND_URL] = "backend_url",
    [REGISTRY_FILE] = "registry_file",
};

/* Where a value would come from. */
static const char *const sources[COUNT(names)] = {
    [EVENTS_URL] = ": only start.exec may hold it",
    [BACKEND_URL] = ": say --backend COMMAND or URL",
    [REGISTRY_FILE] = ": only start.exec may hold it, and only seatrial-swarm fills it in",
};

static const char *port_text(uint16_t port, char *space)
{
    if (port == 0)
        return NULL;
    (void)snprintf(space, PLACE_VALUE_LEN, "%u", port);
    return space;
}

/* In the order of names. */
static const char *value_of(const struct target_places *p, size_t which, char *space)
{
    switch (which) {
    case 0:
        return port_text(p->coap_port, space);
    case 1:
        return port_text(p->coaps_port, space);
    case 2:
        return port_text(p->http_port, space);
    case 3:
        return port_text(p->broker_port, space);
    case 4:
        return p->dir;
    case 5:
        return p->seed;
    case EVENTS_URL:
        return p->events_url;
    case 7:
        return port_text(p->backend_port, space);
    case BACKEND_URL:
        return p->backend_url;
    default:
        return p->registry_file;
    }
}

static void explain_unknown(struct str name, char *why)
{
    struct nearest n = nearest_to(name);

    for (size_t i = 0; i < COUNT(names); i++)
        nearest_offer(&n, names[i]);
    (void)snprintf(why, TARGET_WHY_LEN, "unknown placeholder \"{%.*s}\"%s%s%s", (int)name.len,
                   name.ptr, n.found == NULL ? "" : ", did you mean \"{",
                   n.found == NULL ? "" : n.found, n.found == NULL ? "" : "}\"?");
}

static bool add_value(struct buf *out, struct str name, const struct target_places *places,
                      char *why)
{
    char space[PLACE_VALUE_LEN];
    size_t which = 0;

    while (which < COUNT(names) && !str_equal(name, str_from(names[which])))
        which++;
    if (which == COUNT(names)) {
        explain_unknown(name, why);
        return false;
    }
    const char *value = places == NULL ? NULL : value_of(places, which, space);

    if (value == NULL) {
        (void)snprintf(why, TARGET_WHY_LEN, "placeholder \"{%s}\" has no value here%s",
                       names[which], sources[which] == NULL ? "" : sources[which]);
        return false;
    }
    buf_add_str(out, str_from(value));
    return true;
}

/* The length of `name` in `{name}` at text, or 0: a brace that stands for itself. */
static size_t name_len(const char *text)
{
    size_t len = 0;

    while ((text[1 + len] >= 'a' && text[1 + len] <= 'z') || text[1 + len] == '_')
        len++;
    return text[1 + len] == '}' ? len : 0;
}

char *target_expand(const char *text, const struct target_places *places, char *why)
{
    struct buf out = buf_growing();

    while (*text != '\0') {
        size_t len = *text == '{' ? name_len(text) : 0;

        if (len == 0) {
            buf_add_char(&out, *text++);
        } else if (add_value(&out, (struct str){text + 1, len}, places, why)) {
            text += len + 2;
        } else {
            buf_fini(&out);
            return NULL;
        }
    }
    buf_add_char(&out, '\0');
    return out.ptr;
}

bool target_may_expand(const char *text, const struct target_places *places, char *why)
{
    struct target_places later = places == NULL ? (struct target_places){0} : *places;

    later.events_url = later.registry_file = "";
    char *value = target_expand(text, &later, why);

    free(value);
    return value != NULL;
}

static int bind_port(int type, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(port),
                            .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof a) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in a = {.sin_port = 0};
    socklen_t len = sizeof a;

    return getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? ntohs(a.sin_port) : 0;
}

/* Below those that the system gives to others (ip_local_port_range begins at 32768): between here
 * and the target's start nobody takes it by chance. */
static uint16_t draw_port(void)
{
    enum { LEAST = 12000, SPAN = 20000 };
    uint16_t n = 0;

    if (getrandom(&n, sizeof n, 0) != (ssize_t)sizeof n)
        n = (uint16_t)getpid();
    return (uint16_t)(LEAST + n % SPAN);
}

bool target_free_ports(struct target_places *places)
{
    enum { PORTS = 5, TRIES = 100 };
    uint16_t port[PORTS];
    int udp[PORTS], tcp = -1;
    size_t count = 0;

    /* all are held until all are found, so that they differ */
    for (int i = 0; i < TRIES && count < PORTS; i++) {
        udp[count] = bind_port(SOCK_DGRAM, draw_port());
        port[count] = udp[count] < 0 ? 0 : port_of(udp[count]);
        tcp = port[count] == 0 ? -1 : bind_port(SOCK_STREAM, port[count]);
        if (tcp >= 0) {
            (void)close(tcp);
            count++;
        } else if (udp[count] >= 0) {
            (void)close(udp[count]);
        }
    }
    for (size_t i = 0; i < count; i++)
        (void)close(udp[i]);
    if (count < PORTS)
        return false;
    places->coap_port = port[0];
    places->coaps_port = port[1];
    places->http_port = port[2];
    places->broker_port = port[3];
    places->backend_port = port[4];
    return true;
}
