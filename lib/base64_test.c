#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base64.h"

static const struct {
    const char *plain;
    const char *padded;
} vectors[] = {
  /* RFC 4648 10 */
    {"",       ""        },
    {"f",      "Zg=="    },
    {"fo",     "Zm8="    },
    {"foo",    "Zm9v"    },
    {"foob",   "Zm9vYg=="},
    {"fooba",  "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static bool decodes_to(struct str in, struct str want)
{
    uint8_t out[64];
    size_t len = 99;

    return base64_decode(in, out, sizeof out, &len) &&
           str_equal((struct str){(char *)out, len}, want);
}

static void encodes_and_decodes_the_vectors_of_the_rfc(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct buf b = buf_growing();
        struct str in = str_from(vectors[i].padded);

        base64_encode(&b, vectors[i].plain, strlen(vectors[i].plain));
        assert_true(str_equal(buf_str(&b), in));
        assert_true(decodes_to(in, str_from(vectors[i].plain)));
        while (in.len > 0 && in.ptr[in.len - 1] == '=')
            in.len--;
        assert_true(decodes_to(in, str_from(vectors[i].plain)));
        buf_fini(&b);
    }
}

static void refuses_what_is_not_the_standard_form(void **state)
{
    static const char *const bad[] = {
        "Z",      "Zm9vY",    "Zg=",    "Zg===", "Zm8==",     "=",        "====",
        "Zm9v=",  "Zm9v====", "Z===",   "Zh==",  "Zm9=",      "Zm9vYh",   " Zm9v",
        "Zm9v\n", "Zm 9v",    "Zm9v\t", "_-8=",  "-_8=",      "Zg==Zg==", "Zg==Zm9v",
        "Zm9v!",  "Zm9\x80",  "=Zg=",   "Zm=v",  "Zm9vYg==a",
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t out[64];
        size_t len;

        if (base64_decode(str_from(bad[i]), out, sizeof out, &len))
            fail_msg("accepted `%s`", bad[i]);
    }
    assert_false(decodes_to(STR("Zm\0v"), STR("")));
}

static void every_byte_value_survives(void **state)
{
    uint8_t all[256];
    uint8_t back[256];
    size_t len;
    struct buf b = buf_growing();

    UNUSED(state);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    base64_encode(&b, all, sizeof all);
    assert_true(base64_decode(buf_str(&b), back, sizeof back, &len));
    assert_int_equal(len, sizeof all);
    assert_memory_equal(all, back, sizeof all);
    buf_fini(&b);
}

static void never_writes_beyond_the_room_given(void **state)
{
    uint8_t out[4] = {0, 0, 0, 0xee};
    size_t len;

    UNUSED(state);
    assert_false(base64_decode(STR("Zm9vYg=="), out, 3, &len));
    assert_true(base64_decode(STR("Zm9v"), out, 3, &len));
    assert_int_equal(out[3], 0xee);
    assert_true(base64_decode(STR(""), NULL, 0, &len));
    assert_int_equal(len, 0);
    assert_true(BASE64_DECODED_MAX(4) >= 3 && BASE64_DECODED_MAX(2) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_and_decodes_the_vectors_of_the_rfc),
        cmocka_unit_test(refuses_what_is_not_the_standard_form),
        cmocka_unit_test(every_byte_value_survives),
        cmocka_unit_test(never_writes_beyond_the_room_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
