#include "reference/dtls_hello.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* RFC 6347 4.1, 4.2.2 and RFC 5246 7.4.1.2: a whole ClientHello with a session id of 2 bytes and a
 * cookie of 3. */
static const uint8_t hello[] = {
    22,   0xfe, 0xff, 0,    0,   0,    0,   0,   0,   0,   9,   0,  62, /* record: sequence 9 */
    1,    0,    0,    50,   0,   1,    0,   0,   0,   0,   0,   50,     /* message: number 1 */
    0xfe, 0xfd,                                                         /* version */
    'r',  'r',  'r',  'r',  'r', 'r',  'r', 'r', 'r', 'r', 'r',         /* random */
    'r',  'r',  'r',  'r',  'r', 'r',  'r', 'r', 'r', 'r', 'r',         /* */
    'r',  'r',  'r',  'r',  'r', 'r',  'r', 'r', 'r', 'R',              /* */
    2,    's',  'i',                                                    /* session id */
    3,    'c',  'k',  'i',                                              /* cookie */
    0,    4,    0xc0, 0xa8, 0,   0xff,                                  /* suites */
    1,    0,    0}; /* compression; a byte to spare */

static void reads_a_record_header(void **state)
{
    struct dtls_record r;

    UNUSED(state);
    assert_true(dtls_record_read(hello, sizeof hello, &r));
    assert_int_equal(r.type, 22);
    assert_int_equal(r.epoch, 0);
    assert_int_equal(r.sequence, 9);
    assert_ptr_equal(r.body, hello + 13);
    assert_int_equal(r.body_len, 62);
}

static void reads_epoch_and_sequence_in_full(void **state)
{
    static const uint8_t bytes[] = {23, 0xfe, 0xfd, 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 0, 0};
    struct dtls_record r;

    UNUSED(state);
    assert_true(dtls_record_read(bytes, sizeof bytes, &r));
    assert_int_equal(r.epoch, 0xabcd);
    assert_true(r.sequence == UINT64_C(0x010203040506));
    assert_int_equal(r.body_len, 0);
}

static void refuses_what_is_no_record(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } rows[] = {
        {0,  19  },
        {0,  24  },
        {0,  0x40},
        {1,  3   },
        {1,  0xff},
        {11, 1   },
        {12, 63  }
    };
    uint8_t bytes[sizeof hello];
    struct dtls_record r;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        memcpy(bytes, hello, sizeof hello);
        bytes[rows[i].at] = rows[i].value;
        assert_false(dtls_record_read(bytes, sizeof bytes, &r));
    }
    for (size_t len = 0; len < sizeof hello; len++)
        assert_false(dtls_record_read(hello, len, &r));
}

static void knows_where_any_record_ends(void **state)
{
    static const uint8_t bytes[] = {99, 0x12, 0x34, 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 0, 2, 7, 8};
    struct dtls_record r;

    UNUSED(state);
    assert_false(dtls_record_read(bytes, sizeof bytes, &r));
    assert_true(dtls_record_frame(bytes, sizeof bytes, &r));
    assert_int_equal(r.version, 0x1234);
    assert_int_equal(r.epoch, 0xabcd);
    assert_ptr_equal(r.body + r.body_len, bytes + sizeof bytes);
    for (size_t len = 0; len < sizeof bytes; len++)
        assert_false(dtls_record_frame(bytes, len, &r));
}

static bool read_hello(const uint8_t *bytes, size_t len, struct dtls_hello *h)
{
    struct dtls_record r;

    return dtls_record_read(bytes, len, &r) && dtls_hello_read(&r, h);
}

static void reads_a_client_hello(void **state)
{
    struct dtls_hello h;

    UNUSED(state);
    assert_true(read_hello(hello, sizeof hello, &h));
    assert_int_equal(h.message_seq, 1);
    assert_int_equal(h.version[1], 0xfd);
    assert_int_equal(h.random[31], 'R');
    assert_true(str_equal(h.session_id, STR("si")));
    assert_true(str_equal(h.cookie, STR("cki")));
}

static void reads_a_first_fragment_that_holds_the_cookie(void **state)
{
    uint8_t bytes[sizeof hello];
    struct dtls_hello h;
    enum { UP_TO_COOKIE = 2 + 32 + 3 + 4 };

    UNUSED(state);
    memcpy(bytes, hello, sizeof hello);
    for (uint8_t len = 0; len < 50; len++) {
        bytes[12] = (uint8_t)(12 + len);
        bytes[24] = len;
        assert_int_equal(read_hello(bytes, 25U + len, &h), len >= UP_TO_COOKIE);
    }
}

static void refuses_other_messages_and_later_fragments(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } rows[] = {
        {0,  23},
        {4,  1 },
        {13, 2 },
        {21, 1 },
        {24, 51},
        {16, 49},
        {59, 33},
        {62, 51}
    };
    uint8_t bytes[sizeof hello];
    struct dtls_hello h;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        memcpy(bytes, hello, sizeof hello);
        bytes[rows[i].at] = rows[i].value;
        assert_false(read_hello(bytes, sizeof bytes, &h));
    }
}

static void answers_with_the_numbers_of_the_hello(void **state)
{
    static const uint8_t expected[DTLS_VERIFY_REQUEST_LEN] = {
        22,   0xfe, 0xff, 0,   0,   0,   0,   0,   0,   0,   9,   0,   31, /* record: sequence 9 */
        3,    0,    0,    19,  0,   1,   0,   0,   0,   0,   0,   19,      /* message: number 1 */
        0xfe, 0xff, 16,   '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
        'a',  'b',  'c',  'd', 'e', 'f'};
    uint8_t out[DTLS_VERIFY_REQUEST_LEN];
    struct dtls_record r;
    struct dtls_hello h;

    UNUSED(state);
    assert_true(dtls_record_read(hello, sizeof hello, &r));
    assert_true(dtls_hello_read(&r, &h));
    dtls_hello_verify_request(&r, &h, (const uint8_t *)"0123456789abcdef", out);
    assert_memory_equal(out, expected, sizeof expected);
}

static void writes_a_hello_that_it_reads(void **state)
{
    uint8_t out[DTLS_BARE_HELLO_LEN];
    struct dtls_hello h;

    UNUSED(state);
    dtls_hello_bare(3, out);
    assert_true(read_hello(out, sizeof out, &h));
    assert_int_equal(h.message_seq, 3);
    assert_int_equal(h.cookie.len, 0);
    assert_memory_equal(out + sizeof out - 6, "\0\2\xc0\xa8\1\0", 6); /* suites, compression */
}

static void writes_a_plain_fatal_alert(void **state)
{
    static const uint8_t expected[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 1, 2, 0, 2, 2, 51};
    uint8_t out[DTLS_ALERT_LEN];

    UNUSED(state);
    dtls_hello_alert(0x102, 51, out);
    assert_memory_equal(out, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_record_header),
        cmocka_unit_test(reads_epoch_and_sequence_in_full),
        cmocka_unit_test(refuses_what_is_no_record),
        cmocka_unit_test(knows_where_any_record_ends),
        cmocka_unit_test(reads_a_client_hello),
        cmocka_unit_test(reads_a_first_fragment_that_holds_the_cookie),
        cmocka_unit_test(refuses_other_messages_and_later_fragments),
        cmocka_unit_test(answers_with_the_numbers_of_the_hello),
        cmocka_unit_test(writes_a_hello_that_it_reads),
        cmocka_unit_test(writes_a_plain_fatal_alert),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
