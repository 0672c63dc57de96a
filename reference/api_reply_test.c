#include "reference/api_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct message_case {
    const char *message;
    const char *body;
} messages[] = {
    {"no",            "{\"error\":\"NotFound\",\"message\":\"no\"}"                },
    {"a \"quote\"\n", "{\"error\":\"NotFound\",\"message\":\"a \\\"quote\\\"\\n\"}"},
    {"\xC3\xA4\xFFz", "{\"error\":\"NotFound\",\"message\":\"\xC3\xA4?z\"}"        },
    {"cut \xE2\x82",  "{\"error\":\"NotFound\",\"message\":\"cut ?"
                     "?\"}"                                    },
    {"",              "{\"error\":\"NotFound\",\"message\":\"\"}"                  },
};

static void writes_drogues_error_body(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct api_reply reply;

        api_reply_init(&reply);
        api_reply_error(&reply, 404, "NotFound", "%s", messages[i].message);
        assert_int_equal(reply.status, 404);
        assert_string_equal(reply.content_type, "application/json");
        assert_int_equal(reply.body.len, strlen(messages[i].body));
        assert_memory_equal(reply.body.ptr, messages[i].body, reply.body.len);
        api_reply_fini(&reply);
    }
}

static void the_last_answer_counts(void **state)
{
    UNUSED(state);
    struct api_reply reply;

    api_reply_init(&reply);
    api_reply_error(&reply, 404, "NotFound", "no");
    api_reply_text(&reply, 200, STR("yes"));
    assert_int_equal(reply.status, 200);
    assert_true(str_equal(buf_str(&reply.body), STR("yes")));
    api_reply_empty(&reply, 204);
    assert_null(reply.content_type);
    assert_int_equal(reply.body.len, 0);
    api_reply_header(&reply, "Location", STR("/x"));
    assert_string_equal(reply.header[0].value, "/x");
    api_reply_fini(&reply);
    assert_int_equal(reply.header_count, 0);
}

static void frees_pieces_that_nobody_sends(void **state)
{
    UNUSED(state);
    struct api_reply reply;

    api_reply_init(&reply);
    reply.pieces = (struct api_pieces){.free = free, .arg = xmalloc(1)}; /* a leak would be seen */
    api_reply_fini(&reply);
    assert_null(reply.pieces.arg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_drogues_error_body),
        cmocka_unit_test(the_last_answer_counts),
        cmocka_unit_test(frees_pieces_that_nobody_sends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
