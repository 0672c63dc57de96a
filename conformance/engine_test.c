#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conformance/engine_fixture.h"

/* --- endpoints ------------------------------------------------------------------------------ */

/* The first byte of an ACK, NON, CON with the request's token length. */
static int first(const uint8_t *request, int type)
{
    return 0x40 | type << 4 | (request[0] & 15);
}

static void answer_well(struct peer *p, const uint8_t *bytes, size_t len)
{
    char channel[300];
    int type = bytes[0] >> 4 & 3;

    if (bytes[1] == 0 && type == 0) { /* ping */
        peer_reply(p, 0x70, 0, bytes, "");
        return;
    }
    if (type > 1 || bytes[1] == 0)
        return;
    peer_channel(bytes, len, channel, sizeof channel);
    peer_reply(p, first(bytes, type == 0 ? 2 : 1), 0x44, bytes, "");
    peer_event(p, channel, channel[0] == 'm' ? "m" : "hello");
}

static void answer_content(struct peer *p, const uint8_t *bytes, size_t len)
{
    UNUSED(len);
    /* 2.05 with option 4210 "go": delta 14 and 4210 - 269 = 0x0f65 */
    peer_reply(p, first(bytes, 2), 0x45, bytes, "\xe2\x0f\x65go\xff\x32\x30");
}

static void answer_nothing(struct peer *p, const uint8_t *bytes, size_t len)
{
    UNUSED(len);
    if (bytes[1] == 0 && (bytes[0] >> 4 & 3) == 0)
        peer_reply(p, 0x70, 0, bytes, "");
}

static void answer_wrong_token(struct peer *p, const uint8_t *bytes, size_t len)
{
    uint8_t copy[64];

    memcpy(copy, bytes, len < sizeof copy ? len : sizeof copy);
    copy[4] ^= 1;
    peer_reply(p, first(copy, 2), 0x44, copy, "");
}

static void answer_malformed(struct peer *p, const uint8_t *bytes, size_t len)
{
    UNUSED(len);
    peer_reply(p, first(bytes, 2), 0x44, bytes, "\xff");
}

static void answer_from_elsewhere(struct peer *p, const uint8_t *bytes, size_t len)
{
    uint8_t copy[] = {0x64, 0x44, 0, 0, 0, 0, 0, 0};

    UNUSED(len);
    memcpy(copy + 2, bytes + 2, 6);
    peer_send_from_elsewhere(p, copy, sizeof copy);
}

static void answer_forbidden(struct peer *p, const uint8_t *bytes, size_t len)
{
    UNUSED(len);
    peer_reply(p, first(bytes, 2), 0x83, bytes,
               "\xff"
               "No");
}

static void answer_busy_once(struct peer *p, const uint8_t *bytes, size_t len)
{
    if (peer_received(p) == 1) /* Max-Age 0 */
        peer_reply(p, first(bytes, 2), 0xa3, bytes,
                   "\xd0\x01\xff"
                   "busy");
    else
        answer_well(p, bytes, len);
}

static void answer_second_copy(struct peer *p, const uint8_t *bytes, size_t len)
{
    if (peer_received(p) > 1)
        answer_well(p, bytes, len);
}

static void answer_separately(struct peer *p, const uint8_t *bytes, size_t len)
{
    if ((bytes[0] >> 4 & 3) != 0)
        return;
    UNUSED(len);
    peer_reply(p, 0x60, 0, bytes, "");
    uint8_t response[] = {0x44, 0x44, 0x12, 0x34, 0, 0, 0, 0};

    memcpy(response + 4, bytes + 4, 4);
    peer_send(p, response, sizeof response);
}

static void answer_critical_first(struct peer *p, const uint8_t *bytes, size_t len)
{
    UNUSED(len);
    peer_reply(p, first(bytes, 2), 0x44, bytes, "\xd1\x34x"); /* option 65 */
}

static void answer_twice_an_event(struct peer *p, const uint8_t *bytes, size_t len)
{
    char channel[300];

    answer_well(p, bytes, len);
    peer_channel(bytes, len, channel, sizeof channel);
    if (bytes[1] != 0 && channel[0] != 'm')
        peer_event(p, channel, "again");
}

static void answer_ping_with_silence(struct peer *p, const uint8_t *bytes, size_t len)
{
    if (bytes[1] != 0)
        answer_well(p, bytes, len);
}

/* Says 2.04 and no event comes, but of markers. */
static void answer_and_lose(struct peer *p, const uint8_t *bytes, size_t len)
{
    char channel[300];

    peer_channel(bytes, len, channel, sizeof channel);
    if (strncmp(channel, "marker-", 7) == 0)
        answer_well(p, bytes, len);
    else
        peer_reply(p, first(bytes, 2), 0x44, bytes, "");
}

/* A NON of its own, not asked for, beside the answer. */
static void answer_and_chatter(struct peer *p, const uint8_t *bytes, size_t len)
{
    if (bytes[1] != 0)
        peer_send(p, "\x51\x44\x77\x77\x01", 5);
    else
        answer_well(p, bytes, len);
}

/* The same message id twice, with other bytes. */
static void answer_mid_again(struct peer *p, const uint8_t *bytes, size_t len)
{
    uint8_t response[] = {0x54, 0x44, 0x12, 0x34, 0, 0, 0, 0};

    UNUSED(len);
    memcpy(response + 4, bytes + 4, 4);
    peer_send(p, response, sizeof response);
}

/* Block1 is confirmed by 2.31 while more comes; the whole by 2.04. The value is one byte here. */
static void answer_blocks(struct peer *p, const uint8_t *bytes, size_t len)
{
    for (size_t i = 8; i + 3 < len && bytes[i] != 0xff; i++) {
        if (bytes[i] == 0xd1 && bytes[i + 1] == 0x03 && (bytes[i + 2] & 8) != 0) {
            char option[] = {(char)0xd1, 0x0e, (char)bytes[i + 2], 0};

            peer_reply(p, first(bytes, 2), 0x5f, bytes, option);
            return;
        }
    }
    peer_reply(p, first(bytes, 2), 0x44, bytes, "");
}

/* 2.05 in two blocks of 16 bytes: Block2 is option 23. */
static void answer_two_blocks(struct peer *p, const uint8_t *bytes, size_t len)
{
    bool second = false;

    for (size_t i = 8; i < len; i++)
        second = second || bytes[i] == 0x10;
    if (second)
        peer_reply(p, first(bytes, 2), 0x45, bytes, "\xd1\x0a\x10\xffrest");
    else
        peer_reply(p, first(bytes, 2), 0x45, bytes,
                   "\xd1\x0a\x08\xff"
                   "0123456789abcdef");
}

/* NOLINTNEXTLINE(readability-function-size): a table in it, or parameters that are one thing */
static void judges_what_the_endpoint_answers(void **state)
{
#define POST "local p = c:device():post('/v1/state', { timeout = '300 ms' }) "
    static const struct run runs[] = {
        {answer_well,
         POST "p:expect { code = '2.04', type = 'ACK', mid = t.same, payload = "
              "t.empty, within = '2 s', transmissions = 1, separate = false }",                 VERDICT_PASS, NULL,         NULL,             NULL,        CASE_MUST, BINDING_COAP},
        {answer_well,           POST "p:expect { code = '2.05' }",                              VERDICT_FAIL, "code",       "2.05",
         "2.04 Changed",                                                                                                                                   CASE_MUST, BINDING_COAP},
        {answer_well,           POST "p:expect { class = 4 }",                                  VERDICT_FAIL, "class",      "4",              "2.04",      CASE_MUST,
         BINDING_COAP                                                                                                                                                             },
        {answer_well,           POST "p:expect { code = t.one_of { '4.05', t.warn('2.04') } }", VERDICT_WARN,
         "code",                                                                                                            NULL,             NULL,        CASE_MUST, BINDING_COAP},
        {answer_well,           POST "p:expect { code = t.should('4.05') }",                    VERDICT_WARN, "code",       NULL,             NULL,
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_well,           POST "p:expect { code = '4.05' }",                              VERDICT_WARN, "code",       NULL,             NULL,
         CASE_SHOULD,                                                                                                                                                 BINDING_COAP},
        {answer_well,           POST "p:expect { code = '4.05' }",                              VERDICT_PASS, "code",       NULL,             NULL,
         CASE_INFO,                                                                                                                                                   BINDING_COAP},
        {answer_content,
         POST "p:expect { code = '2.05', payload = '20', options = { [4210] = "
              "'go', [14] = t.none } }",                                                        VERDICT_PASS, NULL,         NULL,             NULL,        CASE_MUST, BINDING_COAP},
        {answer_content,        POST "p:expect { options = { [4210] = 'stop' } }",              VERDICT_FAIL,
         "options.4210",                                                                                                    "stop",           "go",        CASE_MUST, BINDING_COAP},
        {answer_content,        POST "p:expect { options = { [4210] = t.none } }",              VERDICT_FAIL,
         "options.4210",                                                                                                    "nothing",        "go",        CASE_MUST, BINDING_COAP},
        {answer_content,        POST "p:expect { payload = t.empty }",                          VERDICT_FAIL, "payload",    "empty",
         "20",                                                                                                                                             CASE_MUST, BINDING_COAP},
        {answer_content,        POST "p:expect { payload = t.json(20) }",                       VERDICT_PASS, NULL,         NULL,             NULL,
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_forbidden,      POST "p:expect { code = '4.03', reason = true }",               VERDICT_PASS, NULL,
         NULL,                                                                                                                                NULL,        CASE_MUST, BINDING_COAP},
        {answer_content,        POST "p:expect { reason = true }",                              VERDICT_PASS, NULL,         NULL,             NULL,
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_well,           POST "p:expect { reason = true }",                              VERDICT_FAIL, "reason",     "reason",         "empty",
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_nothing,        POST "p:expect { code = '2.04' }",                              VERDICT_FAIL, "response",   "2.04",
         "nothing",                                                                                                                                        CASE_MUST, BINDING_COAP},
        {answer_nothing,
         "c:device():start_post('/v1/a'):expect { code = '2.04', within = '10 ms' }",           VERDICT_FAIL,
         "within",                                                                                                          "within 0.010 s", "nothing",   CASE_MUST, BINDING_COAP},
        {answer_wrong_token,    POST "p:expect { code = '2.04' }",                              VERDICT_FAIL, "token",      NULL,             NULL,
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_malformed,      POST "p:expect { code = '2.04' }",                              VERDICT_FAIL, "wellformed", NULL,
         "payload marker",                                                                                                                                 CASE_MUST, BINDING_COAP},
        {answer_from_elsewhere, POST "p:expect {}",                                             VERDICT_FAIL, "source",     NULL,             "127.0.0.1",
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_critical_first, POST "p:expect {}",                                             VERDICT_FAIL, "options.65", NULL,             NULL,
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_busy_once,      POST "p:expect { code = '2.04' }",                              VERDICT_PASS, NULL,         NULL,             NULL,
         CASE_MUST,                                                                                                                                                   BINDING_COAP},
        {answer_separately,
         POST "p:expect { code = '2.04', type = 'CON', separate = true } "
              "p:expect_ack {}",                                                                VERDICT_PASS, NULL,         NULL,             NULL,        CASE_MUST, BINDING_COAP},
        {answer_well,           POST "p:expect_ack {}",                                         VERDICT_FAIL, "ack",        "empty ACK",      "2.04",      CASE_MUST,
         BINDING_COAP                                                                                                                                                             },
        {answer_well,           POST "assert(p:expect_ack { optional = true } == nil)",         VERDICT_PASS, NULL,
         NULL,                                                                                                                                NULL,        CASE_MUST, BINDING_COAP},
    };
#undef POST

    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++)
        check(&runs[i]);
}

#define FAIL_AS VERDICT_FAIL
static void knows_events_from_those_that_should_not_come(void **state)
{
#define DEVICE "local dev = c:device() local p = dev:post('/v1/state') p:expect { code = '2.04' } "
    static const struct run runs[] = {
        {answer_well,
         DEVICE "c:await_event { device = dev.name, subject = 'state', data = 'hello' } "
                "c:expect_no_more_events()",                                                         VERDICT_PASS,         NULL,            NULL,             NULL,    CASE_MUST, BINDING_COAP},
        {answer_well,           DEVICE "c:await_event { subject = 'other' }",                        FAIL_AS,              "event.subject",
         "other",                                                                                                                                             "state", CASE_MUST, BINDING_COAP},
        {answer_well,           DEVICE "c:await_event { data = t.json { a = 1 } }",                  FAIL_AS,              "event.data",
         "JSON",                                                                                                                                              "hello", CASE_MUST, BINDING_COAP},
        {answer_well,           DEVICE "c:expect_no_events()",                                       FAIL_AS,              "events",        "no more events", "state",
         CASE_MUST,                                                                                                                                                               BINDING_COAP},
        {answer_twice_an_event, DEVICE "c:await_event { data = 'hello' } c:expect_no_more_events()",
         FAIL_AS,                                                                                                          "events",        NULL,             "again", CASE_MUST, BINDING_COAP},
        {answer_and_lose,       DEVICE "c:await_event { within = '100 ms' }",                        FAIL_AS,              "event",         NULL,
         "none",                                                                                                                                                       CASE_MUST, BINDING_COAP},
        {answer_and_lose,       DEVICE "c:expect_no_events()",                                       VERDICT_PASS,         NULL,            NULL,             NULL,    CASE_MUST,
         BINDING_COAP                                                                                                                                                                         },
        {answer_well,           "c:device():expect_alive()",                                         VERDICT_PASS,         NULL,            NULL,             NULL,    CASE_MUST,
         BINDING_COAP                                                                                                                                                                         },
        {answer_forbidden,      "c:device():expect_alive()",                                         FAIL_AS,              "alive",         "2.04",           "4.03",  CASE_MUST,
         BINDING_COAP                                                                                                                                                                         },
        {answer_well,           "c:device { suffix = 'refuse-me' }",                                 VERDICT_INCONCLUSIVE, "adapter",       NULL,
         "no such",                                                                                                                                                    CASE_MUST, BINDING_COAP},
    };
#undef DEVICE

    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++)
        check(&runs[i]);
}

static void proves_silence_with_a_fence(void **state)
{
#define RAW "local dev = c:device() local sent = dev:send_raw { 0x4f, 0x02, 0x12, 0x34 } "
    static const struct run runs[] = {
        {answer_nothing,     RAW "dev:expect_silence { after = sent, fence = dev:ping() }",
         VERDICT_PASS,                                                                                          NULL,      NULL,           NULL,     CASE_MUST, BINDING_COAP},
        {answer_and_chatter, RAW "dev:expect_silence { after = sent }",                           FAIL_AS,      "silence", NULL,
         "NON 2.04",                                                                                                                                 CASE_MUST, BINDING_COAP},
        {answer_nothing,
         RAW "local m, i = dev:expect_one_of { { type = 'RST' }, t.silence { fence "
             "= dev:ping() } } assert(m == nil and i == 2)",                                      VERDICT_PASS, NULL,      NULL,           NULL,     CASE_MUST, BINDING_COAP},
        {answer_and_chatter, RAW "dev:expect_one_of { { type = 'RST' }, t.silence {} }",          FAIL_AS,
         "type",                                                                                                           "RST",          "NON",    CASE_MUST, BINDING_COAP},
        {answer_and_chatter,
         RAW "local m = dev:receive { type = 'NON', token = t.hex '01' } "
             "dev:reset(m)",                                                                      VERDICT_PASS, NULL,      NULL,           NULL,     CASE_MUST, BINDING_COAP},
        {answer_nothing,     "c:device():post('/v1/a', { timeout = '50 ms' }):expect_silence {}",
         VERDICT_PASS,                                                                                          NULL,      NULL,           NULL,     CASE_MUST, BINDING_COAP},
        {answer_well,        "c:device():post('/v1/a'):expect_silence {}",                        FAIL_AS,      "silence", NULL,
         "2.04",                                                                                                                                     CASE_MUST, BINDING_COAP},
        {answer_well,        "c:device():ping():expect { type = 'RST', mid = t.same }",           VERDICT_PASS, NULL,
         NULL,                                                                                                                             NULL,     CASE_MUST, BINDING_COAP},
        {answer_mid_again,
         "local d = c:device() d:post('/v1/a', { type = 'NON' }):expect {} "
         "d:post('/v1/a', { type = 'NON' }):expect {}",                                           FAIL_AS,      "mid",     "NON_LIFETIME", "0x1234", CASE_MUST, BINDING_COAP},
    };
#undef RAW

    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++)
        check(&runs[i]);
}

static void repeats_what_the_link_loses(void **state)
{
    static const struct run runs[] = {
        {answer_well,
         "local dev = c:device() dev.link:duplicate { to = 'target' } "
         "local p = dev:post('/v1/a') p:expect { code = '2.04' } "
         "c:await_event { subject = 'a' } c:await_event { subject = 'a' }",                 VERDICT_PASS, NULL,       NULL,   NULL,      CASE_MUST, BINDING_COAP},
        {answer_well,
         "local dev = c:device() dev.link:drop {} "
         "dev:post('/v1/a', { timeout = '100 ms' }):expect {}",                             FAIL_AS,      "response", NULL,   "nothing", CASE_MUST, BINDING_COAP},
        {answer_well,
         "local dev = c:device() dev.link:delay { by = '80 ms' } "
         "dev:post('/v1/a'):expect { between = { '80 ms', '90 ms' } }",                     VERDICT_PASS, NULL,       NULL,   NULL,      CASE_MUST, BINDING_COAP},
        {answer_second_copy,
         "local p = c:device():start_post('/v1/a') p:resend() "
         "p:expect { code = '2.04', transmissions = 2 }",                                   VERDICT_PASS, NULL,       NULL,   NULL,      CASE_MUST, BINDING_COAP},
        {answer_well,
         "local a, b = c:device(), c:device() local n = 0 "
         "c:parallel { function() a:post('/v1/a'):expect { code = '2.04' } n = n + 1 end, "
         "function() b:post('/v1/b'):expect { code = '2.04' } n = n + 1 end } "
         "assert(n == 2)",                                                                  VERDICT_PASS, NULL,       NULL,   NULL,      CASE_MUST, BINDING_COAP},
        {answer_well,
         "c:parallel { function() c:device():post('/v1/a'):expect { code = '4.00' } end }", FAIL_AS,
         "code",                                                                                                      "4.00", "2.04",    CASE_MUST, BINDING_COAP},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++)
        check(&runs[i]);
}

static void sends_and_fetches_blocks(void **state)
{
    static const struct run runs[] = {
        {answer_blocks,
         "local p = c:device { auth = 'none' }:post('/v1/a', { block1 = 16, payload = "
         "('x'):rep(40) }) p:expect { code = '2.04' } assert(#p.blocks == 3)", VERDICT_PASS, NULL, NULL, NULL, CASE_MUST, BINDING_COAP},
        {answer_two_blocks,
         "local p = c:device { auth = 'none' }:post('/v1/a') "
         "p:expect { code = '2.05', payload = '0123456789abcdefrest' } "
         "assert(#p.fragments == 2)",                                          VERDICT_PASS, NULL, NULL, NULL, CASE_MUST, BINDING_COAP},
        {answer_two_blocks,
         "c:device():post('/v1/a', { block2 = false }):expect { payload = "
         "'0123456789abcdef' }",                                               VERDICT_PASS, NULL, NULL, NULL, CASE_MUST, BINDING_COAP},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++)
        check(&runs[i]);
}

/* What a script expects or sends by mistake is never a failure of the target. */
static void tells_mistakes_from_failures(void **state)
{
    static const struct {
        const char *script;
        const char *reason;
    } rows[] = {
        {"c:device():post('/v1/a'):expect { code = { '2.04', '2.05' } }",     "write t.one_of"           },
        {"c:device():post('/v1/a'):expect { code = t.one_of('2.04') }",       "t.one_of takes a list"    },
        {"c:device():post('/v1/a'):expect { type = 'ack' }",                  "no type of messages"      },
        {"c:device():post('/v1/a') c:await_event { data = 21 }",              "write \"21\""             },
        {"local d = c:device() d:post('/v1/a') c:await_event { device = d }",
         "a device where a value is expected"                                                            },
        {"c:device():post { payload = 'x' }",                                 "a path is expected before"},
        {"c:device():post('/v1/a', { payload = { on = true } })",             "payload: a text"          },
        {"c:device():post('/v1/a', { type = 'con' })",                        "no type of messages"      },
        {"c:device { transport = 'dtls' }",                                   "transport is \"coap\""    },
        {"c:command('dev1', 'set')",                                          "a device and a name are"  },
        {"c:command(c:device(), 'set', { payload = {} })",                    "command: payload"         },
        {"c:expect_no_events { by = c:device().name }",                       "by: a device is expected" },
        {"c:expect_no_events(c:device())",                                    "fields is expected, not a"},
        {"c:device():expect_silence { fence = true }",                        "as in fence = dev:ping()" },
        {"c:sink(503)",                                                       "exclusive = true"         },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run run = {answer_well, rows[i].script, VERDICT_ERROR, NULL,
                          NULL,        rows[i].reason, CASE_MUST,     BINDING_COAP};

        check(&run);
    }
}

static void tells_mistakes_of_scripts(void **state)
{
    static const struct run runs[] = {
        {answer_well,              "c:device():post('/v1/a'):expect { cod = '2.04' }", VERDICT_ERROR,        NULL, NULL,
         "is `code` meant?",                                                                                                                   CASE_MUST, BINDING_COAP},
        {answer_well,              "c:device { pasword = 'x' }",                       VERDICT_ERROR,        NULL, NULL,
         "is `password` meant?",                                                                                                               CASE_MUST, BINDING_COAP},
        {answer_well,              "c:device():pots('/v1/a')",                         VERDICT_ERROR,        NULL, NULL, "is `post` meant?",
         CASE_MUST,                                                                                                                                       BINDING_COAP},
        {answer_well,              "c:await_event { subjekt = 'a' }",                  VERDICT_ERROR,        NULL, NULL,
         "is `subject` meant?",                                                                                                                CASE_MUST, BINDING_COAP},
        {answer_well,              "t.jsn {}",                                         VERDICT_ERROR,        NULL, NULL, "is `t.json` meant?", CASE_MUST,
         BINDING_COAP                                                                                                                                                 },
        {answer_well,              "c:wait('2 weeks')",                                VERDICT_ERROR,        NULL, NULL, "is no time",         CASE_MUST,
         BINDING_COAP                                                                                                                                                 },
        {answer_well,              "c:device():post('v1')",                            VERDICT_ERROR,        NULL, NULL, "begins with /",
         CASE_MUST,                                                                                                                                       BINDING_COAP},
        {answer_well,              "error('oops')",                                    VERDICT_ERROR,        NULL, NULL, "oops",               CASE_MUST, BINDING_COAP},
        {answer_well,              "local x = nil; x.y = 1",                           VERDICT_ERROR,        NULL, NULL, "test.lua:2",         CASE_MUST,
         BINDING_COAP                                                                                                                                                 },
        {answer_well,              "while true do end",                                VERDICT_ERROR,        NULL, NULL, "instructions",       CASE_MUST,
         BINDING_COAP                                                                                                                                                 },
        {answer_well,              "local s = 'x' while true do s = s .. s end",       VERDICT_ERROR,        NULL, NULL,
         "memory",                                                                                                                             CASE_MUST, BINDING_COAP},
        {answer_well,              "c:device()",                                       VERDICT_ERROR,        NULL, NULL, "no expectation",     CASE_MUST,
         BINDING_COAP                                                                                                                                                 },
        {answer_well,              "return io.open('x')",                              VERDICT_ERROR,        NULL, NULL, "io",                 CASE_MUST,
         BINDING_COAP                                                                                                                                                 },
        {answer_well,              "print('a', 1) return pcall(error)",                VERDICT_ERROR,        NULL, NULL, "pcall",
         CASE_MUST,                                                                                                                                       BINDING_COAP},
        {answer_well,              "c:inconclusive('no clock')",                       VERDICT_INCONCLUSIVE, NULL, NULL, "no clock",
         CASE_MUST,                                                                                                                                       BINDING_COAP},
        {answer_well,              "c:not_applicable('no blocks')",                    VERDICT_NA,           NULL, NULL, "no blocks",
         CASE_MUST,                                                                                                                                       BINDING_COAP},
        {answer_well,              "c:observe('late')",                                VERDICT_PASS,         NULL, NULL, "late",               CASE_INFO,
         BINDING_COAP                                                                                                                                                 },
        {answer_ping_with_silence,
         "for _, n in t.each { 1, 2 } do c:expect('n', n, t.range(1, 1)) end",         FAIL_AS,              "n",
         "1 to 1",                                                                                                       "2",                  CASE_MUST, BINDING_COAP},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++)
        check(&runs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_what_the_endpoint_answers),
        cmocka_unit_test(knows_events_from_those_that_should_not_come),
        cmocka_unit_test(proves_silence_with_a_fence),
        cmocka_unit_test(repeats_what_the_link_loses),
        cmocka_unit_test(sends_and_fetches_blocks),
        cmocka_unit_test(tells_mistakes_of_scripts),
        cmocka_unit_test(tells_mistakes_from_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
