#include "lib/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Key 00 01 .. 0f, input 00 01 .. (len - 1). From the authors' vectors and OpenSSL's SIPHASH MAC.
 */
static const struct vector {
    size_t len;
    uint64_t sip24;
    uint64_t sip13;
} vectors[] = {
    {0,   0x726fdb47dd0e0e31, 0xabac0158050fc4dc},
    {1,   0x74f839c593dc67fd, 0xc9f49bf37d57ca93},
    {2,   0x0d6c8009d9a94f5a, 0x82cb9b024dc7d44d},
    {3,   0x85676696d7fb7e2d, 0x8bf80ab8e7ddf7fb},
    {7,   0xab0200f58b01d137, 0xd3927d989bb11140},
    {8,   0x93f5f5799a932462, 0x369095118d299a8e},
    {9,   0x9e0082df0ba9e4b0, 0x25a48eb36c063de4},
    {15,  0xa129ca6149be45e5, 0xd320d86d2a519956},
    {16,  0x3f2acc7f57c29bdb, 0xcc4fdd1a7d908b66},
    {17,  0x699ae9f52cbe4794, 0x9cf2689063dbd80c},
    {63,  0x958a324ceb064572, 0x9d199062b7bbb3a8},
    {255, 0xa9c169fec74db21a, 0xf76214e3153c4a15},
    {256, 0x999d0526d2a7bfd7, 0x75b3e64e167de370},
    {300, 0x4b0b710db6117839, 0x4016a23bda5a2224},
};

static void gives_the_reference_vectors(void **state)
{
    uint8_t bytes[301];
    uint8_t key[SIPHASH_KEY_LEN];

    UNUSED(state);
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        assert_int_equal(siphash(key, bytes, vectors[i].len), vectors[i].sip24);
        assert_int_equal(siphash13(key, bytes, vectors[i].len), vectors[i].sip13);
    }
}

static void reads_bytes_at_any_alignment(void **state)
{
    uint8_t key[SIPHASH_KEY_LEN] = {1};
    const char text[] = "0123456789abcdef";
    char shifted[64];

    UNUSED(state);
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(shifted + shift, text, sizeof text);
        assert_int_equal(siphash(key, shifted + shift, 16), siphash(key, text, 16));
    }
}

static void hashes_the_null_string(void **state)
{
    uint8_t key[SIPHASH_KEY_LEN] = {0};

    UNUSED(state);
    assert_int_equal(siphash(key, NULL, 0), siphash(key, "", 0));
    assert_int_equal(siphash13(key, NULL, 0), siphash13(key, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_reference_vectors),
        cmocka_unit_test(reads_bytes_at_any_alignment),
        cmocka_unit_test(hashes_the_null_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
