#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/dtls_record.h"

/* The numbers are those of RFC 6347 4.1 and 4.2.2, typed in. */
static const uint8_t two_records[] = {
    22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 1, 2, 0, 28, /* handshake, sequence 0x102 */
    14, 0,    0,    0, 0, 5, 0, 0, 0, 0, 0, 0,     /* ServerHelloDone, message_seq 5 */
    11, 0,    1,    0, 0, 6, 0, 0, 9, 0, 0, 4, 'c', 'e', 'r', 't', /* a fragment of Certificate */
    21, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2,   2,   115,      /* alert */
};

static void reads_record_after_record(void **state)
{
    const uint8_t *at = two_records;
    size_t len = sizeof two_records;
    struct dtls_record r;

    UNUSED(state);
    assert_true(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
    assert_int_equal(r.head.content, 22);
    assert_int_equal(r.head.version, 0xfefd);
    assert_int_equal(r.head.epoch, 0);
    assert_int_equal(r.head.sequence, 0x102);
    assert_int_equal(r.len, 41);
    assert_int_equal(r.message, DTLS_SERVER_HELLO_DONE);
    assert_int_equal(r.message_seq, 5);
    assert_int_equal(r.messages, 1 << 14 | 1 << 11);
    assert_int_equal(r.last_seq, 6);
    assert_int_equal(r.alert, -1);
    assert_true(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
    assert_int_equal(r.alert_level, 2);
    assert_int_equal(r.alert, 115);
    assert_int_equal(r.message, -1);
    assert_int_equal(len, 0);
    assert_false(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
}

static void reads_the_place_of_a_fragment(void **state)
{
    static const uint8_t bytes[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0,   15,  11,
                                    0,  1,    0,    0, 6, 0, 0, 9, 0, 0, 3, 'c', 'e', 'r'};
    const uint8_t *at = bytes;
    size_t len = sizeof bytes;
    struct dtls_record r;

    UNUSED(state);
    assert_true(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
    assert_int_equal(r.message, DTLS_CERTIFICATE);
    assert_int_equal(r.message_len, 256);
    assert_int_equal(r.fragment_at, 9);
    assert_int_equal(r.fragment_len, 3);
}

static void takes_no_record_that_is_cut_short(void **state)
{
    struct dtls_record r;

    UNUSED(state);
    for (size_t len = 0; len < 41; len++) {
        const uint8_t *at = two_records;
        size_t left = len;

        assert_false(dtls_record_next(&at, &left, DTLS_TO_DEVICE, &r));
        assert_int_equal(left, len);
        assert_ptr_equal(at, two_records);
    }
}

static void keeps_out_of_what_is_encrypted(void **state)
{
    uint8_t bytes[sizeof two_records];
    const uint8_t *at = bytes;
    size_t len = sizeof bytes;
    struct dtls_record r;

    UNUSED(state);
    memcpy(bytes, two_records, sizeof bytes);
    bytes[4] = 1; /* epoch */
    bytes[41 + 4] = 1;
    assert_true(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
    assert_int_equal(r.head.epoch, 1);
    assert_int_equal(r.message, -1);
    assert_int_equal(r.messages, 0);
    assert_true(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
    assert_int_equal(r.alert, -1);
    at = bytes;
    len = sizeof bytes;
    bytes[1] = 0x03; /* TLS is no DTLS */
    assert_false(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
}

static void a_message_longer_than_its_record_is_none(void **state)
{
    uint8_t bytes[sizeof two_records];
    const uint8_t *at = bytes;
    size_t len = sizeof bytes;
    struct dtls_record r;

    UNUSED(state);
    memcpy(bytes, two_records, sizeof bytes);
    bytes[13 + 11] = 17; /* 16 bytes are left */
    assert_true(dtls_record_next(&at, &len, DTLS_TO_DEVICE, &r));
    assert_int_equal(r.message, -1);
    assert_int_equal(r.last_seq, -1);
}

static void writes_any_head(void **state)
{
    static const uint8_t want[] = {23, 0xfe, 0xfd, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 0, 2, 'h', 'i'};
    struct dtls_head head = {23, 0xfefd, 0x1234, UINT64_C(0x010203040506)};
    struct buf out = buf_growing();

    UNUSED(state);
    dtls_record_write(&out, &head, STR("hi"));
    assert_int_equal(out.len, sizeof want);
    assert_memory_equal(out.ptr, want, sizeof want);
    buf_clear(&out);
    dtls_record_write_broken(&out, &head, 0x0bad, STR("hi"));
    assert_memory_equal(out.ptr + 11, "\x0b\xadhi", 4);
    buf_fini(&out);
}

static void names_messages_and_alerts(void **state)
{
    UNUSED(state);
    assert_string_equal(dtls_alert_name(40), "handshake_failure");
    assert_string_equal(dtls_alert_name(41 + 200), "unknown");
    assert_string_equal(dtls_message_name(16), "ClientKeyExchange");
    assert_string_equal(dtls_content_name(20), "ChangeCipherSpec");
    assert_int_equal(dtls_alert_from_name(STR("close_notify")), 0);
    assert_int_equal(dtls_alert_from_name(STR("Close-Notify")), 0);
    assert_int_equal(dtls_alert_from_name(STR("close_notif")), -1);
    assert_int_equal(dtls_alert_from_name(STR("close_notifyx")), -1);
    assert_int_equal(dtls_alert_from_name(STR("")), -1);
    assert_int_equal(dtls_message_from_name(STR("client_hello")), 1);
    assert_int_equal(dtls_message_from_name(STR("ServerHelloDone")), 14);
}

static void shows_what_one_asks_a_record_for(void **state)
{
    struct dtls_record r = {.len = 42, .message = 11, .message_seq = 1, .alert = -1};
    struct buf out = buf_growing();

    UNUSED(state);
    r.flight = 5;
    r.number = 1;
    r.message_len = 300;
    r.fragment_at = 100;
    r.fragment_len = 50;
    r.copy = 2;
    r.head.sequence = 7;
    dtls_record_show(&r, &out);
    assert_true(str_equal(buf_str(&out), STR("flight 5 message 1 Certificate bytes 100 to 150 of "
                                             "300 again (2), epoch 0 #7, 42 B")));
    r = (struct dtls_record){.len = 15, .message = -1, .alert_level = 2, .alert = 40};
    buf_clear(&out);
    dtls_record_show(&r, &out);
    assert_true(
        str_equal(buf_str(&out), STR("Alert handshake_failure (40), fatal, epoch 0 #0, 15 B")));
    buf_fini(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_record_after_record),
        cmocka_unit_test(reads_the_place_of_a_fragment),
        cmocka_unit_test(takes_no_record_that_is_cut_short),
        cmocka_unit_test(keeps_out_of_what_is_encrypted),
        cmocka_unit_test(a_message_longer_than_its_record_is_none),
        cmocka_unit_test(writes_any_head),
        cmocka_unit_test(names_messages_and_alerts),
        cmocka_unit_test(shows_what_one_asks_a_record_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
