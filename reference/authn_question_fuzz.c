/* Questions for a device authentication service: any JSON, read as each of the three; what is read
 * is written and read again, and is the same. */
#include "reference/authn_question.h"

static void write_and_read(const struct auth_question *q)
{
    struct buf text = buf_growing();
    struct auth_question again;

    authn_question_write(q, &text);
    json_t *body = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *fault = authn_question_read(q->call, body, &again);

    assert(fault == NULL && again.proof == q->proof && again.has_as == q->has_as);
    assert(str_equal(again.application, q->application) && str_equal(again.device, q->device));
    assert(str_equal(again.password, q->password) && str_equal(again.as, q->as));
    assert(sk_X509_num(again.chain) == sk_X509_num(q->chain));
    authn_question_fini(&again);
    json_decref(body);
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const enum auth_call calls[] = {AUTH_CALL_PROVE, AUTH_CALL_KEY, AUTH_CALL_GATEWAY};
    json_t *body = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL);

    for (size_t i = 0; i < COUNT(calls); i++) {
        struct auth_question q;

        if (authn_question_read(calls[i], body, &q) == NULL &&
            (calls[i] != AUTH_CALL_PROVE || q.proof != AUTH_PROOF_CERTIFICATE || q.chain != NULL))
            write_and_read(&q);
        authn_question_fini(&q);
    }
    json_decref(body);
    return 0;
}
