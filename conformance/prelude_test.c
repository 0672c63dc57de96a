#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "conformance/prelude_teststate.h"

static void reads_protocol_times(void **state)
{
    static const struct prelude_row rows[] = {
        {"P.seconds(2)",                                              "2"          },
        {"P.us('2 s')",                                               "2000000"    },
        {"P.us('150 ms')",                                            "150000"     },
        {"P.us('10 min - 1 s')",                                      "599000000"  },
        {"P.us('-1 h')",                                              "-3600000000"},
        {"P.us('ACK_TIMEOUT')",                                       "1000000"    },
        {"P.us('2 * ACK_TIMEOUT + 500 ms')",                          "2500000"    },
        {"P.us('MAX_TRANSMIT_SPAN')",                                 "22500000"   }, /* 1 * 15 * 1.5 */
        {"P.us('EXCHANGE_LIFETIME')",                                 "223500000"  },
        {"P.parameters_of({}).EXCHANGE_LIFETIME",                     "247.0"      }, /* RFC 7252 4.8.2 */
        {"P.parameters_of({}).NON_LIFETIME",                          "145.0"      },
        {"P.parameters_of({}).MAX_TRANSMIT_WAIT",                     "93.0"       },
        {"P.parameters_of({ ACK_TIMEOUT = '3 s' }).PROCESSING_DELAY", "3"          },
        {"caught(P.us, '2 weeks'):match('is no time') ~= nil",        "true"       },
        {"caught(P.us, '') ~= 'no error'",                            "true"       },
        {"caught(P.us, {}) ~= 'no error'",                            "true"       },
        {"P.latest_us(1000000)",                                      "1250000"    },
        {"P.earliest_us(1000000)",                                    "950000"     },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

static void compares_json_exactly(void **state)
{
    static const struct prelude_row rows[] = {
        {"t.json({ a = 1 }):test('{\"a\":1.0}')",                                                    "pass"                             },
        {"t.json({ a = 1 }):test('{\"a\":10e-1}')",                                                  "pass"                             },
        {"t.json({ a = 1 }):test('{\"a\":2}')",                                                      "fail"                             },
        {"t.json({ a = 1 }):test('{\"a\":1,\"b\":2}')",                                              "fail"                             },
        {"t.json({ a = 1, b = 2 }):test('{\"a\":1}')",                                               "fail"                             },
        {"t.json({ 1, 2 }):test('[1,2]')",                                                           "pass"                             },
        {"t.json({ 1, 2 }):test('[2,1]')",                                                           "fail"                             },
        {"t.json({ 1 }):test('{\"1\":1}')",                                                          "fail"                             },
        {"t.json({ test = 'x' }):test('{\"test\":\"x\"}')",                                          "pass"                             },
        {"t.json({ a = t.any }):test('{\"a\":3}')",                                                  "pass"                             },
        {"t.json({ t.number '1e99999999999999999999' }):test('[1e+99999999999999999999]')",          "pass"                             },
        {"t.json({ t.number '1e99999999999999999999' }):test('[1e-99999999999999999999]')",          "fail"                             },
        {"t.json({ 10 }):test('[1e0000000000000000000001]')",                                        "pass"                             },
        {"t.json({}):test('{}')",                                                                    "pass"                             },
        {"t.json('x'):test('\"\\\\u0078\"')",                                                        "pass"                             },
        {"t.json('\\u{1f600}'):test('\"\\\\ud83d\\\\ude00\"')",                                      "pass"                             },
        {"t.json(0.1):test('0.1')",                                                                  "pass"                             },
        {"t.json(0.1):test('0.10000000000000001')",                                                  "fail"                             },
        {"t.json(t.number '123456789012345678901234567890'):test('123456789012345678901234567890')",
         "pass"                                                                                                                         },
        {"t.json(t.number '123456789012345678901234567890'):test('123456789012345678901234567891')",
         "fail"                                                                                                                         },
        {"t.json(t.null):test('null')",                                                              "pass"                             },
        {"t.json(true):test('true')",                                                                "pass"                             },
        {"t.json(true):test('truex')",                                                               "fail"                             },
        {"t.json({ a = t.text }):test('{\"a\":\"b\"}')",                                             "pass"                             },
        {"select(2, P.json_read('{\"a\":1,\"a\":2}'))",                                              "at byte 11: a name is given twice"},
        {"select(2, P.json_read('[01]'))",                                                           "at byte 2: no JSON value"         },
        {"select(2, P.json_read('[1,]'))",                                                           "at byte 4: no JSON value"         },
        {"select(2, P.json_read('\"a'))",                                                            "at byte 2: string without end"    },
        {"select(2, P.json_read(('['):rep(300)))",                                                   "at byte 202: nested too deep"     },
        {"select(2, P.json_read('1 1'))",                                                            "at byte 3: more after the value"  },
        {"P.json_write({ a = { 1, 'x\\n', true }, b = P.list {}, c = t.null })",
         "{\"a\":[1,\"x\\u000a\",true],\"b\":[],\"c\":null}"                                                                            },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

static void matches_values(void **state)
{
    static const struct prelude_row rows[] = {
        {"t.any:test('x'), t.any:test(nil)",                                                        "pass fail"     },
        {"t.none:test(nil), t.none:test('')",                                                       "pass fail"     },
        {"t.empty:test(''), t.empty:test('x')",                                                     "pass fail"     },
        {"t.text:test('x'), t.text:test(''), t.text:test('\\xff')",                                 "pass fail fail"},
        {"t.same:test(1, { same = 1 }), t.same:test(1, { same = 2 })",                              "pass fail"     },
        {"t.one_of { 'a', t.warn 'b' }:test('a')",                                                  "pass"          },
        {"t.one_of { t.warn 'b', 'a' }:test('b')",                                                  "warn"          },
        {"t.one_of { 'a', t.warn 'b' }:test('c')",                                                  "fail"          },
        {"t.should('a'):test('a'), t.should('a'):test('b')",                                        "pass warn"     },
        {"t.not_('a'):test('a'), t.not_('a'):test('b')",                                            "fail pass"     },
        {"t.uint(0):test(''), t.uint(258):test('\\1\\2'), t.uint(1):test('\\2')",                   "pass pass fail"},
        {"t.range(1, 3):test(3), t.range(1, 3):test(4), t.range(1, 3):test('\\2')",
         "pass fail pass"                                                                                           },
        {"t.length(2):test('ab'), t.length { 1, 2 }:test('abc')",                                   "pass fail"     },
        {"t.prefix('ab'):test('abc'), t.contains('bc'):test('abc'), t.contains('.'):test('a')",
         "pass pass fail"                                                                                           },
        {"t.uuid:test('123e4567-e89b-12d3-a456-426614174000'), t.uuid:test('123')",                 "pass fail"     },
        {"t.rfc3339:test('2026-01-02T03:04:05.678Z'), t.rfc3339:test('2026-01-02')",                "pass fail"     },
        {"t.rfc3339:test('2026-01-02T03:04:05+01:00')",                                             "pass"          },
        {"t.uri:test('a/b?c#d'), t.uri:test('a b'), t.uri:test('%4')",                              "pass fail fail"},
        {"t.absolute_uri:test('urn:x'), t.absolute_uri:test('a/b')",                                "pass fail"     },
        {"t.flip_bit('ab') == 'ac'",                                                                "true"          },
        {"t.hex '0a 0B' == '\\10\\11'",                                                             "true"          },
        {"caught(t.hex, '0') ~= 'no error'",                                                        "true"          },
        {"P.hex(t.block(0, false, 0)), P.hex(t.block(1, true, 6)), P.hex(t.block(4096, false, 2))",
         " 1e 010002"                                                                                               },
        {"P.block_of('\\30')",                                                                      "1 true 6"      },
        {"P.hex(P.uint_bytes(0)), P.hex(P.uint_bytes(255)), P.hex(P.uint_bytes(256))",              " ff 0100"      },
        {"table.concat(P.path_segments('/v1/a%2fb/'), '|')",                                        "v1|a/b|"       },
        {"table.concat((select(2, P.path_segments('/v1?a=1&b=%20'))), '|')",                        "a=1|b= "       },
        {"#(P.path_segments('/'))",                                                                 "0"             },
        {"P.hex(P.raw_bytes { 0x40, 'a', { 1, 'b' } })",                                            "40610162"      },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

/* judge(fields): the fields that fail, of 2.05 with options 4210 "go" and 14, payload 20, 1.5 s
 * after a CON with token 0a0b. */
#define JUDGE                                                                                      \
    "(function(fields) local m = P.new_record({}, t.hex '6245 1234 0a0b d201 0102 e2 0f57 676f "   \
    "ff "                                                                                          \
    "3230', 1500000) local r = {} for _, f in ipairs(P.judge(m, fields, { start_us = 0, request "  \
    "= "                                                                                           \
    "{ mid = 0x1234, token = t.hex '0a0b', type = 'CON', payload = '20' }, transmissions = 2 })) " \
    "do r[#r + 1] = f.verdict .. ' ' .. f.field .. ' ' .. f.expected .. ' / ' .. f.got end "       \
    "return "                                                                                      \
    "table.concat(r, '; ') end)"

static void judges_each_field(void **state)
{
    static const struct prelude_row rows[] = {
        {JUDGE "{ code = '2.05', class = 2, type = 'ACK', mid = t.same, token = t.same }", ""                                                },
        {JUDGE "{ code = '2.04' }",                                                        "FAIL code \"2.04\" / 2.05 Content"               },
        {JUDGE "{ class = 4 }",                                                            "FAIL class 4 / 2.05 Content"                     },
        {JUDGE "{ type = 'CON' }",                                                         "FAIL type \"CON\" / \"ACK\""                     },
        {JUDGE "{ mid = 1 }",                                                              "FAIL mid 1 / 0x1234"                             },
        {JUDGE "{ token = '' }",                                                           "FAIL token empty / token 0a0b"                   },
        {JUDGE "{ separate = true }",                                                      "FAIL separate true / false"                      },
        {JUDGE "{ payload = '20', transmissions = 2, within = '1500 ms' }",                ""                                                },
        {JUDGE "{ payload = '21' }",                                                       "FAIL payload \"21\" / \"20\""                    },
        {JUDGE "{ within = '1 s' }",                                                       "FAIL within within 1.000 s / 1.500 s"            },
        {JUDGE "{ within = '1300 ms' }",                                                   ""                                                }, /* inside the slack */
        {JUDGE "{ between = { '1500 ms', '2 s' } }",                                       ""                                                },
        {JUDGE "{ between = { '1600 ms', '2 s' } }",                                       "FAIL between 1.600 s to 2.000 s / 1.500 s"       },
        {JUDGE "{ between = t.window('ACK_TIMEOUT') }",                                    ""                                                },
        {JUDGE "{ between = t.window('ACK_TIMEOUT', 2) }",
         "FAIL between 2.000 s to 3.000 s / 1.500 s"                                                                                         },
        {JUDGE "{ reason = true }",                                                        "FAIL reason a reason / the request's own payload"},
        {JUDGE "{ options = { [4210] = 'go', [14] = t.any, [23] = t.none } }",             ""                                                },
        {JUDGE "{ options = { ['Max-Age'] = 258 } }",                                      ""                                                },
        {JUDGE "{ options = { ['Max-Age'] = 5 } }",                                        "FAIL options.14 5 / 0102"                        },
        {JUDGE "{ options = { [4210] = { 'go', 'go' } } }",
         "FAIL options.4210 { \"go\", \"go\" } / \"go\""                                                                                     },
        {JUDGE "{ options = { [4210] = t.none } }",                                        "FAIL options.4210 nothing / \"go\""              },
        {JUDGE "{ options = { [23] = t.any } }",                                           "FAIL options.23 anything / no such option"       },
        {JUDGE "{ format = 50 }",                                                          "FAIL format 50 / nil"                            },
        {JUDGE "{ code = t.should('2.04'), payload = t.empty }",
         "WARN code (should be) \"2.04\" / 2.05 Content; FAIL payload empty / \"20\""                                                        },
        {"caught(" JUDGE ", { options = { Nonsense = 1 } })",
         "options: there is no option \"Nonsense\""                                                                                          },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

static void explains_a_failure(void **state)
{
    static const struct prelude_row rows[] = {
        {"P.failure_text({ verdict = 'FAIL', step = 'value=9', field = 'options.4210', expected = "
         "'\"go\"', got = '\"gx\"', lawful = 'the name of the command', message = P.new_record({}, "
         "t.hex '6145 1234 0a e2 0f65 6778 ff 3230', 12000) }, { id = 'CMD-004', rev = 2, title = "
         "'the name arrives', level = 'MUST', refs = { 'CMD-02' }, again = 'seatrial run CMD-004' "
         "})",                                                              "FAIL CMD-004 rev 2  the name arrives        MUST  CMD-02\n"
         "  received  #1  +0.012 s  ACK 2.05 Content mid=0x1234 token=0a Command \"gx\" payload "
         "2 B\n"
         "            61 45 12 34 0a e2 0f 65 67 78 ff 32 30\n"
         "                           ^^^^^^^^^^^^^^\n"
         "  options.4210 expected \"go\"\n"
         "            actual   \"gx\"\n"
         "  lawful    the name of the command\n"
         "  again     seatrial run CMD-004\n"                                                                   },
        {"P.failure_text({ verdict = 'FAIL', step = '', field = 'code', expected = '2.04', got = "
         "'4.03 Forbidden', file = 'nowhere.lua', line = 3, message = P.new_record({}, t.hex '6183 "
         "1234 0a ff' .. ('x'):rep(40), 2000) }, { id = 'A-1', rev = 1, title = 'x', level = "
         "'SHOULD', kills = { { mutant = 'm', field = 'code' }, { mutant = 'n', field = 'payload' "
         "}, "
         "{ mutant = 'o' } }, evidence = 'out/A-1', claim = 'claim it' })", "FAIL A-1 rev 1  x        SHOULD  \n"
         "  nowhere.lua:3\n"
         "  received  #1  +0.002 s  ACK 4.03 Forbidden mid=0x1234 token=0a payload 40 B\n"
         "            61 83 12 34 0a ff 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 ... "
         "46 "
         "B\n"
         "               ^^\n"
         "  code      expected 2.04\n"
         "            actual   4.03 Forbidden\n"
         "  or        claim it\n"
         "  evidence  out/A-1\n"
         "  known as  mutant \"m\", mutant \"o\"\n"},
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

/* The first thing that is wrong in a script's text, with its line. */
static void sees_mistakes_without_running(void **state)
{
    static const struct prelude_row rows[] = {
        {"inspect 'x:post(\"/\", { payload = 1 }):expect { code = \"2.04\" }'",                 "nothing"                                        },
        {"inspect 'x:expect { code = 2.04 }'",                                                  "1: code: 2.04 is no code: write it as \"2.04\"" },
        {"inspect '\\nx:expect { code = t.one_of { \"2.04\", \"9.4\" } }'",
         "2: code: 9.4 is no code: write it as \"2.04\""                                                                                         },
        {"inspect 'x:expect { kode = 1 }'",                                                     "1: expect: unknown field kode, is `code` meant?"},
        {"inspect 'x:post(\"/\", { payload = f { kode = 1 }, formt = 50 })'",
         "1: post: unknown field formt, is `format` meant?"                                                                                      },
        {"inspect 'x:await_event { devise = 1 }'",
         "1: await_event: unknown field devise, is `device` meant?"                                                                              },
        {"inspect 'x:await_event { myextension = 1 }'",                                         "nothing"                                        },
        {"inspect 'x:expect { options = { [\"Max-Agee\"] = 1, [14] = 2 } }'",
         "1: options: there is no option \"Max-Agee\""                                                                                           },
        {"inspect 'x:post(\"/\", { format = \"no/such\" })'",
         "1: format: \"no/such\" has no Content-Format number"                                                                                   },
        {"inspect 'x = t.jsn {}'",                                                              "1: there is no t.jsn, is `t.json` meant?"       },
        {"inspect '-- y = 1\\n--[[ z\\n]] local a = [[ b = ]] y = a'",
         "3: assigns the global `y`: write `local y`"                                                                                            },
        {"inspect 'local a, b = x { c = 1 } for i = 1, 2 do a, b = i, b end'",                  "nothing"                                        },
        {"inspect 'return function(c) if c then c = 1 elseif d then c = 2 else c = 3 end end'",
         "1: there is no `d`"                                                                                                                    },
        {"inspect 'local x, p = x, x p.expect { code = 1 }'",                                   "1: .expect: write a colon, :expect"             },
        {"inspect 'local require local m = require \"a\" m.post(x)'",                           "nothing"                                        },
        {"inspect 'return function(c) c.device() end'",                                         "1: c.device: write a colon, c:device"           },
    };

    UNUSED(state);
    prelude_teststate_check(rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_protocol_times), cmocka_unit_test(compares_json_exactly),
        cmocka_unit_test(matches_values),       cmocka_unit_test(judges_each_field),
        cmocka_unit_test(explains_a_failure),   cmocka_unit_test(sees_mistakes_without_running),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
