#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/pdu.h"

/* Messages as bytes, and what reading them must say. Numbers are typed in from RFC 7252 3. */
struct verdict_case {
    const char *title;
    const char *bytes;
    size_t len;
    enum pdu_err err;
};

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct verdict_case verdicts[] = {
    {"nothing",                        BYTES(""),                                 PDU_NOT_COAP },
    {"three bytes",                    BYTES("\x40\x02\x01"),                     PDU_NOT_COAP },
    {"version 0",                      BYTES("\x00\x02\x01\x02"),                 PDU_NOT_COAP },
    {"version 2",                      BYTES("\x80\x02\x01\x02"),                 PDU_NOT_COAP },
    {"header alone",                   BYTES("\x40\x02\x01\x02"),                 PDU_OK       },
    {"ping",                           BYTES("\x40\x00\x01\x02"),                 PDU_OK       },
    {"empty with a token",             BYTES("\x41\x00\x01\x02\x09"),             PDU_MALFORMED},
    {"empty with a byte more",         BYTES("\x40\x00\x01\x02\x09"),             PDU_MALFORMED},
    {"token of 8",
     BYTES("\x48\x02\x01\x02"
           "12345678"),
     PDU_OK                                                                                    },
    {"token cut off",
     BYTES("\x48\x02\x01\x02"
           "1234567"),
     PDU_MALFORMED                                                                             },
    {"token length 9",
     BYTES("\x49\x02\x01\x02"
           "123456789"),
     PDU_MALFORMED                                                                             },
    {"token length 15",
     BYTES("\x4f\x02\x01\x02"
           "123456789012345"),
     PDU_MALFORMED                                                                             },
    {"marker without payload",         BYTES("\x40\x02\x01\x02\xff"),             PDU_MALFORMED},
    {"payload of one byte",            BYTES("\x40\x02\x01\x02\xff\x00"),         PDU_OK       },
    {"delta 15",                       BYTES("\x40\x02\x01\x02\xf0"),             PDU_MALFORMED},
    {"length 15",                      BYTES("\x40\x02\x01\x02\x0f"),             PDU_MALFORMED},
    {"option longer than the message",
     BYTES("\x40\x02\x01\x02\xb2"
           "v"),
     PDU_MALFORMED                                                                             },
    {"one byte delta cut off",         BYTES("\x40\x02\x01\x02\xd0"),             PDU_MALFORMED},
    {"two byte delta cut off",         BYTES("\x40\x02\x01\x02\xe0\x01"),         PDU_MALFORMED},
    {"two byte length cut off",        BYTES("\x40\x02\x01\x02\x0e\x01"),         PDU_MALFORMED},
    {"option 65535",                   BYTES("\x40\x02\x01\x02\xe0\xfe\xf2"),     PDU_OK       },
    {"option 65536",                   BYTES("\x40\x02\x01\x02\xe0\xfe\xf2\x10"), PDU_MALFORMED},
};

static void tells_format_errors_apart(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        struct pdu p;
        enum pdu_err err = pdu_parse((const uint8_t *)verdicts[i].bytes, verdicts[i].len, &p);

        if (err != verdicts[i].err)
            fail_msg("%s: got %d, expected %d", verdicts[i].title, (int)err, (int)verdicts[i].err);
    }
}

static void reads_every_part(void **state)
{
    static const char message[] = "\x52\x02\xab\xcd"
                                  "tk"
                                  "\xb2v1"
                                  "\x03"
                                  "foo"
                                  "\x11\x32"
                                  "\xffhello";
    struct pdu p;
    struct pdu_option o;

    UNUSED(state);
    assert_int_equal(pdu_parse((const uint8_t *)message, sizeof message - 1, &p), PDU_OK);
    assert_int_equal(p.type, PDU_NON);
    assert_int_equal(p.code, 2);
    assert_int_equal(p.mid, 0xabcd);
    assert_true(str_equal(p.token, STR("tk")));
    assert_true(str_equal(p.payload, STR("hello")));
    struct pdu_options walk = pdu_options(&p);

    assert_true(pdu_next_option(&walk, &o));
    assert_int_equal(o.number, 11);
    assert_true(str_equal(o.value, STR("v1")));
    assert_true(pdu_next_option(&walk, &o));
    assert_int_equal(o.number, 11);
    assert_true(str_equal(o.value, STR("foo")));
    assert_true(pdu_next_option(&walk, &o));
    assert_int_equal(o.number, 12);
    assert_int_equal(pdu_uint(o.value), 50);
    assert_false(pdu_next_option(&walk, &o));
}

static void writes_a_command_answer(void **state)
{
    static const char expected[] = "\x62\x45\x12\x34"
                                   "tk"
                                   "\xe3\x0f\x65"
                                   "SET"
                                   "\xff{}";
    char mem[64];
    struct buf out = buf_over(mem, sizeof mem);
    struct pdu_writer w = pdu_start(&out, PDU_ACK, 0x45, 0x1234, STR("tk"));

    UNUSED(state);
    pdu_add_option(&w, 4210, STR("SET"));
    pdu_add_payload(&w, STR("{}"));
    assert_false(out.overflow);
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.ptr, expected, out.len);
}

static void writes_uints_in_their_shortest_form(void **state)
{
    static const struct {
        uint32_t value;
        const char *bytes;
        size_t len;
    } cases[] = {
        {0,          BYTES("\xd0\x01")                },
        {5,          BYTES("\xd1\x01\x05")            },
        {256,        BYTES("\xd2\x01\x01\x00")        },
        {UINT32_MAX, BYTES("\xd4\x01\xff\xff\xff\xff")},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char mem[32];
        struct buf out = buf_over(mem, sizeof mem);
        struct pdu_writer w = pdu_start(&out, PDU_ACK, 0xa3, 1, STR(""));

        pdu_add_uint(&w, 14, cases[i].value);
        assert_int_equal(out.len, 4 + cases[i].len);
        assert_memory_equal(out.ptr + 4, cases[i].bytes, cases[i].len);
    }
}

static void says_when_the_buffer_is_too_small(void **state)
{
    char mem[16];
    struct buf out = buf_over(mem, sizeof mem);
    struct pdu_writer w = pdu_start(&out, PDU_ACK, 0x45, 1, STR(""));

    UNUSED(state);
    pdu_add_payload(&w, STR("twelve bytes"));
    assert_true(out.overflow);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_format_errors_apart),
        cmocka_unit_test(reads_every_part),
        cmocka_unit_test(writes_a_command_answer),
        cmocka_unit_test(writes_uints_in_their_shortest_form),
        cmocka_unit_test(says_when_the_buffer_is_too_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
