/*
 * Whose event is it? Each connection has subscribed to texts that only its case uses.
 */
#ifndef CONFORMANCE_BROKER_ROUTE_H
#define CONFORMANCE_BROKER_ROUTE_H

#include "lib/cloudevent.h"

/* A device or an application, by its name. */
struct route_name {
    char *application; /* NULL: text is unique by itself */
    char *text;
};

struct route_names {
    struct route_name *name;
    size_t count;
    size_t cap;
};

/* application may be NULL. Nothing happens when it is there already. */
void route_add(struct route_names *names, const char *application, const char *text);
void route_fini(struct route_names *names);

/* How well an event fits: the best one gets it. */
enum route_fit {
    ROUTE_NONE,
    ROUTE_MENTIONED, /* the name stands somewhere in it */
    ROUTE_APPLICATION,
    ROUTE_DEVICE, /* device or sender */
};

enum route_fit route_fit(const struct route_names *names, const struct cloudevent *e,
                         struct str raw);

#endif
