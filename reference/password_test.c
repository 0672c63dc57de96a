#include "reference/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SHA512_86                                                                                  \
    "8Y9G4H3b0KazYxG74CqptW7H4gCsZxqXvlL4yqW7slJT9fv2YdyERWnS7vUXKQwZ7U5dyNufO2HUBS768.aDs/"
#define BCRYPT_53 "abcdefghijklmnopqrstuuRw89uKkUnSSG4zouuohtwYfV5R8osym"
#define BCRYPT_UNUSED_BITS "abcdefghijklmnopqrstuvRw89uKkUnSSG4zouuohtwYfV5R8osym"

static void compares_plain_passwords_whole(void **state)
{
    static const struct {
        struct str given;
        struct str stored;
        bool equal;
    } cases[] = {
        {{"hey-rodney", 10},  {"hey-rodney", 10}, true },
        {{"hey-rodney", 10},  {"hey-rodnex", 10}, false},
        {{"Hey-rodney", 10},  {"hey-rodney", 10}, false},
        {{"hey-rodne", 9},    {"hey-rodney", 10}, false},
        {{"hey-rodneyy", 11}, {"hey-rodney", 10}, false},
        {{"hh", 2},           {"h", 1},           false},
        {{"", 0},             {"", 0},            true },
        {{NULL, 0},           {"", 0},            true },
        {{"", 0},             {"x", 1},           false},
        {{"x", 1},            {"", 0},            false},
        {{"\0", 1},           {"", 0},            false},
        {{"a\0b", 3},         {"a\0b", 3},        true },
        {{"a\0b", 3},         {"a\0c", 3},        false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(password_equal(cases[i].given, cases[i].stored), cases[i].equal);
}

/* Hashes of `hey-rodney`, made by openssl passwd and by another crypt(3). */
static void verifies_hashes_of_others(void **state)
{
    static const struct {
        const char *password;
        const char *hash;
        bool matches;
    } cases[] = {
        {"hey-rodney", "$6$saltsalt$" SHA512_86,                                       true },
        {"hey-rodnez", "$6$saltsalt$" SHA512_86,                                       false},
        {"",           "$6$saltsalt$" SHA512_86,                                       false},
        {"hey-rodney", "$6$saltsalu$" SHA512_86,                                       false},
        {"hey-rodney",
         "$6$rounds=1000$saltsalt$KV8kVV.EgglbATPNjlNVHBuTd3VvoIZ2QnpnrpGo6dBrYqj9dydeFxxITAczx/"
         "3nj3t1gkMm/8q6O2ah63RnW/",                                                   true },
        {"hey-rodney", "$2a$04$" BCRYPT_53,                                            true },
        {"hey-rodney", "$2b$04$" BCRYPT_53,                                            true },
        {"hey-rodney", "$2y$04$" BCRYPT_53,                                            true },
        {"hey-rodney", "$2y$04$" BCRYPT_UNUSED_BITS,                                   true },
        {"hey-rodnez", "$2b$04$" BCRYPT_53,                                            false},
        {"",           "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq", true },
        {"x",          "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq", false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(password_verify(cases[i].password, cases[i].hash), cases[i].matches);
}

/* Nothing that crypt(3) would take for a weaker form, or that costs minutes. */
static void refuses_malformed_and_dear_hashes(void **state)
{
    static const char *const hashes[] = {
        "",
        "*0",
        "hey-rodney",
        "ab01FAX.bQRSU", /* DES */
        "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
        "$5$saltsalt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
        "$2$04$" BCRYPT_53,
        "$2x$04$" BCRYPT_53,
        "$2b$03$" BCRYPT_53,
        "$2b$16$" BCRYPT_53,
        "$2b$31$" BCRYPT_53,
        "$2b$4$" BCRYPT_53,
        "$2b$004$" BCRYPT_53,
        "$2b$04$" BCRYPT_53 "x",
        "$2b$04$",
        "$2b$04",
        "$2b$",
        "$2b$04$abcdefghijklmnopqrstuu Rw89uKkUnSSG4zouuohtwYfV5R8osy",
        "$6$",
        "$6$saltsalt",
        "$6$saltsalt$",
        "$6$saltsalt$" SHA512_86 "x",
        "$6$saltsaltsaltsalts$" SHA512_86,
        "$6$rounds=999$saltsalt$" SHA512_86,
        "$6$rounds=2000001$saltsalt$" SHA512_86,
        "$6$rounds=99999999$saltsalt$" SHA512_86,
        "$6$rounds=$saltsalt$" SHA512_86,
        "$6$rounds=x$saltsalt$" SHA512_86,
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(hashes); i++) {
        assert_false(password_hash_valid(str_from(hashes[i])));
        assert_false(password_verify("hey-rodney", hashes[i]));
    }
    assert_false(password_hash_valid((struct str){"$2b$04$\0bcdefghijklmnopqrstuuRw89uKkUnSSG4zouu"
                                                  "ohtwYfV5R8osym",
                                                  60}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_plain_passwords_whole),
        cmocka_unit_test(verifies_hashes_of_others),
        cmocka_unit_test(refuses_malformed_and_dear_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
