#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <zlib.h>

#include "lib/base64.h"
#include "lib/hist.h"

/*
 * Written by HdrHistogram's own implementations in several configurations: C and Java record ten
 * thousand times 1000 and once 100000000, `corrected` fills in what coordinated omission left out;
 * coarse: Java with 20000..3600000000000 and two digits; python: 300^i times each of 0 1 3 2047
 * 2048 4095 65536 3600000000.
 */
static const char corrected[] =
    "HISTFAAAAP94nJNpmSzMwCByigECmKE0I4i4NnkJg/0HiMB5/gVzGD8aM/3lZ7rPyTSbjektC9N7FqaHzEzbmZi2whCE"
    "vZKRaSYj02wwiYng4tFM3lDoC2dhhwh5UyZlJlUMjClCmgpMEUUmQSZ+IBZEojFFCMvQRwUxenmZ2MGQFUqz4+CTo4I2"
    "pg4dFdQylZWJkYkZCaPyMEUIydPLjMHrssFixuB12XD0HRAwMsFJgkwilZHJHHKmjzp41MFDOjhYmFiQEUEmMWqGsvKB"
    "d8Fwd/Co/waTC9jYOMAIiSJRhLbKh5x9Q87Bo/YNbfsoM4CPhw+IIJAkxnDXN+QcTIpyAPnGh6k=";
static const char coarse[] = "HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4u"
                             "ASkhIR4nrxg9v2lMaxhvMekILGZkKmcCAEf2CsI=";
static const char python[] = "HISTFAAAAFR4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DRIDpBgvjgn9cX+UbPt+X"
                             "bDjycI3Nb/6GDae/7Ohl/G/fcODKgo0HTzM9/cXY0NB2bMf8vx1sANNTIEk=";
static const char c_plain[] =
    "HISTFAAAACl4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAlWkH9g==";
static const char narrow[] = "HISTFAAAACV4nJNpmSzMwMDAwQABzFCaEUrp2H+AsI4zMh1lZEpkAgBdIQSk";
static const char edge[] = "HISTFAAAACB4nJNpmSzMwMDAzAABMJoRQnEw2H+AsP7LMwEARZgDpQ==";

static const struct {
    const char *text;
    uint64_t count;
    int64_t min_us;
    int64_t p50_us;
    int64_t p99_us;
    int64_t max_us;
} foreign[] = {
    {c_plain,   10001,              1000, 1000,       1000,       100007935 },
    {corrected, 20000,              1000, 1000,       98041855,   100007935 },
    {narrow,    3,                  100,  200,        250,        250       },
    {coarse,    741,                0,    327935,     393471,     2754559   },
    {edge,      1,                  2048, 2049,       2049,       2049      },
    {python,    219431438127090301, 0,    3600809983, 3600809983, 3600809983},
};

static void reads_what_other_implementations_write(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(foreign); i++) {
        struct hist *h = hist_new();

        if (!hist_decode(h, str_from(foreign[i].text)))
            fail_msg("not read: %s", foreign[i].text);
        assert_true(hist_count(h) == foreign[i].count);
        assert_int_equal(hist_min_us(h), foreign[i].min_us);
        assert_int_equal(hist_value_us(h, 0.5), foreign[i].p50_us);
        assert_int_equal(hist_value_us(h, 0.99), foreign[i].p99_us);
        assert_int_equal(hist_max_us(h), foreign[i].max_us);
        hist_free(&h);
    }
}

/* The bytes before compression, as another implementation decompresses them. */
static size_t plain_of(struct str text, uint8_t *plain, size_t cap)
{
    uint8_t packed[4096];
    uLongf len = cap;
    size_t packed_len;

    assert_true(base64_decode(text, packed, sizeof packed, &packed_len));
    assert_memory_equal(packed, "\x1c\x84\x93\x14", 4);
    assert_int_equal(packed[6] << 8 | packed[7], packed_len - 8);
    assert_int_equal(uncompress(plain, &len, packed + 8, packed_len - 8), Z_OK);
    return len;
}

static void writes_the_bytes_that_other_implementations_write(void **state)
{
    static const char want[] =
        "\x1c\x84\x93\x13\0\0\0\x31\0\0\0\0\0\0\0\3"
        "\0\0\0\0\0\0\0\1\0\0\0\0\xd6\x93\xa4\0\x3f\xf0\0\0\0\0\0\0"
        "\x02\xd8\x04\x01\xa0\xfe\x0a\xf5\x1f\x80\xf3\xdf\x19\x80\xc4\xe1\xac"
        "\x3c\xfb\x0f\x80\xb0\xcb\xf4\xb8\x8d\x01\xff\x3f\x80\xc0\xd4\xa0\xb1"
        "\xc1\xcb\x02\xe5\xfa\x01\x80\x80\x86\xc6\xb8\x9f\xfd\x88\x06";
    static const int64_t values[] = {0, 1, 3, 2047, 2048, 4095, 65536, 3600000000};
    struct hist *h = hist_new();
    struct buf text = buf_growing();
    uint8_t plain[4096];
    uint64_t count = 1;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(values); i++, count *= 300)
        hist_record_many(h, values[i], count);
    hist_encode(h, &text);
    assert_int_equal(plain_of(buf_str(&text), plain, sizeof plain), sizeof want - 1);
    assert_memory_equal(plain, want, sizeof want - 1);
    buf_fini(&text);
    hist_free(&h);
}

static void decoding_adds_to_what_is_there(void **state)
{
    struct hist *h = hist_new();
    struct buf text = buf_growing();

    UNUSED(state);
    hist_encode(h, &text); /* empty */
    assert_true(hist_decode(h, buf_str(&text)));
    assert_int_equal(hist_count(h), 0);
    buf_clear(&text);
    hist_record_many(h, 5, 7);
    hist_record(h, HIST_MAX_US);
    hist_encode(h, &text);
    assert_true(hist_decode(h, buf_str(&text)));
    assert_int_equal(hist_count(h), 16);
    assert_int_equal(hist_count_to(h, 5), 14);
    assert_int_equal(hist_max_us(h), 3600809983);
    buf_fini(&text);
    hist_free(&h);
}

static void the_largest_count_survives(void **state)
{
    struct hist *h = hist_new();
    struct hist *again = hist_new();
    struct buf text = buf_growing();
    uint8_t plain[4096];

    UNUSED(state);
    hist_record_many(h, 5, INT64_MAX);
    hist_encode(h, &text);
    /* header, a run of empty places, and a number of nine bytes, which has no tenth */
    assert_int_equal(plain_of(buf_str(&text), plain, sizeof plain), 40 + 1 + 9);
    assert_true(hist_decode(again, buf_str(&text)));
    assert_true(hist_count(again) == INT64_MAX);
    assert_int_equal(hist_max_us(again), 5);
    buf_fini(&text);
    hist_free(&again);
    hist_free(&h);
}

/* A compressed form whose plain bytes are made here. */
static bool decodes(const void *plain, size_t len)
{
    uint8_t packed[256] = {0x1c, 0x84, 0x93, 0x14};
    uLongf packed_len = sizeof packed - 8;
    struct buf text = buf_growing();
    struct hist *h = hist_new();

    hist_record(h, 3);
    assert_int_equal(compress(packed + 8, &packed_len, plain, len), Z_OK);
    packed[7] = (uint8_t)packed_len;
    base64_encode(&text, packed, packed_len + 8);

    bool ok = hist_decode(h, buf_str(&text));

    assert_true(ok || (hist_count(h) == 1 && hist_max_us(h) == 3));
    buf_fini(&text);
    hist_free(&h);
    return ok;
}

#define HEADER(payload, shift, digits, lowest, ratio)                                              \
    "\x1c\x84\x93\x13\0\0\0" payload "\0\0\0" shift "\0\0\0" digits "\0\0\0\0\0\0\0" lowest        \
    "\0\0\0\0\xd6\x93\xa4\0" ratio "\xf0\0\0\0\0\0\0"

static void refuses_what_does_not_fit(void **state)
{
    static const struct {
        const char *plain;
        size_t len;
        bool good;
    } rows[] = {
        {HEADER("\1",   "\0", "\3", "\1", "\x3f") "\2",                                                                            41, true },
        {HEADER("\2",   "\0", "\3", "\1", "\x3f") "\2",                                                                            41, false},
        {HEADER("\1",   "\1", "\3", "\1", "\x3f") "\2",                                                                            41, false},
        {HEADER("\1",   "\0", "\6", "\1", "\x3f") "\2",                                                                            41, false},
        {HEADER("\1",   "\0", "\3", "\0", "\x3f") "\2",                                                                            41, false},
        {HEADER("\1",   "\0", "\3", "\1", "\x40") "\2",                                                                            41, false},
        {HEADER("\1",   "\0", "\3", "\1", "\x3f") "\x80",                                                                          41, false},
        {HEADER("\0",   "\0", "\3", "\1", "\x3f"),                                                                                 40, true },
        {HEADER("\0",   "\0", "\3", "\1", "\x3f"),                                                                                 39, false},
 /* place 23221 is the first above 1 h; 23220 is the last */
        {HEADER("\4",   "\0", "\3", "\1", "\x3f") "\xe7\xea\x02\2",                                                                44, true },
        {HEADER("\4",   "\0", "\3", "\1", "\x3f") "\xe9\xea\x02\2",                                                                44, false},
 /* more than can be counted */
        {HEADER("\x12", "\0", "\3", "\1", "\x3f") "\xfe\xff\xff\xff\xff\xff\xff\xff\xff"
                                                  "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 58, false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (decodes(rows[i].plain, rows[i].len) != rows[i].good)
            fail_msg("row %zu", i);
}

static void refuses_what_is_no_histogram(void **state)
{
    static const char *const bad[] = {
        "",
        "HIST",
        "HISTFAAAAA==",
        "HISTFAAAACl4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAlWkH",
        "HISTEAAAACl4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAlWkH9g==",
        "HISTFAAAACh4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAlWkH9g==",
        "HISTFAAAACl4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAlWkH9h==",
        "HISTFAAAACl4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DROA8/4I5jNM8mJgAlWkH9g==",
        "not base64",
    };
    struct hist *h = hist_new();

    UNUSED(state);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(hist_decode(h, str_from(bad[i])));
    assert_int_equal(hist_count(h), 0);
    hist_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_other_implementations_write),
        cmocka_unit_test(writes_the_bytes_that_other_implementations_write),
        cmocka_unit_test(decoding_adds_to_what_is_there),
        cmocka_unit_test(the_largest_count_survives),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(refuses_what_is_no_histogram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
