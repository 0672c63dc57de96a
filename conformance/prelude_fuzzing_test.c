/* What works here are scripts: valgrind has little of ours to see. */
/* labels: slow */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conformance/prelude_teststate.h"

/* What a grammar makes, each datagram in hex: (grammar, seed, count). */
#define MAKE                                                                                       \
    "(function(g, seed, n) local chance, all = P.new_chance(seed), {} for i = 1, n do "            \
    "all[i] = P.hex(P.datagram_bytes(g.make(chance, i, true), 'Basic x')) end "                    \
    "return table.concat(all, ' ') end)"

/* How many of 2000 datagrams a test of (datagram, bytes, message read) is true of: at least least?
 */
#define MANY(grammar, test, least)                                                                 \
    "(function() local chance, n = P.new_chance(7), 0 for i = 1, 2000 do "                         \
    "local d = " grammar ".make(chance, i, true) local b = P.datagram_bytes(d, 'Basic x') "        \
    "local m = P.new_record({}, b, 0) if " test " then n = n + 1 end end "                         \
    "return n >= " least " or n end)()"

static void same_seed_same_datagrams(void **state)
{
    static const struct prelude_row rows[] = {
        {MAKE "(t.coap_message {}, 1, 300) == " MAKE "(t.coap_message {}, 1, 300)",     "true" },
        {MAKE "(t.coap_message {}, 1, 300) == " MAKE "(t.coap_message {}, 2, 300)",     "false"},
        {MAKE "(t.dtls_record {}, 1, 300) == " MAKE "(t.dtls_record {}, 1, 300)",       "true" },
        {MAKE "(t.dtls_record {}, 1, 300) == " MAKE "(t.dtls_record {}, 2, 300)",       "false"},
        {"(function() local c = P.new_chance(0) return c(1 << 62), c(10), c(1) end)()",
         "3535418189901915864 1 1"                                                             },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

static void reaches_every_kind_of_fault(void **state)
{
    static const struct prelude_row rows[] = {
        {MANY("t.coap_message {}",                "not m.fault",                                           "200"), "true"},
        {MANY("t.coap_message {}",                                 "m.fault",                                                                                        "500"), "true"},
        {MANY("t.coap_message {}","#b < 4","10"), "true"},
        {MANY("t.coap_message {}",                                       "#b > 0 and b:byte(1) >> 6 ~= 1",                                                                       "20"), "true"},
        {MANY("t.coap_message {}",                                  "#b > 0 and b:byte(1) & 15 > 8",                                                                                                                            "50"), "true"},
        {MANY("t.coap_message {}",                "not m.fault and #P.option_values(m, 4210) > 1", "40"), "true"},
        {MANY("t.coap_message {}",                                 "#P.option_values(m, 27) > 0",                                                                                        "10"), "true"},
        {MANY("t.coap_message {}","P.option_values(m, 15)[1] == 'ct=-1'","5"), "true"},
        {MANY("t.coap_message {}",                                       "P.option_values(m, 4209)[1] == 'Basic ===='",                                                                       "1"), "true"},
        {MANY("t.coap_message {}",                                  "b:sub(-1) == '\\xff' and m.fault",                                                                                   "20"), "true"},
        {MANY("t.coap_message { only = { 'version' }, faults = 1 }",                "b:byte(1) >> 6 ~= 1",          "2000"),
         "true"},
        {MANY("t.dtls_record {}",                                 "#d.records > 1",                                                                                        "500"), "true"},
        {MANY("t.dtls_record {}",                           "d.records[1].epoch == 0 and d.records[1].type == 22",                                                                                                                                                                                 "100"),
         "true"},
        {MANY("t.dtls_record {}",                                       "d.records[1].length",                                                                       "100"), "true"},
        {MANY("t.dtls_record {}",                                   "d.records[1].version ~= 0xfefd",              "100"), "true"},
        {"caught(t.coap_message, { only = { 'cutt' } })",
         "t.coap_message: there is no fault \"cutt\", is `cut` meant?"   },
        {"caught(t.dtls_record, { fault = 1 })",
         "t.dtls_record: unknown field fault, is `faults` meant?"                                                                                       },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

#define OPTIONS(list)                                                                              \
    "P.hex(P.datagram_bytes({ kind = 'coap', version = 1, type = 0, token_length = 0, code = 2, "  \
    "mid = 0x1234, token = '', options = { " list " } }, 'Basic x'))"

/* RFC 7252 3.1, byte by byte. */
static void writes_what_the_grammar_says(void **state)
{
    static const struct prelude_row rows[] = {
        {OPTIONS("{ number = 11, value = 'v1' }"),                                             "40021234b27631"                                                         },
        {OPTIONS("{ number = 60, value = '' }, { number = 60, value = '' }"),                  "40021234d02f00"                                                         },
        {OPTIONS("{ number = 270, value = ('x'):rep(13) }"),                                   "40021234ed000100"
                                                             "78787878787878787878787878"                   },
        {OPTIONS("{ number = 1, value = 'x', delta_nibble = 15 }"),                            "40021234f178"                                                           },
        {OPTIONS("{ number = 1, value = 'x', length_nibble = 15 }"),                           "400212341f78"                                                           },
        {OPTIONS("{ number = 1, value = 'x', length = 300 }"),                                 "400212341e001f78"                                                       },
        {OPTIONS("{ number = 12, value = '' }, { number = 11, value = '' }"),                  "40021234c0e0fef2"                                                       },
        {OPTIONS("{ number = 4209, value = '', is_credential = true }"),
         "40021234e70f64426173696320"
         "78"                                                                                                                                                           },
        {"P.hex(P.datagram_bytes { kind = 'dtls', records = { { type = 22, version = 0xfefd, epoch "
         "= "
         "1, sequence = 5, fragment = 'ab', length = 9 } }, tail = 'z', cut = 15 })", "16fefd000100000000000500096162"                                         },
        {"P.datagram_source { kind = 'coap', version = 1, type = 0, token_length = 0, code = 2, "
         "mid = "
         "1, token = '', payload = '\\xff', options = { { number = 4209, is_credential = true } } "
         "}",                                                                         "{ t.hex \"40020001\", t.option(4209, dev.authorization), t.hex \"ff\" }"},
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

/* shrink(fails as a test of all bytes): the list that is left of 25 messages, and how many tries.
 */
#define SHRINK(seed, test)                                                                         \
    "(function() local chance, list, tries = P.new_chance(" seed "), {}, 0 "                       \
    "for i = 1, 200 do list[i] = t.coap_message {}.make(chance, i, true) end "                     \
    "local function fails(some) tries = tries + 1 for _, d in ipairs(some) do "                    \
    "local b = P.datagram_bytes(d, 'Basic x') local m = P.new_record({}, b, 0) "                   \
    "if " test " then return true end end return false end "                                       \
    "if not fails(list) then return 'good' end "                                                   \
    "list = P.shrink(list, fails, function() return tries > 3000 end) local all = {} "             \
    "for i, d in ipairs(list) do all[i] = P.datagram_source(d) end "                               \
    "return table.concat(all, ' | ') .. ' ' .. tostring(tries < 1000) end)()"

static void shrinks_to_the_few_bytes_that_matter(void **state)
{
    static const struct prelude_row rows[] = {
        {"(" SHRINK("1", "#P.option_values(m, 4210) > 1") "):sub(12)",  "0000e00f6500\" true"},
        {"(" SHRINK("2", "#P.option_values(m, 4210) > 1") "):sub(12)",  "0000e00f6500\" true"},
        {SHRINK("3",     "#b > 0 and b:byte(1) & 15 == 15"),            "t.hex \"4f\" true"  },
        {SHRINK("4",     "#b == 0"),                                    "\"\" true"          },
        {"(" SHRINK("5", "not m.fault and #m.payload > 5") "):sub(12)",
         "0000ff000000000000\" true"                                                         },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

/* Two of a hundred numbers must both be there. */
#define PAIR                                                                                       \
    "(function(a, b, most) local list, tries = {}, 0 for i = 1, 100 do list[i] = { kind = 'raw', " \
    "bytes = string.char(i) } end local left = P.shrink(list, function(some) tries = tries + 1 "   \
    "local has = {} for _, d in ipairs(some) do has[d.bytes] = true end "                          \
    "return has[string.char(a)] and has[string.char(b)] end, function() return tries >= most "     \
    "end) "                                                                                        \
    "return #left, left[1].bytes:byte(), left[#left].bytes:byte() end)"

static void keeps_datagrams_that_need_each_other(void **state)
{
    static const struct prelude_row rows[] = {
        {PAIR "(3, 4, 500)",   "2 3 4"    },
        {PAIR "(1, 100, 500)", "2 1 100"  },
        {PAIR "(50, 51, 500)", "2 50 51"  },
        {PAIR "(1, 100, 0)",   "100 1 100"}, /* no time */
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_datagrams),
        cmocka_unit_test(reaches_every_kind_of_fault),
        cmocka_unit_test(writes_what_the_grammar_says),
        cmocka_unit_test(shrinks_to_the_few_bytes_that_matter),
        cmocka_unit_test(keeps_datagrams_that_need_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
