#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/dtls_offer.h"
#include "lib/dtls_testworld.h"

/* Says it to the server; the first record of the answer, which lives as long as *kept. */
static bool offer(struct world *w, const struct dtls_offer *o, struct world_datagram **kept,
                  struct dtls_record *r)
{
    struct buf bytes = buf_growing();
    const uint8_t *at;
    size_t len;

    free(*kept);
    dtls_offer_write(o, &bytes);
    world_put(&w->to_server, bytes.ptr, bytes.len);
    buf_fini(&bytes);
    world_serve(w);
    *kept = world_take(&w->to_client);
    if (*kept == NULL)
        return false;
    at = (*kept)->bytes;
    len = (*kept)->len;
    return dtls_record_next(&at, &len, DTLS_TO_DEVICE, r);
}

static void a_server_answers_it_with_a_cookie_and_then_with_a_suite(void **state)
{
    static const uint16_t suites[] = {0x0a0a, 0xc0a8, 0xfafa}; /* two of RFC 8701 */
    struct world *w = *state;
    struct dtls_config config = {0};
    struct dtls_offer o = {.random = STR("random"), .suites = suites, .suite_count = 3};
    struct world_datagram *kept = NULL;
    struct dtls_record r;
    struct dtls_answer answer;
    struct str value;
    char cookie[255];

    world_meet(w, &config);
    o.compressions = (struct str){"\1\0", 2}; /* deflate, null */
    assert_true(offer(w, &o, &kept, &r));
    assert_int_equal(r.message, 3);
    assert_true(dtls_answer_read(&r, &answer));
    assert_int_equal(answer.cookie.len, 20);
    memcpy(cookie, answer.cookie.ptr, 20);
    o.cookie = (struct str){cookie, 20};
    o.message_seq = 1;
    o.sequence = 1;
    assert_true(offer(w, &o, &kept, &r));
    assert_int_equal(r.message, 2);
    assert_true(dtls_answer_read(&r, &answer));
    assert_int_equal(answer.version, 0xfefd);
    assert_int_equal(answer.suite, 0xc0a8);
    assert_int_equal(answer.compression, 0);
    assert_int_equal(answer.random.len, 32);
    assert_true(dtls_answer_extension(&answer, 23, &value));
    assert_int_equal(value.len, 0);
    assert_false(dtls_answer_extension(&answer, 54, &value));
    free(kept);
}

static void old_versions_and_bad_cookies_can_be_offered(void **state)
{
    struct world *w = *state;
    struct dtls_config config = {0};
    struct dtls_offer o = {.version = 0xfeff};
    struct world_datagram *kept = NULL;
    struct dtls_record r;

    world_meet(w, &config);
    o.record_version = 0xfeff;
    assert_true(offer(w, &o, &kept, &r));
    assert_int_equal(r.message, 3);
    o.cookie = STR("nobody's cookie");
    o.message_seq = 1;
    o.sequence = 1;
    assert_true(offer(w, &o, &kept, &r));
    assert_int_equal(r.alert, 40);
    free(kept);
}

static void writes_each_field_where_it_belongs(void **state)
{
    static const uint16_t suites[] = {0x1234};
    static const char want[] = "\x16\xfe\xff\0\0\0\0\0\0\0\x07\0\x3d" /* record */
                               "\1\0\0\x31\0\2\0\0\0\0\0\x31"         /* message */
                               "\3\1rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
                               "\2id\3coo\0\2\x12\x34\1\1\0\0";
    struct dtls_offer o = {
        .version = 0x0301,
        .record_version = 0xfeff,
        .random = STR("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"),
        .session_id = STR("id"),
        .cookie = STR("coo"),
        .compressions = STR("\1"),
        .suites = suites,
        .suite_count = 1,
        .extensions = STR(""),
        .message_seq = 2,
        .sequence = 7,
    };
    struct buf out = buf_growing();
    struct buf extension = buf_growing();

    UNUSED(state);
    dtls_offer_write(&o, &out);
    assert_int_equal(out.len, sizeof want - 1);
    assert_memory_equal(out.ptr, want, sizeof want - 1);
    buf_clear(&out);
    o.no_extensions = true;
    dtls_offer_write(&o, &out);
    assert_int_equal(out.len, sizeof want - 1 - 2);
    dtls_offer_add_extension(&extension, 0x1234, STR("abc"));
    assert_true(str_equal(buf_str(&extension), STR("\x12\x34\0\3abc")));
    buf_fini(&extension);
    buf_fini(&out);
}

static void reads_no_answer_that_is_cut_short(void **state)
{
    /* ServerHello: version, random, session id of 1, suite, compression, one extension */
    static const char body[] = "\xfe\xfd"
                               "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
                               "\1s\xc0\xa8\0"
                               "\0\5\0\x17\0\1x";
    uint8_t bytes[13 + 12 + sizeof body] = {0};
    struct dtls_record r = {.bytes = bytes, .message = 2};
    struct dtls_answer answer;
    struct str value;

    UNUSED(state);
    memcpy(bytes + 25, body, sizeof body);
    for (r.message_len = 0; r.message_len < sizeof body; r.message_len++) {
        bool whole = r.message_len == sizeof body - 1 || r.message_len == sizeof body - 1 - 7;

        r.fragment_len = r.message_len;
        assert_int_equal(dtls_answer_read(&r, &answer), whole);
    }
    r.fragment_len = r.message_len = sizeof body - 1;
    assert_true(dtls_answer_read(&r, &answer));
    assert_true(dtls_answer_extension(&answer, 23, &value));
    assert_true(str_equal(value, STR("x")));
    r.fragment_at = 1;
    assert_false(dtls_answer_read(&r, &answer));
    r.fragment_at = 0;
    bytes[25 + sizeof body - 3] = 2; /* the extension is longer than all of them */
    assert_true(dtls_answer_read(&r, &answer));
    assert_false(dtls_answer_extension(&answer, 23, &value));
    r.fragment_len--;
    assert_false(dtls_answer_read(&r, &answer));
}

static int set_up(void **state)
{
    *state = world_new();
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_answers_it_with_a_cookie_and_then_with_a_suite),
        cmocka_unit_test(old_versions_and_bad_cookies_can_be_offered),
        cmocka_unit_test(writes_each_field_where_it_belongs),
        cmocka_unit_test(reads_no_answer_that_is_cut_short),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
