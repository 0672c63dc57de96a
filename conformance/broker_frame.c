#include "conformance/broker_frame.h"

#include <errno.h>
#include <sys/socket.h>

enum { PACKET_MAX = 65536 }; /* below the send buffer that every system gives */

static void begin_message(struct frame_reader *r)
{
    if (!r->partial) {
        buf_clear(&r->text);
        r->text.grows = true;
    }
}

enum broker_got frame_read(int fd, struct frame_reader *r, struct str *text)
{
    for (;;) {
        begin_message(r);
        char *space = buf_reserve(&r->text, PACKET_MAX + 1);
        ssize_t len = recv(fd, space, PACKET_MAX, MSG_DONTWAIT);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return BROKER_NOTHING;
        if (len <= 0)
            return BROKER_GONE;
        bool cut = space[0] == '+' || space[0] == '=';

        r->partial = space[0] == '+';
        if (cut)
            memmove(space, space + 1, (size_t)len - 1);
        r->text.len += (size_t)len - (cut ? 1 : 0);
        if (r->partial)
            continue;
        *text = buf_str(&r->text);
        r->text.ptr[r->text.len] = '\0';
        return BROKER_MESSAGE;
    }
}

void frame_reader_fini(struct frame_reader *r)
{
    buf_fini(&r->text);
}

static void put_packet(struct frame_writer *w, char mark, struct str part)
{
    uint32_t len = (uint32_t)part.len + (mark != '\0');

    buf_add(&w->queue, &len, sizeof len);
    if (mark != '\0')
        buf_add_char(&w->queue, mark);
    buf_add_str(&w->queue, part);
}

void frame_put(struct frame_writer *w, struct str text)
{
    bool cut = false;

    w->queue.grows = true;
    if (frame_is_empty(w)) {
        buf_clear(&w->queue);
        w->sent = 0;
    }
    while (text.len >= PACKET_MAX) {
        put_packet(w, '+', (struct str){text.ptr, PACKET_MAX - 1});
        text = (struct str){text.ptr + PACKET_MAX - 1, text.len - (PACKET_MAX - 1)};
        cut = true;
    }
    put_packet(w, cut ? '=' : '\0', text);
}

bool frame_flush(int fd, struct frame_writer *w)
{
    while (!frame_is_empty(w)) {
        uint32_t len;

        memcpy(&len, w->queue.ptr + w->sent, sizeof len);
        if (send(fd, w->queue.ptr + w->sent + sizeof len, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            w->sent += sizeof len + len;
        else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
            return true;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

bool frame_is_empty(const struct frame_writer *w)
{
    return w->sent == w->queue.len;
}

void frame_writer_fini(struct frame_writer *w)
{
    buf_fini(&w->queue);
    w->sent = 0;
}
