#include "simulator/trace.h"

#include <stdlib.h>
#include <zlib.h>

#include "lib/buf.h"

enum {
    END = 15, /* the kind of the last record */
    GZIP = 15 + 16,
    LEVEL = 1,
    PIECE = 65536,
    NUMBER_MAX = 10, /* bytes of a number */
    PROFILE_NAME_MAX = 255,
    PAYLOAD_MAX = 1 << 20,
};

static const struct str magic = {"seatrial-trace 1\n", 17};

/* What differences are to. */
struct last {
    int64_t device;
    int64_t at_us;
};

/* --- writing */

struct trace_writer {
    void (*out)(void *arg, const uint8_t *bytes, size_t len);
    void *arg;
    z_stream zip;
    struct last last;
    uint64_t count;
    struct buf plain;
    uint8_t zipped[PIECE];
};

static void flush(struct trace_writer *w, int how)
{
    int status;

    w->zip.next_in = (Bytef *)w->plain.ptr;
    w->zip.avail_in = (uInt)w->plain.len;
    do {
        w->zip.next_out = w->zipped;
        w->zip.avail_out = sizeof w->zipped;
        status = deflate(&w->zip, how);
        assert(status != Z_STREAM_ERROR);
        if (w->zip.avail_out < sizeof w->zipped)
            w->out(w->arg, w->zipped, sizeof w->zipped - w->zip.avail_out);
    } while (w->zip.avail_out == 0);
    w->plain.len = 0;
}

static void put(struct buf *b, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_add_char(b, (char)(number | 0x80));
    buf_add_char(b, (char)number);
}

static void put_difference(struct buf *b, int64_t number)
{
    put(b, ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0));
}

static void put_double(struct buf *b, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    put(b, bits);
}

static void put_text(struct buf *b, struct str text)
{
    put(b, text.len);
    buf_add_str(b, text);
}

struct trace_writer *trace_writer_new(const struct trace_header *h,
                                      void (*out)(void *arg, const uint8_t *bytes, size_t len),
                                      void *arg)
{
    struct trace_writer *w = xcalloc(1, sizeof *w);
    int status = deflateInit2(&w->zip, LEVEL, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY);

    assert(status == Z_OK && h->profile.len <= PROFILE_NAME_MAX &&
           h->profile_text.len <= TRACE_TEXT_MAX);
    w->out = out;
    w->arg = arg;
    w->plain = buf_growing();
    buf_add_str(&w->plain, magic);
    put(&w->plain, h->seed);
    put(&w->plain, h->first_device);
    put(&w->plain, h->device_count);
    put_double(&w->plain, h->rate_per_s);
    put_double(&w->plain, h->compress);
    put(&w->plain, (uint64_t)h->all_devices);
    put(&w->plain, (uint64_t)h->window);
    put(&w->plain, (uint64_t)h->duration_us);
    put_text(&w->plain, h->profile);
    put_text(&w->plain, h->profile_text);
    w->last = (struct last){.device = h->first_device};
    return w;
}

void trace_write(struct trace_writer *w, const struct trace_event *e)
{
    assert(e->at_us >= 0 && e->at_us <= TRACE_AT_MAX && e->payload_len <= PAYLOAD_MAX);
    buf_add_char(&w->plain, (char)e->kind);
    put_difference(&w->plain, (int64_t)e->device - w->last.device);
    put_difference(&w->plain, e->at_us - w->last.at_us);
    if (e->kind == TRACE_PUBLISH) {
        put(&w->plain, e->payload_len);
        put(&w->plain, e->ct_s);
    }
    if (e->kind == TRACE_OUTCOME)
        buf_add_char(&w->plain, (char)e->code);
    w->last = (struct last){e->device, e->at_us};
    w->count++;
    if (w->plain.len >= PIECE)
        flush(w, Z_NO_FLUSH);
}

void trace_writer_free(struct trace_writer **w)
{
    if (*w == NULL)
        return;
    buf_add_char(&(*w)->plain, END);
    put(&(*w)->plain, (*w)->count);
    flush(*w, Z_FINISH);
    (void)deflateEnd(&(*w)->zip);
    buf_fini(&(*w)->plain);
    free(*w);
    *w = NULL;
}

/* --- reading */

enum step { STEP_ON, STEP_MORE, STEP_WRONG, STEP_END, STEP_ENOUGH };

struct reading {
    const struct trace_reader *r;
    struct trace_header head;
    bool has_head;
    struct last last;
    uint64_t count;
    struct str left; /* what has not been read yet; a record moves it on when it is whole */
};

static enum step take(struct str *from, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < from->len && i < NUMBER_MAX; i++) {
        uint8_t byte = (uint8_t)from->ptr[i];

        if (i == NUMBER_MAX - 1 && byte > 1)
            return STEP_WRONG;
        *out |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *from = (struct str){from->ptr + i + 1, from->len - i - 1};
            return STEP_ON;
        }
    }
    return from->len < NUMBER_MAX ? STEP_MORE : STEP_WRONG;
}

/* A number of at most max. */
static enum step take_below(struct str *from, uint64_t max, uint64_t *out)
{
    enum step step = take(from, out);

    return step == STEP_ON && *out > max ? STEP_WRONG : step;
}

/* base plus a difference, which must lie in least..most. */
static enum step take_difference(struct str *from, int64_t least, int64_t most, int64_t *base)
{
    uint64_t number;
    enum step step = take(from, &number);

    if (step != STEP_ON)
        return step;
    int64_t difference = (int64_t)(number >> 1) ^ -(int64_t)(number & 1);

    if (__builtin_add_overflow(*base, difference, base) || *base < least || *base > most)
        return STEP_WRONG;
    return STEP_ON;
}

static enum step take_text(struct str *from, size_t max, struct str *out)
{
    uint64_t len;
    enum step step = take_below(from, max, &len);

    if (step != STEP_ON)
        return step;
    if (len > from->len)
        return STEP_MORE;
    *out = (struct str){from->ptr, (size_t)len};
    *from = (struct str){from->ptr + len, from->len - (size_t)len};
    return STEP_ON;
}

/* Numbers of the header, in their order. */
enum { SEED, FIRST, COUNT_OF, RATE, COMPRESS, ALL, WINDOW, DURATION, HEAD_NUMBERS };

static const uint64_t head_most[HEAD_NUMBERS] = {
    [SEED] = UINT64_MAX,   [FIRST] = UINT32_MAX,      [COUNT_OF] = UINT32_MAX,
    [RATE] = UINT64_MAX,   [COMPRESS] = UINT64_MAX,   [ALL] = (uint64_t)UINT32_MAX + 1,
    [WINDOW] = UINT32_MAX, [DURATION] = TRACE_AT_MAX,
};

static void fill_header(struct trace_header *h, const uint64_t number[HEAD_NUMBERS])
{
    h->seed = number[SEED];
    h->first_device = (uint32_t)number[FIRST];
    h->device_count = (uint32_t)number[COUNT_OF];
    memcpy(&h->rate_per_s, &number[RATE], sizeof h->rate_per_s);
    memcpy(&h->compress, &number[COMPRESS], sizeof h->compress);
    h->all_devices = (int64_t)number[ALL];
    h->window = (int64_t)number[WINDOW];
    h->duration_us = (int64_t)number[DURATION];
}

static enum step take_header(struct reading *g)
{
    struct str left = g->left;
    struct trace_header *h = &g->head;
    uint64_t number[HEAD_NUMBERS] = {0};
    enum step step = STEP_ON;

    if (memcmp(left.ptr, magic.ptr, left.len < magic.len ? left.len : magic.len) != 0)
        return STEP_WRONG;
    if (left.len < magic.len)
        return STEP_MORE;
    left = (struct str){left.ptr + magic.len, left.len - magic.len};
    for (size_t i = 0; i < HEAD_NUMBERS && step == STEP_ON; i++)
        step = take_below(&left, head_most[i], &number[i]);
    if (step == STEP_ON)
        step = take_text(&left, PROFILE_NAME_MAX, &h->profile);
    if (step == STEP_ON)
        step = take_text(&left, TRACE_TEXT_MAX, &h->profile_text);
    if (step != STEP_ON)
        return step;
    if (number[FIRST] + number[COUNT_OF] > UINT32_MAX)
        return STEP_WRONG;
    fill_header(h, number);
    g->last.device = h->first_device;
    g->has_head = true;
    g->left = left;
    return g->r->header(g->r->arg, h) ? STEP_ON : STEP_ENOUGH;
}

static enum step take_end(struct reading *g, struct str left)
{
    uint64_t count;
    enum step step = take(&left, &count);

    if (step != STEP_ON)
        return step;
    g->left = left;
    return count == g->count && left.len == 0 ? STEP_END : STEP_WRONG;
}

static enum step take_event(struct reading *g)
{
    struct str left = {g->left.ptr + 1, g->left.len - 1};
    struct last now = g->last;
    struct trace_event e = {.kind = (enum trace_kind)(uint8_t)g->left.ptr[0]};
    int64_t first = g->head.first_device;
    uint64_t payload_len = 0;
    uint64_t ct_s = 0;
    enum step step;

    if ((uint8_t)g->left.ptr[0] == END)
        return take_end(g, left);
    if ((uint8_t)g->left.ptr[0] >= TRACE_KIND_COUNT)
        return STEP_WRONG;
    step = take_difference(&left, first, first + g->head.device_count - 1, &now.device);
    if (step == STEP_ON)
        step = take_difference(&left, 0, TRACE_AT_MAX, &now.at_us);
    if (step == STEP_ON && e.kind == TRACE_PUBLISH)
        step = take_below(&left, PAYLOAD_MAX, &payload_len);
    if (step == STEP_ON && e.kind == TRACE_PUBLISH)
        step = take_below(&left, UINT16_MAX, &ct_s);
    if (step == STEP_ON && e.kind == TRACE_OUTCOME) {
        if (left.len == 0)
            return STEP_MORE;
        e.code = (uint8_t)left.ptr[0];
        left = (struct str){left.ptr + 1, left.len - 1};
    }
    if (step != STEP_ON)
        return step;
    e.device = (uint32_t)now.device;
    e.at_us = now.at_us;
    e.payload_len = (uint32_t)payload_len;
    e.ct_s = (uint16_t)ct_s;
    g->last = now;
    g->left = left;
    g->count++;
    g->r->event(g->r->arg, &e);
    return STEP_ON;
}

/* All that is whole. */
static enum step take_all(struct reading *g)
{
    enum step step = STEP_ON;

    while (step == STEP_ON && g->left.len > 0)
        step = g->has_head ? take_event(g) : take_header(g);
    return step == STEP_ON ? STEP_MORE : step;
}

/* The next piece of the file behind *given; what comes of it behind plain. */
static int unzip(z_stream *zip, struct str file, size_t *given, struct buf *plain)
{
    size_t piece = file.len - *given < PIECE ? file.len - *given : PIECE;
    int status;

    zip->next_out = (Bytef *)buf_reserve(plain, PIECE);
    zip->avail_out = PIECE;
    zip->next_in = (Bytef *)(uintptr_t)(file.ptr + *given);
    zip->avail_in = (uInt)piece;
    status = inflate(zip, Z_NO_FLUSH);
    *given += piece - zip->avail_in;
    plain->len += PIECE - zip->avail_out;
    return status;
}

enum trace_err trace_read(struct str file, const struct trace_reader *r)
{
    struct reading g = {.r = r};
    struct buf plain = buf_growing();
    z_stream zip = {.avail_in = 0};
    enum step step = STEP_MORE;
    size_t given = 0;
    int status = inflateInit2(&zip, GZIP);

    assert(status == Z_OK);
    while (status == Z_OK && (step == STEP_MORE || step == STEP_END)) {
        status = unzip(&zip, file, &given, &plain);
        g.left = buf_str(&plain);
        if (step == STEP_END && g.left.len > 0)
            step = STEP_WRONG; /* more, behind the end */
        if (step == STEP_MORE)
            step = take_all(&g);
        /* what is not whole yet goes to the front */
        if (g.left.len > 0)
            memmove(plain.ptr, g.left.ptr, g.left.len);
        plain.len = g.left.len;
    }
    (void)inflateEnd(&zip);
    buf_fini(&plain);
    if (step == STEP_ENOUGH || (step == STEP_END && status == Z_STREAM_END))
        return TRACE_GOOD;
    /* Z_BUF_ERROR: the file has no more */
    return step != STEP_WRONG && g.has_head && status == Z_BUF_ERROR ? TRACE_CUT : TRACE_WRONG;
}
