#include "simulator/publish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/msg.h"

enum { RUN = 0xabcd };

static const struct profile_class json_class = {.channel = "temp", .content_format = 50};
static const struct profile_class octet_class = {.channel = "fw", .content_format = 42};

/* What lib/msg reads of it, as text. */
static const char *shown(const struct profile_class *class, const struct publish_wish *wish)
{
    static uint8_t bytes[4096];
    static char text[4096];
    struct publish p;
    struct msg m;
    struct buf b = buf_over(text, sizeof text - 1);
    size_t where;

    publish_init(&p, class, RUN);
    size_t len = publish_write(&p, wish, bytes);

    assert_int_equal(msg_read(bytes, len, &m, &where), MSG_GOOD);
    msg_show(&m, &b);
    assert_false(b.overflow);
    text[b.len] = '\0';
    return text;
}

static void expect(const struct profile_class *class, const struct publish_wish *wish,
                   const char *text)
{
    const char *got = shown(class, wish);

    if (strncmp(got, text, strlen(text)) != 0)
        fail_msg("expected %s\ngot      %s", text, got);
}

static struct publish_wish simple(void)
{
    return (struct publish_wish){
        .mid = 0x1234,
        .token = {1, 2,          3,             4},
        .token_len = 4,
        .payload_len = MARKER_LEN,
        .marker = {.device = 5, .sequence = 6, .at_us = 7}
    };
}

static void writes_a_confirmable_publish(void **state)
{
    struct publish_wish w = simple();

    UNUSED(state);
    expect(&json_class, &w,
           "CON POST mid=0x1234 token=01020304 Uri-Path \"v1\" Uri-Path \"temp\" "
           "Content-Format 50 payload 97 B");
}

static void writes_query_blocks_and_credential_in_order(void **state)
{
    struct publish_wish w = simple();

    UNUSED(state);
    w.non = true;
    w.as = STR("d0000000007");
    w.marker.ct_s = 30;
    w.credential = STR("Basic QTpC");
    w.has_block1 = true;
    w.block1 = (struct publish_block){1, true, 2};
    w.payload_len = 300;
    expect(&octet_class, &w,
           "NON POST mid=0x1234 token=01020304 Uri-Path \"v1\" Uri-Path \"fw\" Content-Format 42 "
           "Uri-Query \"as=d0000000007\" Uri-Query \"ct=30\" Block1 26 Authorization \"Basic "
           "QTpC\" payload 64 B"); /* 26: 1/1/64 */
}

static void the_blocks_of_a_body_make_up_the_body(void **state)
{
    uint8_t whole[2048];
    uint8_t part[2048];
    uint8_t body[2048];
    struct publish p;
    struct msg m;
    struct publish_wish w = simple();
    size_t where;
    size_t got = 0;

    UNUSED(state);
    publish_init(&p, &octet_class, RUN);
    w.payload_len = 1000;
    size_t len = publish_write(&p, &w, whole);

    w.has_block1 = true;
    for (uint32_t i = 0; got < 1000; i++) {
        w.block1 = (struct publish_block){i, got + 64 < 1000, 2};
        size_t part_len = publish_write(&p, &w, part);

        assert_int_equal(msg_read(part, part_len, &m, &where), MSG_GOOD);
        memcpy(body + got, m.payload.ptr, m.payload.len);
        got += m.payload.len;
    }
    assert_int_equal(got, 1000);
    assert_int_equal(msg_read(whole, len, &m, &where), MSG_GOOD);
    assert_int_equal(m.payload.len, 1000);
    assert_memory_equal(m.payload.ptr, body, 1000);
}

static void asks_for_a_further_block_without_a_payload(void **state)
{
    struct publish_wish w = simple();

    UNUSED(state);
    w.has_block2 = true;
    w.block2 = (struct publish_block){3, false, 6};
    assert_null(strstr(shown(&json_class, &w), "payload"));
}

static void the_credential_is_that_of_the_device(void **state)
{
    uint8_t out[PUBLISH_BASIC_LEN];
    uint8_t wrong[PUBLISH_BASIC_LEN];

    UNUSED(state);
    publish_basic(42, 7, 0, out);
    /* base64 of `d0000000007@swarm-000000000000002a:` */
    assert_memory_equal(out, "Basic ZDAwMDAwMDAwMDdAc3dhcm0tMDAwMDAwMDAwMDAwMDAyYT", 52);
    publish_basic(42, 7, PUBLISH_WRONG, wrong);
    assert_memory_not_equal(out, wrong, sizeof out);
    assert_memory_equal(out, wrong, 60);
    publish_basic(42, 7, PUBLISH_GATEWAY, out);
    assert_memory_equal(out, "Basic ZzAwMDAwMDAwMDdAc3dhcm0t", 30); /* g0000000007@swarm */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_confirmable_publish),
        cmocka_unit_test(writes_query_blocks_and_credential_in_order),
        cmocka_unit_test(the_blocks_of_a_body_make_up_the_body),
        cmocka_unit_test(asks_for_a_further_block_without_a_payload),
        cmocka_unit_test(the_credential_is_that_of_the_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
