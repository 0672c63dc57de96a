#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/dtls_link.h"

/* Records are told apart by their one byte of body, which the end collects. */
struct end {
    struct dtls_link link;
    struct buf got; /* the bodies; `|` behind each delivery */
    char last_action[16];
};

static void deliver(void *arg, enum dtls_way to, const uint8_t *bytes, size_t len, int64_t now_us)
{
    struct end *e = arg;
    struct dtls_record r;

    UNUSED(now_us);
    while (dtls_record_next(&bytes, &len, to, &r))
        buf_add_char(&e->got, (char)r.bytes[r.len - 1]);
    buf_add(&e->got, bytes, len);
    buf_add_char(&e->got, '|');
}

static void record(void *arg, const struct dtls_record *r, const char *action)
{
    struct end *e = arg;

    UNUSED(r);
    if (action != NULL)
        memcpy(e->last_action, action, strlen(action) + 1);
}

static void end_init(struct end *e)
{
    static const struct dtls_link_hooks hooks = {deliver, record};

    *e = (struct end){.got = buf_growing()};
    dtls_link_init(&e->link, &hooks, e);
}

static void end_fini(struct end *e)
{
    dtls_link_fini(&e->link);
    buf_fini(&e->got);
}

/* One datagram of application records; `/` stands between datagrams. */
static void send(struct end *e, enum dtls_way to, const char *bodies, int64_t now_us)
{
    struct buf datagram = buf_growing();
    struct dtls_head head = {23, 0xfefd, 1, 0};

    for (; *bodies != 0; bodies++)
        if (*bodies != '/')
            dtls_record_write(&datagram, &head, (struct str){bodies, 1});
        else {
            dtls_link_pass(&e->link, to, (uint8_t *)datagram.ptr, datagram.len, now_us);
            buf_clear(&datagram);
        }
    dtls_link_pass(&e->link, to, (uint8_t *)datagram.ptr, datagram.len, now_us);
    buf_fini(&datagram);
}

static void does_what_the_rule_says(void **state)
{
    static const struct {
        struct dtls_rule rule;
        enum dtls_way to;
        const char *sent, *got;
    } cases[] = {
        {{.flight = 9},                                DTLS_TO_TARGET, "ab/c",    "ab|c|"   },
        {{.flight = 9},                                DTLS_TO_DEVICE, "ab/c",    "a|b|c|"  }, /* single records */
        {{.action = DTLS_DROP},                        DTLS_TO_TARGET, "ab/c",    "b|c|"    },
        {{.action = DTLS_DROP, .to = DTLS_TO_DEVICE},  DTLS_TO_TARGET, "ab/c",    "ab|c|"   },
        {{.action = DTLS_DROP, .skip = 1},             DTLS_TO_TARGET, "ab/c",    "a|c|"    },
        {{.action = DTLS_DROP, .skip = 1, .count = 2}, DTLS_TO_TARGET, "a/b/c/d", "a|d|"    },
        {{.action = DTLS_DROP, .count = -1},           DTLS_TO_TARGET, "a/b/c/d", ""        },
        {{.action = DTLS_DROP, .content = 22},         DTLS_TO_TARGET, "ab/c",    "ab|c|"   },
        {{.action = DTLS_DROP, .content = 23},         DTLS_TO_TARGET, "ab/c",    "b|c|"    },
        {{.action = DTLS_DUPLICATE},                   DTLS_TO_TARGET, "ab/c",    "a|a|b|c|"},
        {{.action = DTLS_CORRUPT, .skip = 1},          DTLS_TO_TARGET, "ab/c",    "a|c|c|"  },
        {{.action = DTLS_REORDER},                     DTLS_TO_TARGET, "a/b/c",   "b|a|c|"  },
        {{.action = DTLS_REORDER, .count = 2},         DTLS_TO_TARGET, "a/b/c/d", "c|a|d|b|"},
        {{.action = DTLS_DELAY},                       DTLS_TO_TARGET, "a/b/c",   "b|c|"    },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct end e;

        end_init(&e);
        dtls_link_add(&e.link, &cases[i].rule);
        send(&e, cases[i].to, cases[i].sent, 0);
        assert_int_equal(e.got.len, strlen(cases[i].got));
        if (e.got.len > 0)
            assert_memory_equal(e.got.ptr, cases[i].got, e.got.len);
        end_fini(&e);
    }
}

static void what_is_late_comes_at_its_time(void **state)
{
    struct end e;

    UNUSED(state);
    end_init(&e);
    dtls_link_add(&e.link, &(struct dtls_rule){.action = DTLS_DELAY, .by_us = 300});
    dtls_link_add(&e.link, &(struct dtls_rule){.action = DTLS_DELAY, .by_us = 200});
    dtls_link_add(&e.link, &(struct dtls_rule){.action = DTLS_REORDER});
    assert_int_equal(dtls_link_deadline_us(&e.link), INT64_MAX);
    send(&e, DTLS_TO_TARGET, "a/b/c", 1000);
    dtls_link_clear(&e.link);
    assert_int_equal(dtls_link_deadline_us(&e.link), 1200);
    dtls_link_tick(&e.link, 1199);
    assert_int_equal(e.got.len, 0);
    dtls_link_tick(&e.link, 1300);
    assert_true(str_equal(buf_str(&e.got), STR("b|a|")));
    assert_int_equal(dtls_link_deadline_us(&e.link), 51000); /* nothing has overtaken it */
    dtls_link_tick(&e.link, 51000);
    assert_true(str_equal(buf_str(&e.got), STR("b|a|c|")));
    send(&e, DTLS_TO_TARGET, "d", 52000);
    assert_true(str_equal(buf_str(&e.got), STR("b|a|c|d|")));
    end_fini(&e);
}

static void the_first_rule_that_fits_is_taken(void **state)
{
    struct end e;

    UNUSED(state);
    end_init(&e);
    dtls_link_add(&e.link, &(struct dtls_rule){.action = DTLS_DROP, .skip = 1});
    dtls_link_add(&e.link, &(struct dtls_rule){.action = DTLS_DUPLICATE});
    send(&e, DTLS_TO_TARGET, "a", 0);
    assert_string_equal(e.last_action, "duplicate");
    send(&e, DTLS_TO_TARGET, "b", 0);
    assert_string_equal(e.last_action, "drop");
    end_fini(&e);
}

static void one_that_is_touched_overtakes_too(void **state)
{
    static const struct {
        enum dtls_action action;
        const char *got;
    } cases[] = {
        {DTLS_DUPLICATE, "b|b|a|"},
        {DTLS_CORRUPT,   "c|a|"  },
        {DTLS_DROP,      ""      }
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct end e;

        end_init(&e);
        dtls_link_add(&e.link, &(struct dtls_rule){.action = DTLS_REORDER});
        dtls_link_add(&e.link, &(struct dtls_rule){.action = cases[i].action});
        send(&e, DTLS_TO_TARGET, "a/b", 0);
        assert_true(str_equal(buf_str(&e.got), str_from(cases[i].got)));
        end_fini(&e);
    }
}

static void what_is_no_record_passes_too(void **state)
{
    struct end e;

    UNUSED(state);
    end_init(&e);
    dtls_link_pass(&e.link, DTLS_TO_DEVICE, (const uint8_t *)"plain CoAP", 10, 0);
    assert_true(str_equal(buf_str(&e.got), STR("plain CoAP|")));
    dtls_link_add(&e.link, &(struct dtls_rule){.action = DTLS_DROP, .to = DTLS_TO_DEVICE});
    dtls_link_pass(&e.link, DTLS_TO_DEVICE, (const uint8_t *)"plain CoAP", 10, 0);
    assert_int_equal(e.got.len, 11);
    end_fini(&e);
}

static void a_datagram_of_very_many_records_is_kept_whole(void **state)
{
    struct end e;
    char many[200];

    UNUSED(state);
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = 0;
    end_init(&e);
    send(&e, DTLS_TO_TARGET, many, 0);
    assert_int_equal(e.got.len, sizeof many - 1 + 1);
    end_fini(&e);
}

static void actions_have_names(void **state)
{
    enum dtls_action action;

    UNUSED(state);
    assert_true(dtls_action_from_name(STR("reorder"), &action));
    assert_int_equal(action, DTLS_REORDER);
    assert_string_equal(dtls_action_name(action), "reorder");
    assert_false(dtls_action_from_name(STR("lose"), &action));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_the_rule_says),
        cmocka_unit_test(what_is_late_comes_at_its_time),
        cmocka_unit_test(the_first_rule_that_fits_is_taken),
        cmocka_unit_test(one_that_is_touched_overtakes_too),
        cmocka_unit_test(what_is_no_record_passes_too),
        cmocka_unit_test(a_datagram_of_very_many_records_is_kept_whole),
        cmocka_unit_test(actions_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
