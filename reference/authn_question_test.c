#include "reference/authn_question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/cert_fixture.h"

static char *written(const struct auth_question *q)
{
    struct buf out = buf_growing();

    authn_question_write(q, &out);
    buf_add_char(&out, '\0');
    return out.ptr;
}

/* Every form, letter for letter as Drogue Cloud's endpoint sends it. */
static void writes_what_drogue_cloud_reads(void **state)
{
    /* clang-format off */
    static const struct {
        struct auth_question question;
        const char *path;
        const char *text;
    } cases[] = {
        {{AUTH_CALL_PROVE, {"app1", 4}, {"dev1", 4}, AUTH_PROOF_PASS, .password = {"pw", 2}},
         "/api/v1/auth",
         "{\"application\":\"app1\",\"device\":\"dev1\",\"credential\":{\"pass\":\"pw\"}}"},
        {{AUTH_CALL_PROVE,
          {"app1", 4},
          {"dev1", 4},
          AUTH_PROOF_USER,
          .username = {"u", 1},
          .password = {"p", 1}},
         "/api/v1/auth",
         "{\"application\":\"app1\",\"device\":\"dev1\",\"credential\":{\"user\":{\"username\":"
         "\"u\",\"password\":\"p\"}}}"},
        {{AUTH_CALL_PROVE,
          {"app1", 4},
          {"dev1", 4},
          AUTH_PROOF_PASS,
          .password = {"\"\\\n", 3},
          .as = {"x", 1},
          .has_as = true},
         "/api/v1/auth",
         "{\"application\":\"app1\",\"device\":\"dev1\",\"credential\":{\"pass\":\"\\\"\\\\\\u000A\"},"
         "\"as\":\"x\"}"},
        {{AUTH_CALL_KEY, {"app1", 4}, {"dev1", 4}, AUTH_PROOF_PASS, .username = {NULL, 0}},
         "/api/v1/keys",
         "{\"application\":\"app1\",\"device\":\"dev1\"}"},
        {{AUTH_CALL_GATEWAY, {"app1", 4}, {"gw", 2}, AUTH_PROOF_PASS, .as = {"dev1", 4}},
         "/api/v1/authorize_as",
         "{\"application\":\"app1\",\"device\":\"gw\",\"as\":\"dev1\"}"},
    };
    /* clang-format on */

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = written(&cases[i].question);

        assert_string_equal(text, cases[i].text);
        assert_string_equal(authn_question_path(cases[i].question.call), cases[i].path);
        free(text);
    }
}

static void certificates_are_arrays_of_numbers(void **state)
{
    struct cert leaf = cert_make(&(struct cert_wish){.common_name = "leaf", .to_s = 1});
    const struct cert *both[] = {&leaf, &leaf};
    STACK_OF(X509) *chain = cert_chain(both, 2);
    struct auth_question back;
    char *text = written(&(struct auth_question){
        .call = AUTH_CALL_PROVE,
        .application = STR("O=X, CN=CA"),
        .device = STR("O=X, CN=dev"),
        .proof = AUTH_PROOF_CERTIFICATE,
        .chain = chain,
    });
    json_t *body = json_loads(text, 0, NULL);

    UNUSED(state);
    /* DER: a sequence with its length in two bytes */
    assert_non_null(strstr(text, "{\"application\":\"O=X, CN=CA\",\"device\":\"O=X, CN=dev\","
                                 "\"credential\":{\"cert\":[[48,130,1,"));
    assert_null(authn_question_read(AUTH_CALL_PROVE, body, &back));
    assert_int_equal(back.proof, AUTH_PROOF_CERTIFICATE);
    assert_int_equal(sk_X509_num(back.chain), 2);
    assert_int_equal(X509_cmp(sk_X509_value(back.chain, 1), leaf.x509), 0);
    authn_question_fini(&back);
    assert_null(back.chain);
    json_decref(body);
    free(text);
    sk_X509_pop_free(chain, X509_free);
    cert_fini(&leaf);
}

static const char *read_text(enum auth_call call, const char *text, struct auth_question *out,
                             json_t **body)
{
    *body = json_loads(text, 0, NULL);
    assert_non_null(*body);
    return authn_question_read(call, *body, out);
}

static void reads_the_forms_of_a_credential(void **state)
{
    struct auth_question q;
    json_t *body;

    UNUSED(state);
    assert_null(read_text(AUTH_CALL_PROVE,
                          "{\"application\":\"a\",\"device\":\"d\",\"more\":1,"
                          "\"credential\":{\"user\":{\"username\":\"u\",\"password\":\"\"}}}",
                          &q, &body));
    assert_true(str_equal(q.application, STR("a")) && str_equal(q.device, STR("d")));
    assert_true(q.proof == AUTH_PROOF_USER && str_equal(q.username, STR("u")));
    assert_true(q.password.len == 0 && !q.has_as);
    json_decref(body);
    assert_null(read_text(AUTH_CALL_PROVE,
                          "{\"application\":\"a\",\"device\":\"d\",\"as\":\"other\","
                          "\"credential\":{\"pass\":\"pw\"}}",
                          &q, &body));
    assert_true(q.proof == AUTH_PROOF_PASS && str_equal(q.password, STR("pw")));
    assert_true(q.has_as && str_equal(q.as, STR("other")));
    json_decref(body);
    assert_null(read_text(AUTH_CALL_GATEWAY,
                          "{\"application\":\"a\",\"device\":\"d\",\"as\":\"x\"}", &q, &body));
    assert_true(q.call == AUTH_CALL_GATEWAY && str_equal(q.as, STR("x")));
    json_decref(body);
}

static void says_what_is_wrong_with_a_question(void **state)
{
    static const struct {
        enum auth_call call;
        const char *text;
        const char *fault;
    } cases[] = {
        {AUTH_CALL_KEY,     "{}",                                                                     "application and device"},
        {AUTH_CALL_KEY,     "{\"application\":\"a\",\"device\":1}",                                   "application and device"},
        {AUTH_CALL_GATEWAY, "{\"application\":\"a\",\"device\":\"d\"}",                               "as must"               },
        {AUTH_CALL_GATEWAY, "{\"application\":\"a\",\"device\":\"d\",\"as\":[]}",                     "as must"               },
        {AUTH_CALL_PROVE,   "{\"application\":\"a\",\"device\":\"d\"}",                               "one member"            },
        {AUTH_CALL_PROVE,   "{\"application\":\"a\",\"device\":\"d\",\"credential\":{\"pass\":1}}",
         "pass must"                                                                                                          },
        {AUTH_CALL_PROVE,   "{\"application\":\"a\",\"device\":\"d\",\"credential\":{\"psk\":\"\"}}",
         "one member"                                                                                                         },
        {AUTH_CALL_PROVE,
         "{\"application\":\"a\",\"device\":\"d\",\"credential\":{\"user\":{\"username\":\"u\"}}}",   "username and password" },
        {AUTH_CALL_PROVE,
         "{\"application\":\"a\",\"device\":\"d\",\"credential\":{\"cert\":\"MIIB\"}}",               "array of bytes"        },
        {AUTH_CALL_PROVE,
         "{\"application\":\"a\",\"device\":\"d\",\"credential\":{\"cert\":[[48,256]]}}",             "array of bytes"        },
        {AUTH_CALL_PROVE,
         "{\"application\":\"a\",\"device\":\"d\",\"credential\":{\"cert\":[[48,-1]]}}",              "array of bytes"        },
        {AUTH_CALL_PROVE,
         "{\"application\":\"a\",\"device\":\"d\",\"credential\":{\"cert\":[[48.0]]}}",               "array of bytes"        },
        {AUTH_CALL_PROVE,
         "{\"application\":\"a\",\"device\":\"d\",\"as\":1,\"credential\":{\"pass\":\"\"}}",          "as must"               },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct auth_question q;
        json_t *body;
        const char *fault = read_text(cases[i].call, cases[i].text, &q, &body);

        if (fault == NULL || strstr(fault, cases[i].fault) == NULL)
            fail_msg("%s: %s", cases[i].text, fault == NULL ? "taken" : fault);
        authn_question_fini(&q);
        json_decref(body);
    }
}

/* It is a question, and the answer is that nothing is proved. */
static void bytes_that_are_no_certificate_make_no_chain(void **state)
{
    static const char *const lists[] = {"[]", "[[]]", "[[48,3,2,1,0]]",
                                        "[[1],[1],[1],[1],[1],[1],[1],[1],[1],[1]]"};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct auth_question q;
        json_t *body = json_pack("{s:s, s:s, s:{s:o}}", "application", "a", "device", "d",
                                 "credential", "cert", json_loads(lists[i], 0, NULL));

        assert_null(authn_question_read(AUTH_CALL_PROVE, body, &q));
        assert_int_equal(q.proof, AUTH_PROOF_CERTIFICATE);
        assert_null(q.chain);
        json_decref(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_drogue_cloud_reads),
        cmocka_unit_test(certificates_are_arrays_of_numbers),
        cmocka_unit_test(reads_the_forms_of_a_credential),
        cmocka_unit_test(says_what_is_wrong_with_a_question),
        cmocka_unit_test(bytes_that_are_no_certificate_make_no_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
