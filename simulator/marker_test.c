#include "simulator/marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char text[] = "{\"run\":\"0123456789abcdef\",\"device\":         1,\"seq\":         7,"
                           "\"ct\":   30,\"at\":   12345678901234}";

static void writes_a_text_of_fixed_length(void **state)
{
    struct marker m = {0x0123456789abcdef, 1, 7, 30, 12345678901234};
    uint8_t out[MARKER_LEN];

    UNUSED(state);
    assert_int_equal(sizeof text - 1, MARKER_LEN);
    marker_write(&m, out);
    assert_memory_equal(out, text, MARKER_LEN);
}

static void reads_the_largest_values_back(void **state)
{
    struct marker m = {UINT64_MAX, UINT32_MAX, UINT32_MAX, 65535, 99999999999999999};
    struct marker read;
    uint8_t out[MARKER_LEN];

    UNUSED(state);
    marker_write(&m, out);
    assert_true(marker_read((struct str){(const char *)out, sizeof out}, &read));
    assert_true(read.run == m.run);
    assert_int_equal(read.device, m.device);
    assert_int_equal(read.sequence, m.sequence);
    assert_int_equal(read.ct_s, m.ct_s);
    assert_true(read.at_us == m.at_us);
}

static void reads_what_a_receiver_has_serialised_anew(void **state)
{
    struct marker read;

    UNUSED(state);
    assert_true(marker_read(
        STR("{\"at\":5,\"ct\":0,\"device\":4,\"run\":\"00000000000000ff\",\"seq\":3}"), &read));
    assert_true(read.run == 255 && read.device == 4 && read.sequence == 3 && read.at_us == 5);
    assert_true(marker_read(STR("{ \"run\" : \"00000000000000ff\", \"device\" : 4, \"seq\" : 3,"
                                " \"ct\" : 0, \"at\" : 5 }"),
                            &read));
}

static void refuses_what_is_no_marker(void **state)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "20",
        "{\"run\":\"00000000000000fg\",\"device\":4,\"seq\":3,\"ct\":0,\"at\":5}",
        "{\"run\":\"00000000000000ff\",\"device\":4294967296,\"seq\":3,\"ct\":0,\"at\":5}",
        "{\"run\":\"00000000000000ff\",\"device\":,\"seq\":3,\"ct\":0,\"at\":5}",
        "{\"run\":\"00000000000000ff\",\"device\":4,\"seq\":3,\"ct\":0}",
        "{\"device\":4,\"seq\":3,\"ct\":0,\"at\":5,\"run\":\"00",
    };
    struct marker read;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(marker_read(str_from(wrong[i]), &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_text_of_fixed_length),
        cmocka_unit_test(reads_the_largest_values_back),
        cmocka_unit_test(reads_what_a_receiver_has_serialised_anew),
        cmocka_unit_test(refuses_what_is_no_marker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
