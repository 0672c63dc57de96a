#include "simulator/trace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#include "lib/buf.h"
#include "simulator/rng.h"

enum { EVENTS = 50000, DEVICES = 3000, FIRST = 70000 };

static const struct trace_header head = {
    .seed = UINT64_MAX - 3,
    .first_device = FIRST,
    .device_count = DEVICES,
    .rate_per_s = 1234.5,
    .compress = 2,
    .all_devices = 100000,
    .window = 17,
    .duration_us = 60000000,
    .profile = {"steady",      6 },
    .profile_text = {"return {}\n", 10},
};

static struct trace_event event_of(uint32_t n)
{
    uint64_t random = rng_at(1, n, 0);
    struct trace_event e = {.kind = (enum trace_kind)(random % TRACE_KIND_COUNT),
                            .device = FIRST + (uint32_t)((random >> 8) % DEVICES),
                            .at_us = (int64_t)n * 50 + (int64_t)(random >> 20) % 3000};

    if (e.kind == TRACE_PUBLISH) {
        e.payload_len = 100 + (uint32_t)(random >> 32) % 300;
        e.ct_s = n % 2 == 0 ? 0 : (uint16_t)(random >> 40) % 30;
    }
    if (e.kind == TRACE_OUTCOME)
        e.code = n % 100 == 0 ? TRACE_TIMEOUT : 0x44;
    return e;
}

static void to_buf(void *arg, const uint8_t *bytes, size_t len)
{
    buf_add(arg, bytes, len);
}

static struct buf write_log(const struct trace_header *h, uint32_t events)
{
    struct buf file = buf_growing();
    struct trace_writer *w = trace_writer_new(h, to_buf, &file);

    for (uint32_t n = 0; n < events; n++) {
        struct trace_event e = event_of(n);

        trace_write(w, &e);
    }
    trace_writer_free(&w);
    return file;
}

struct seen {
    uint32_t events;
    bool wants_all;
    struct trace_header head;
};

static bool take_head(void *arg, const struct trace_header *h)
{
    struct seen *s = arg;

    assert_true(str_equal(h->profile, head.profile));
    assert_true(str_equal(h->profile_text, head.profile_text));
    s->head = *h;
    return s->wants_all;
}

static void take_event(void *arg, const struct trace_event *e)
{
    struct seen *s = arg;
    struct trace_event expected = event_of(s->events++);

    assert_int_equal(e->kind, expected.kind);
    assert_int_equal(e->device, expected.device);
    assert_int_equal(e->at_us, expected.at_us);
    assert_int_equal(e->payload_len, expected.payload_len);
    assert_int_equal(e->ct_s, expected.ct_s);
    assert_int_equal(e->code, expected.code);
}

static enum trace_err read_log(struct str file, struct seen *s)
{
    const struct trace_reader r = {take_head, take_event, s};

    return trace_read(file, &r);
}

static void gives_back_what_was_written(void **state)
{
    struct buf file = write_log(&head, EVENTS);
    struct seen s = {.wants_all = true};

    UNUSED(state);
    assert_int_equal(read_log(buf_str(&file), &s), TRACE_GOOD);
    assert_int_equal(s.events, EVENTS);
    assert_true(s.head.seed == head.seed);
    assert_int_equal(s.head.first_device, FIRST);
    assert_int_equal(s.head.device_count, DEVICES);
    assert_true(s.head.rate_per_s == 1234.5 && s.head.compress == 2);
    assert_int_equal(s.head.all_devices, 100000);
    assert_int_equal(s.head.window, 17);
    assert_int_equal(s.head.duration_us, 60000000);
    assert_true(file.len < 8 * (size_t)EVENTS); /* devices and times are as good as random here */
    s = (struct seen){.wants_all = false};
    assert_int_equal(read_log(buf_str(&file), &s), TRACE_GOOD);
    assert_int_equal(s.events, 0);
    buf_fini(&file);
}

static void keeps_an_unknown_rate(void **state)
{
    struct trace_header h = head;
    struct seen s = {.wants_all = true};

    UNUSED(state);
    h.rate_per_s = NAN;
    struct buf file = write_log(&h, 0);

    assert_int_equal(read_log(buf_str(&file), &s), TRACE_GOOD);
    assert_true(isnan(s.head.rate_per_s));
    buf_fini(&file);
}

static void knows_a_log_that_was_cut(void **state)
{
    struct buf file = write_log(&head, EVENTS);
    uint32_t before = 0;

    UNUSED(state);
    for (size_t len = 400; len < file.len; len += file.len / 23) {
        struct seen s = {.wants_all = true};

        assert_int_equal(read_log((struct str){file.ptr, len}, &s), TRACE_CUT);
        assert_true(s.events >= before && s.events < EVENTS);
        before = s.events;
    }
    assert_true(before > EVENTS / 2);
    buf_fini(&file);
}

/* Bytes as they are before compression, and what reading them says. */
static enum trace_err read_plain(const char *bytes, size_t len)
{
    struct seen s = {.wants_all = true};
    uint8_t zipped[1024];
    z_stream zip = {.next_in = (Bytef *)(uintptr_t)bytes,
                    .avail_in = (uInt)len,
                    .next_out = zipped,
                    .avail_out = sizeof zipped};

    assert_int_equal(deflateInit2(&zip, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&zip, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&zip), Z_OK);
    return read_log((struct str){(const char *)zipped, sizeof zipped - zip.avail_out}, &s);
}

#define MAGIC "seatrial-trace 1\n"
#define HEAD MAGIC "\5\0\1\0\0\1\0\1\6steady\12return {}\n" /* one device, number 0 */

static void refuses_what_is_no_log(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum trace_err err;
    } rows[] = {
#define ROW(text, err) {text, sizeof(text) - 1, err}
        ROW(HEAD "\17\0", TRACE_GOOD),
        ROW(HEAD, TRACE_WRONG), /* gzip is whole, the log is not */
        ROW(HEAD "\17\1", TRACE_WRONG),
        ROW(HEAD "\17\0\17\0", TRACE_WRONG),
        ROW(HEAD "\3\0\0\17\1", TRACE_WRONG),                 /* no such kind */
        ROW(HEAD "\1\2\0\17\1", TRACE_WRONG),                 /* device 1 */
        ROW(HEAD "\1\1\0\17\1", TRACE_WRONG),                 /* device -1 */
        ROW(HEAD "\1\0\1\17\1", TRACE_WRONG),                 /* before the start */
        ROW(HEAD "\0\0\0\200\200\200\1\0\17\1", TRACE_WRONG), /* 2 MiB */
        ROW(HEAD "\0\0\0\0\200\200\4\17\1", TRACE_WRONG),     /* ct 65536 */
        ROW(HEAD "\1\0\377\377\377\377\377\377\377\377\377\377", TRACE_WRONG),
        ROW("seatrial-trace 2\n", TRACE_WRONG),
        ROW("seat", TRACE_WRONG),
        ROW("", TRACE_WRONG),
        ROW(MAGIC "\5\377\377\377\377\17\1\0\0\1\0\1\0\0", TRACE_WRONG), /* devices beyond 2^32 */
        ROW(MAGIC "\5\0\1\0\0\1\0\1\377\1", TRACE_WRONG),
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (read_plain(rows[i].bytes, rows[i].len) != rows[i].err)
            fail_msg("row %zu", i);
}

static bool any_head(void *arg, const struct trace_header *h)
{
    UNUSED(arg);
    UNUSED(h);
    return true;
}

static void any_event(void *arg, const struct trace_event *e)
{
    UNUSED(arg);
    UNUSED(e);
}

static void notices_every_changed_byte(void **state)
{
    static const struct trace_reader r = {any_head, any_event, NULL};
    struct buf file = write_log(&head, 200);

    UNUSED(state);
    assert_int_equal(trace_read(buf_str(&file), &r), TRACE_GOOD);
    for (size_t i = 10; i < file.len; i++) { /* behind the header of gzip, which has no checksum */
        file.ptr[i] ^= 0x10;
        assert_int_not_equal(trace_read(buf_str(&file), &r), TRACE_GOOD);
        file.ptr[i] ^= 0x10;
    }
    buf_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_written), cmocka_unit_test(keeps_an_unknown_rate),
        cmocka_unit_test(knows_a_log_that_was_cut),    cmocka_unit_test(refuses_what_is_no_log),
        cmocka_unit_test(notices_every_changed_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
