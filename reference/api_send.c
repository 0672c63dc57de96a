#include "reference/api_send.h"

#include <stdlib.h>

enum { PIECE_BYTES = 32 * 1024 }; /* of a body in pieces, for one write */

struct pieces {
    struct api_pieces source;
    struct buf buf;
    size_t sent; /* of buf */
    enum api_more more;
};

static ssize_t read_pieces(void *cls, uint64_t position, char *out, size_t cap)
{
    struct pieces *pieces = cls;

    UNUSED(position);
    while (pieces->sent == pieces->buf.len) {
        if (pieces->more == API_MORE_LAST)
            return MHD_CONTENT_READER_END_OF_STREAM;
        buf_clear(&pieces->buf);
        pieces->sent = 0;
        pieces->more = pieces->source.next(pieces->source.arg, &pieces->buf);
        if (pieces->more == API_MORE_FAILED)
            return MHD_CONTENT_READER_END_WITH_ERROR; /* cut off: the client sees no end */
    }
    size_t len = pieces->buf.len - pieces->sent;

    if (len > cap)
        len = cap;
    memcpy(out, pieces->buf.ptr + pieces->sent, len);
    pieces->sent += len;
    return (ssize_t)len;
}

static void free_pieces(void *cls)
{
    struct pieces *pieces = cls;

    pieces->source.free(pieces->source.arg);
    buf_fini(&pieces->buf);
    free(pieces);
}

/* Moves the reply's body into a response. */
static struct MHD_Response *make_response(struct api_reply *reply)
{
    struct buf body = reply->body;

    reply->body = buf_growing();
    if (reply->pieces.next == NULL)
        return MHD_create_response_from_buffer(body.len, body.ptr, MHD_RESPMEM_MUST_FREE);
    struct pieces *pieces = xcalloc(1, sizeof *pieces);

    *pieces = (struct pieces){.source = reply->pieces, .buf = body, .more = API_MORE};
    reply->pieces = (struct api_pieces){.next = NULL};
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, read_pieces, pieces,
                                             free_pieces);
}

enum MHD_Result api_send(struct api_reply *reply, struct MHD_Connection *connection,
                         bool then_close)
{
    struct MHD_Response *response = make_response(reply);
    bool good = response != NULL;

    if (!good)
        return MHD_NO;
    if (reply->content_type != NULL)
        good = MHD_add_response_header(response, "Content-Type", reply->content_type) == MHD_YES;
    for (size_t i = 0; i < reply->header_count && good; i++)
        good = MHD_add_response_header(response, reply->header[i].name, reply->header[i].value) ==
               MHD_YES;
    good = good && MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
           MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES;
    if (then_close)
        good = good && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    good = good && MHD_queue_response(connection, reply->status, response) == MHD_YES;
    MHD_destroy_response(response);
    return good ? MHD_YES : MHD_NO;
}
