/* Bytes and numbers are typed in from RFC 7252 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/msg.h"

#define BYTES(literal) literal, sizeof(literal) - 1

struct fault_case {
    const char *bytes;
    size_t len;
    enum msg_fault fault;
    size_t where;
};

static const struct fault_case faults[] = {
    {BYTES(""),                                 MSG_SHORT,      0},
    {BYTES("\x40\x02\x01"),                     MSG_SHORT,      0},
    {BYTES("\x00\x02\x01\x02"),                 MSG_VERSION,    0},
    {BYTES("\xc0\x02\x01\x02"),                 MSG_VERSION,    0},
    {BYTES("\x40\x02\x01\x02"),                 MSG_GOOD,       0},
    {BYTES("\x49\x02\x01\x02"
           "123456789"),
     MSG_TOKEN_LEN,                                             0},
    {BYTES("\x4f\x02\x01\x02"
           "123456789012345"),
     MSG_TOKEN_LEN,                                             0},
    {BYTES("\x4d\x02\x01\x02\x00"
           "1234567890123"),
     MSG_GOOD,                                                  4},
    {BYTES("\x4d\x02\x01\x02"),                 MSG_TOKEN_CUT,  4},
    {BYTES("\x4e\x02\x01\x02\x00\x00"
           "1"),
     MSG_TOKEN_CUT,                                             4},
    {BYTES("\x42\x02\x01\x02"
           "1"),
     MSG_TOKEN_CUT,                                             4},
    {BYTES("\x40\x02\x01\x02\xb1v\xf0"),        MSG_DELTA_15,   6},
    {BYTES("\x40\x02\x01\x02\xb1v\x0f"),        MSG_LENGTH_15,  6},
    {BYTES("\x40\x02\x01\x02\xb2v"),            MSG_OPTION_CUT, 4},
    {BYTES("\x40\x02\x01\x02\xd0"),             MSG_OPTION_CUT, 4},
    {BYTES("\x40\x02\x01\x02\xe0\x01"),         MSG_OPTION_CUT, 4},
    {BYTES("\x40\x02\x01\x02\xe0\xfe\xf2"),     MSG_GOOD,       4},
    {BYTES("\x40\x02\x01\x02\xe0\xfe\xf2\x10"), MSG_NUMBER,     7},
    {BYTES("\x40\x02\x01\x02\xff"),             MSG_NO_PAYLOAD, 4},
    {BYTES("\x40\x02\x01\x02\xff\x01"),         MSG_GOOD,       4},
    {BYTES("\x40\x00\x01\x02"),                 MSG_GOOD,       0},
    {BYTES("\x40\x00\x01\x02\x01"),             MSG_EMPTY_LONG, 4},
    {BYTES("\x41\x00\x01\x02\x01"),             MSG_EMPTY_LONG, 4},
};

static void names_every_fault_and_its_place(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct msg m;
        size_t where;
        enum msg_fault fault =
            msg_read((const uint8_t *)faults[i].bytes, faults[i].len, &m, &where);

        if (fault != faults[i].fault || (fault != MSG_GOOD && where != faults[i].where))
            fail_msg("row %zu: %s at %zu", i, msg_fault_text(fault), where);
    }
}

static void reads_and_shows_a_message(void **state)
{
    static const char bytes[] = "\x43\x02\x6f\x10\x66\xf3\x01\xb2v1\x03"
                                "foo\x11\x32\xd1\x47x\xff{}";
    struct msg m;
    size_t where;
    struct buf out = buf_growing();

    UNUSED(state);
    assert_int_equal(msg_read((const uint8_t *)BYTES(bytes), &m, &where), MSG_GOOD);
    assert_int_equal(m.option_count, 4);
    assert_int_equal(m.options[1].range.at, 10);
    assert_int_equal(m.options[1].range.len, 4);
    assert_int_equal(m.payload_range.at, sizeof bytes - 1 - 2);
    assert_true(str_equal(msg_find(&m, 11)->value, STR("v1")));
    assert_null(msg_find(&m, 60));
    msg_show(&m, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(
        out.ptr,
        "CON POST mid=0x6f10 token=66f301 Uri-Path \"v1\" Uri-Path \"foo\" Content-Format 50 "
        "Option(96)=78 payload 2 B");
    buf_fini(&out);
}

static void writes_options_in_order(void **state)
{
    static const char expected[] = "\x51\x02\x00\x07t\xb2v1\x03"
                                   "foo\xed\x0f\x59"; /* then the length: 13 and 0 more */
    struct msg m = {
        .version = 1, .type = MSG_NON, .code = 2, .mid = 7, .token = {"t", 1}
    };
    struct buf out = buf_growing();

    UNUSED(state);
    m.options[m.option_count++] =
        (struct msg_option){.number = 4209, .value = STR("Basic abcdefg")};
    m.options[m.option_count++] = (struct msg_option){.number = 11, .value = STR("v1")};
    m.options[m.option_count++] = (struct msg_option){.number = 11, .value = STR("foo")};
    msg_write(&m, &out);
    assert_memory_equal(out.ptr, expected, sizeof expected - 1);
    assert_int_equal(out.len, sizeof expected - 1 + 1 + 13);
    struct msg again;
    size_t where;

    assert_int_equal(msg_read((const uint8_t *)out.ptr, out.len, &again, &where), MSG_GOOD);
    assert_int_equal(again.options[0].number, 11);
    assert_true(str_equal(again.options[1].value, STR("foo")));
    assert_int_equal(again.options[2].number, 4209);
    buf_fini(&out);
}

static void extends_deltas_and_lengths_at_their_bounds(void **state)
{
    static const uint32_t numbers[] = {0, 12, 13, 268, 269, 65535};
    static const size_t lengths[] = {0, 12, 13, 268, 269, 65804};
    char *value = calloc(1, 65804);

    UNUSED(state);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        for (size_t k = 0; k < COUNT(lengths); k++) {
            struct msg m = {.version = 1, .option_count = 1};
            struct msg again;
            struct buf out = buf_growing();
            size_t where;

            m.code = 2;
            m.options[0] = (struct msg_option){
                .number = numbers[i], .value = {value, lengths[k]}
            };
            msg_write(&m, &out);
            assert_int_equal(msg_read((const uint8_t *)out.ptr, out.len, &again, &where), MSG_GOOD);
            assert_int_equal(again.options[0].number, numbers[i]);
            assert_int_equal(again.options[0].value.len, lengths[k]);
            buf_fini(&out);
        }
    }
    free(value);
}

static void knows_codes_by_number_and_name(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"2.04",    0x44},
        {"POST",    2   },
        {"0.02",    2   },
        {"Changed", 0x44},
        {"7.31",    0xff},
        {"8.00",    -1  },
        {"2.32",    -1  },
        {"2.4",     -1  },
        {"",        -1  },
        {"204",     -1  }
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t code = 0;
        bool good = msg_code_from_text(str_from(cases[i].text), &code);

        assert_int_equal(good, cases[i].code >= 0);
        if (good)
            assert_int_equal(code, cases[i].code);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_fault_and_its_place),
        cmocka_unit_test(reads_and_shows_a_message),
        cmocka_unit_test(writes_options_in_order),
        cmocka_unit_test(extends_deltas_and_lengths_at_their_bounds),
        cmocka_unit_test(knows_codes_by_number_and_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
