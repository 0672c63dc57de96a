#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "conformance/broker.h"
#include "conformance/broker_frame.h"

struct broker_client {
    int fd;
    struct frame_reader in;
    struct frame_writer out;
};

struct broker_client *broker_client_new(int fd)
{
    struct broker_client *c = xcalloc(1, sizeof *c);

    c->fd = fd;
    return c;
}

void broker_client_free(struct broker_client **c)
{
    if (*c == NULL)
        return;
    frame_reader_fini(&(*c)->in);
    frame_writer_fini(&(*c)->out);
    free(*c);
    *c = NULL;
}

int broker_client_fd(const struct broker_client *c)
{
    return c->fd;
}

bool broker_client_send(struct broker_client *c, struct str json)
{
    frame_put(&c->out, json);
    while (frame_flush(c->fd, &c->out)) {
        struct pollfd wait = {.fd = c->fd, .events = POLLOUT};

        if (frame_is_empty(&c->out))
            return true;
        if (poll(&wait, 1, -1) < 0 && errno != EINTR)
            return false;
    }
    return false;
}

enum broker_got broker_client_next(struct broker_client *c, struct str *json)
{
    return frame_read(c->fd, &c->in, json);
}
