#include "reference/api_security.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct host_case {
    const char *host;
    bool local;
} hosts[] = {
    {"localhost",                   true },
    {"LocalHost:8080",              true },
    {"localhost:65535",             true },
    {"127.0.0.1",                   true },
    {"127.0.0.1:8080",              true },
    {"127.1.2.3:1",                 true },
    {"[::1]",                       true },
    {"[::1]:8080",                  true },
    {"",                            false},
    {":8080",                       false},
    {"localhost.",                  false},
    {"localhost0",                  false},
    {"localhost.evil.example",      false},
    {"localhost:",                  false},
    {"localhost:x",                 false},
    {"localhost:65536",             false},
    {"localhost:8080.evil.example", false},
    {"evil.example",                false},
    {"evil.example:8080",           false},
    {"127.0.0.1.evil.example",      false},
    {"10.0.0.1:8080",               false},
    {"0.0.0.0:8080",                false},
    {"[::]:8080",                   false},
    {"[::2]",                       false},
    {"localhost, evil.example",     false},
};

static void knows_this_machines_names(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        if (api_host_is_local(str_from(hosts[i].host)) != hosts[i].local)
            fail_msg("host '%s'", hosts[i].host);
    }
}

static const struct addr_case {
    const char *addr;
    bool needs;
} addrs[] = {
    {"127.0.0.1:8080",       false},
    {"127.255.255.254",      false},
    {"[::1]:8080",           false},
    {"[::ffff:127.0.0.1]",   false},
    {"0.0.0.0:8080",         true },
    {":8080",                true },
    {"[::]:8080",            true },
    {"10.0.0.1",             true },
    {"128.0.0.1",            true },
    {"[::ffff:10.0.0.1]:80", true },
    {"[fe80::1]",            true },
    {"[2001:db8::1]",        true },
};

static void only_loopback_needs_no_token(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(addrs); i++) {
        struct addr addr;

        assert_true(addr_parse(str_from(addrs[i].addr), 80, &addr));
        if (api_addr_needs_token(&addr) != addrs[i].needs)
            fail_msg("addr %s", addrs[i].addr);
    }
}

static const struct local_case {
    size_t host_count;
    const char *host;
    const char *authority;
    size_t origin_count;
    enum api_access access;
} locals[] = {
    {1, "localhost:8080", "",             0, API_ACCESS_ALLOWED},
    {1, "localhost:8080", "127.0.0.1",    0, API_ACCESS_ALLOWED},
    {1, "evil.example",   "",             0, API_ACCESS_HOST   },
    {1, "localhost",      "evil.example", 0, API_ACCESS_HOST   },
    {1, "evil.example",   "localhost",    0, API_ACCESS_HOST   },
    {2, "localhost",      "",             0, API_ACCESS_HOST   },
    {0, "",               "",             0, API_ACCESS_HOST   },
    {1, "localhost",      "",             1, API_ACCESS_ORIGIN },
    {1, "localhost",      "",             2, API_ACCESS_ORIGIN },
};

static void guards_loopback_against_web_pages(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(locals); i++) {
        const struct local_case *c = &locals[i];
        struct api_request request = {.target.authority = str_from(c->authority)};

        request.fields.host = str_from(c->host);
        request.fields.host_count = c->host_count;
        request.fields.origin_count = c->origin_count;
        if (api_security_check((struct str){NULL, 0}, &request) != c->access)
            fail_msg("case %zu", i);
    }
}

static const struct token_case {
    size_t count;
    const char *authorization;
    const char *param; /* a query parameter's name, or empty */
    enum api_access access;
} tokens[] = {
    {1, "Bearer 0123456789",   "",             API_ACCESS_ALLOWED },
    {1, "bearer 0123456789",   "",             API_ACCESS_ALLOWED },
    {1, "BEARER   0123456789", "",             API_ACCESS_ALLOWED },
    {1, "Bearer 0123456789",   "limit",        API_ACCESS_ALLOWED },
    {0, "",                    "",             API_ACCESS_MISSING },
    {1, "",                    "",             API_ACCESS_WRONG   },
    {1, "Bearer",              "",             API_ACCESS_WRONG   },
    {1, "Bearer ",             "",             API_ACCESS_WRONG   },
    {1, "Bearer 012345678",    "",             API_ACCESS_WRONG   },
    {1, "Bearer 01234567890",  "",             API_ACCESS_WRONG   },
    {1, "Bearer 1123456789",   "",             API_ACCESS_WRONG   },
    {1, "Bearer 0123456780",   "",             API_ACCESS_WRONG   },
    {1, "0123456789",          "",             API_ACCESS_WRONG   },
    {1, "Basic 0123456789",    "",             API_ACCESS_WRONG   },
    {2, "Bearer 0123456789",   "",             API_ACCESS_SEVERAL },
    {1, "Bearer 0123456789",   "token",        API_ACCESS_IN_QUERY},
    {0, "",                    "token",        API_ACCESS_IN_QUERY},
    {0, "",                    "access_token", API_ACCESS_IN_QUERY},
    {0, "",                    "api_key",      API_ACCESS_IN_QUERY},
    {0, "",                    "username",     API_ACCESS_IN_QUERY},
};

static void wants_one_right_token(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(tokens); i++) {
        const struct token_case *c = &tokens[i];
        struct api_request request = {.fields.authorization = str_from(c->authorization)};

        request.fields.authorization_count = c->count;
        request.fields.origin_count = 1; /* with a token a web page may call */
        if (*c->param != '\0') {
            request.target.param_count = 1;
            request.target.param[0] = (struct api_param){str_from(c->param), STR("0123456789")};
        }
        if (api_security_check(STR("0123456789"), &request) != c->access)
            fail_msg("case %zu", i);
    }
}

static void every_refusal_has_drogues_body(void **state)
{
    UNUSED(state);
    for (int access = API_ACCESS_HOST; access <= API_ACCESS_IN_QUERY; access++) {
        struct api_reply reply;

        api_reply_init(&reply);
        api_security_refuse((enum api_access)access, &reply);
        assert_int_equal(reply.status, access == API_ACCESS_MISSING ? 401 : 403);
        json_t *body = json_loadb(reply.body.ptr, reply.body.len, 0, NULL);

        assert_string_equal(json_string_value(json_object_get(body, "error")), "Forbidden");
        assert_true(json_string_length(json_object_get(body, "message")) > 10);
        json_decref(body);
        /* RFC 9110 15.5.2: 401 comes with a challenge */
        assert_true(access != API_ACCESS_MISSING || reply.header_count == 1);
        api_reply_fini(&reply);
        assert_true(strlen(api_access_word((enum api_access)access)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_this_machines_names),
        cmocka_unit_test(only_loopback_needs_no_token),
        cmocka_unit_test(guards_loopback_against_web_pages),
        cmocka_unit_test(wants_one_right_token),
        cmocka_unit_test(every_refusal_has_drogues_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
