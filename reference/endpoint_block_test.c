/*
 * Payloads and commands in blocks. Option values are typed in from RFC 7959 2.2: NUM << 4 | M << 3
 * | SZX; blocks here have 16 bytes (SZX 0) unless the test says otherwise. The store takes bodies
 * of up to 4 000 bytes.
 */
#include "reference/endpoint_post_fixture.h"

#define SIXTEEN "0123456789abcdef"

static const struct post block_post = {
    .credential = "dev@app:secret", .payload = SIXTEEN, .format = -1};

/* count times c in static memory that the next call overwrites. */
static const char *repeat(char c, size_t count)
{
    static char text[8192];

    assert_true(count < sizeof text);
    memset(text, c, count);
    text[count] = '\0';
    return text;
}

/* Sends one block with this Block1 value; the answer's code. */
static int send_block(struct world *w, const char *block1, const char *payload)
{
    struct post p = block_post;

    p.block1 = block1;
    p.payload = payload;
    send_post(w, &p);
    return last_code(w);
}

/* An option's value in the last answer, or {NULL, 0}. */
static struct str answered_option(struct world *w, uint32_t number)
{
    struct sent *s = &w->sent[w->sent_count - 1];
    struct pdu p;
    struct pdu_option o;

    assert_int_equal(pdu_parse(s->bytes, s->len, &p), PDU_OK);
    struct pdu_options walk = pdu_options(&p);

    while (pdu_next_option(&walk, &o)) {
        if (o.number == number)
            return o.value;
    }
    return (struct str){NULL, 0};
}

static struct str answered_payload(struct world *w)
{
    struct sent *s = &w->sent[w->sent_count - 1];
    struct pdu p;

    assert_int_equal(pdu_parse(s->bytes, s->len, &p), PDU_OK);
    return p.payload;
}

/* --- uploads (BLK-01, BLK-02, BLK-04, BLK-06)
 * ------------------------------------------------------- */

static void blocks_become_one_event(void **state)
{
    struct world *w = *state;

    assert_int_equal(send_block(w, "\x08", SIXTEEN), 0x5f); /* 2.31 */
    assert_true(str_equal(answered_option(w, 27), STR("\x08")));
    assert_int_equal(send_block(w, "\x18", SIXTEEN), 0x5f);
    assert_int_equal(w->put_count, 0);
    (void)send_block(w, "\x20", "end");
    assert_int_equal(w->put_count, 1);
    assert_string_equal(w->put[0].payload, SIXTEEN SIXTEEN "end");
    confirm(w, 0, SINK_OK);
    assert_int_equal(last_code(w), 0x44);
    assert_true(str_equal(answered_option(w, 27), STR("\x20")));
    assert_int_equal(send_block(w, "\x20", "end"), 0x88); /* the upload is over */
}

static void a_single_block_is_a_whole_payload(void **state)
{
    struct world *w = *state;

    (void)send_block(w, "", "all");
    assert_string_equal(w->put[0].payload, "all");
    (void)send_block(w, "\x06", SIXTEEN);
    assert_int_equal(w->put_count, 2);
}

static void refuses_blocks_that_do_not_fit(void **state)
{
    struct world *w = *state;

    assert_int_equal(send_block(w, "\x18", SIXTEEN), 0x88); /* 4.08: block 0 never came */
    assert_int_equal(send_block(w, "\x08", SIXTEEN), 0x5f);
    assert_int_equal(send_block(w, "\x28", SIXTEEN), 0x88); /* block 1 is missing */
    assert_int_equal(send_block(w, "\x18", SIXTEEN), 0x88); /* and the upload has ended */
    assert_int_equal(send_block(w, "\x08", "short"), 0x80); /* does not fill its block */
    assert_int_equal(send_block(w, "\x0f", SIXTEEN), 0x80); /* reserved size */
    assert_int_equal(send_block(w, "", SIXTEEN "x"), 0x80);
    assert_int_equal(w->put_count, 0);
}

static void a_repeated_block_is_taken_once(void **state)
{
    struct world *w = *state;

    (void)send_block(w, "\x08", SIXTEEN);
    (void)send_block(w, "\x18", "ABCDEFGHIJKLMNOP");
    assert_int_equal(send_block(w, "\x18", "ABCDEFGHIJKLMNOP"), 0x5f);
    (void)send_block(w, "\x20", "end");
    assert_string_equal(w->put[0].payload, SIXTEEN "ABCDEFGHIJKLMNOPend");
    (void)send_block(w, "\x08", SIXTEEN);
    (void)send_block(w, "\x18", SIXTEEN);
    assert_int_equal(send_block(w, "\x18", "ABCDEFGHIJKLMNOP"),
                     0x88); /* other bytes: no repetition */
}

static void the_client_may_shrink_its_blocks(void **state)
{
    struct world *w = *state;

    assert_int_equal(send_block(w, "\x09", SIXTEEN SIXTEEN), 0x5f); /* 32 bytes */
    assert_int_equal(send_block(w, "\x28", SIXTEEN), 0x5f);         /* number 2 of 16 */
    (void)send_block(w, "\x30", "end");
    assert_string_equal(w->put[0].payload, SIXTEEN SIXTEEN SIXTEEN "end");
}

static void too_large_is_4_13_with_the_limit(void **state)
{
    struct world *w = *state;
    struct post p = block_post;

    p.block1 = "\x08";
    p.size1 = "\x0f\xa1"; /* 4001 */
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x8d);
    assert_true(str_equal(answered_option(w, 60), STR("\x0f\xa0")));
    p.size1 = "\x0f\xa0";
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x5f);
    assert_int_equal(send_block(w, "\x0e", repeat('k', 1024)), 0x5f);
    assert_int_equal(send_block(w, "\x1e", repeat('k', 1024)), 0x5f);
    assert_int_equal(send_block(w, "\x2e", repeat('k', 1024)), 0x5f);
    assert_int_equal(send_block(w, "\x3e", repeat('k', 1024)), 0x8d);
    assert_int_equal(w->put_count, 0);
}

static void uploads_are_never_mixed(void **state)
{
    static const struct {
        const char *title;
        struct post post;
    } others[] = {
        {"another Request-Tag",    {.credential = "dev@app:secret", .tag = "b"}          },
        {"another query",          {.credential = "dev@app:secret", .query = "x=1"}      },
        {"for another device",     {.credential = "dev@app:secret", .query = "as=behind"}},
        {"another content format", {.credential = "dev@app:secret", .format = 42}        },
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(others); i++) {
        struct post p = others[i].post;

        p.format = p.format == 0 ? -1 : p.format;
        p.block1 = "\x18";
        p.payload = SIXTEEN;
        assert_int_equal(send_block(w, "\x08", SIXTEEN), 0x5f);
        send_post(w, &p);
        if (last_code(w) != 0x88)
            fail_msg("%s: %02x", others[i].title, (unsigned)last_code(w));
    }
    (void)send_block(w, "\x10", "end"); /* the first one is whole all the same */
    assert_string_equal(w->put[0].payload, SIXTEEN "end");
}

static void every_block_is_authenticated(void **state)
{
    struct world *w = *state;
    struct post p = block_post;

    (void)send_block(w, "\x08", SIXTEEN);
    p.credential = "dev@app:wrong";
    p.block1 = "\x10";
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x83);
    assert_int_equal(w->put_count, 0);
    (void)send_block(w, "\x10", "end");
    assert_int_equal(w->put_count, 1);
}

static void uploads_have_a_bound_and_a_lifetime(void **state)
{
    static const char *const tags[] = {"a", "b", "c", "d", "e"};
    struct world *w = *state;
    struct post p = block_post;

    p.block1 = "\x08";
    for (size_t i = 0; i < COUNT(tags); i++) {
        p.tag = tags[i];
        send_post(w, &p);
        assert_int_equal(last_code(w), i < 4 ? 0x5f : 0xa3);
    }
    advance(w, 248 * second_us);
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x5f);
    p.tag = "a";
    p.block1 = "\x18";
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x88); /* its time was over */
}

/* --- downloads (BLK-05, CMD-14)
 * ---------------------------------------------------------------------- */

static const char large_command[] = SIXTEEN "ABCDEFGHIJKLMNOP"
                                            "tail";

static void fetch(struct world *w, const char *block2)
{
    struct post p = block_post;

    p.query = "ct=5";
    p.block2 = block2;
    p.payload = "";
    send_post(w, &p);
}

static void a_large_command_comes_in_the_blocks_asked_for(void **state)
{
    struct world *w = *state;

    fetch(w, ""); /* block 0 of 16 bytes */
    confirm(w, 0, SINK_OK);
    send_command(w, "dev", "SET", large_command);
    assert_int_equal(taken(w), 1);
    assert_int_equal(last_code(w), 0x45);
    assert_true(str_equal(answered_option(w, 23), STR("\x08")));
    assert_true(str_equal(answered_option(w, 4210), STR("SET")));
    assert_true(str_equal(answered_payload(w), STR(SIXTEEN)));
    uint8_t etag[8];

    assert_int_equal(answered_option(w, 4).len, sizeof etag);
    memcpy(etag, answered_option(w, 4).ptr, sizeof etag);
    fetch(w, "\x10");
    assert_int_equal(last_code(w), 0x45);
    assert_true(str_equal(answered_option(w, 23), STR("\x18")));
    assert_true(str_equal(answered_payload(w), STR("ABCDEFGHIJKLMNOP")));
    assert_memory_equal(answered_option(w, 4).ptr, etag, sizeof etag);
    fetch(w, "\x20");
    assert_true(str_equal(answered_option(w, 23), STR("\x20")));
    assert_true(str_equal(answered_payload(w), STR("tail")));
    assert_int_equal(w->put_count, 1);
    fetch(w, "\x30");
    assert_int_equal(last_code(w), 0x80);
    assert_int_equal(w->put_count, 1);
}

static void a_command_of_a_kilobyte_needs_no_blocks(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=5");
    confirm(w, 0, SINK_OK);
    send_command(w, "dev", "SET", repeat('k', 1024));
    assert_null(answered_option(w, 23).ptr);
    assert_int_equal(answered_payload(w).len, 1024);
    post_with_query(w, "ct=5");
    confirm(w, 1, SINK_OK);
    send_command(w, "dev", "SET", repeat('k', 1025));
    assert_true(str_equal(answered_option(w, 23), STR("\x0e")));
    assert_int_equal(answered_payload(w).len, 1024);
}

static void what_the_store_cannot_hold_goes_in_one_datagram(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=5");
    confirm(w, 0, SINK_OK);
    send_command(w, "dev", "SET", repeat('b', 4001)); /* max_body_bytes is 4 000 */
    assert_int_equal(taken(w), 1);
    assert_true(w->sent[0].len > 4001);
}

static void blocks_of_another_device_are_not_there(void **state)
{
    struct world *w = *state;
    struct post p = block_post;

    fetch(w, "");
    confirm(w, 0, SINK_OK);
    send_command(w, "dev", "SET", large_command);
    p.query = "ct=5&as=behind";
    p.block2 = "\x10";
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x80);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_A_WORLD(blocks_become_one_event),
        IN_A_WORLD(a_single_block_is_a_whole_payload),
        IN_A_WORLD(refuses_blocks_that_do_not_fit),
        IN_A_WORLD(a_repeated_block_is_taken_once),
        IN_A_WORLD(the_client_may_shrink_its_blocks),
        IN_A_WORLD(too_large_is_4_13_with_the_limit),
        IN_A_WORLD(uploads_are_never_mixed),
        IN_A_WORLD(every_block_is_authenticated),
        IN_A_WORLD(uploads_have_a_bound_and_a_lifetime),
        IN_A_WORLD(a_large_command_comes_in_the_blocks_asked_for),
        IN_A_WORLD(a_command_of_a_kilobyte_needs_no_blocks),
        IN_A_WORLD(what_the_store_cannot_hold_goes_in_one_datagram),
        IN_A_WORLD(blocks_of_another_device_are_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
