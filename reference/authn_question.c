#include "reference/authn_question.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "lib/json_walk.h"
#include "reference/x509_check.h"

static const char *const paths[] = {
    [AUTH_CALL_PROVE] = "/api/v1/auth",
    [AUTH_CALL_KEY] = "/api/v1/keys",
    [AUTH_CALL_GATEWAY] = "/api/v1/authorize_as",
};

const char *authn_question_path(enum auth_call call)
{
    return paths[call];
}

/* --- writing ------------------------------------------------------------------------------------
 */

static void write_member(struct buf *out, const char *name, struct str text)
{
    buf_add_format(out, "\"%s\":", name);
    json_walk_quote(out, text);
}

static void write_certificate(struct buf *out, const X509 *certificate)
{
    uint8_t *der = NULL;
    int len = i2d_X509(certificate, &der);

    assert(len > 0); /* it was read from its DER */
    for (int i = 0; i < len; i++)
        buf_add_format(out, "%c%u", i == 0 ? '[' : ',', (unsigned)der[i]);
    buf_add_char(out, ']');
    OPENSSL_free(der);
}

static void write_chain(struct buf *out, STACK_OF(X509) * chain)
{
    buf_add_str(out, STR("\"cert\":["));
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (i > 0)
            buf_add_char(out, ',');
        write_certificate(out, sk_X509_value(chain, i));
    }
    buf_add_char(out, ']');
}

static void write_proof(struct buf *out, const struct auth_question *question)
{
    buf_add_str(out, STR(",\"credential\":{"));
    switch (question->proof) {
    case AUTH_PROOF_PASS:
        write_member(out, "pass", question->password);
        break;
    case AUTH_PROOF_USER:
        buf_add_str(out, STR("\"user\":{"));
        write_member(out, "username", question->username);
        buf_add_char(out, ',');
        write_member(out, "password", question->password);
        buf_add_char(out, '}');
        break;
    case AUTH_PROOF_CERTIFICATE:
        write_chain(out, question->chain);
        break;
    }
    buf_add_char(out, '}');
}

void authn_question_write(const struct auth_question *question, struct buf *out)
{
    buf_add_char(out, '{');
    write_member(out, "application", question->application);
    buf_add_char(out, ',');
    write_member(out, "device", question->device);
    if (question->call == AUTH_CALL_PROVE)
        write_proof(out, question);
    if (question->call == AUTH_CALL_GATEWAY || question->has_as) {
        buf_add_char(out, ',');
        write_member(out, "as", question->as);
    }
    buf_add_char(out, '}');
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool read_text(const json_t *object, const char *name, struct str *out)
{
    const json_t *v = json_object_get(object, name);

    *out = (struct str){json_string_value(v), json_string_length(v)};
    return json_is_string(v);
}

static bool is_byte(const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= 255;
}

/* False: no array of bytes. *out is NULL when the bytes are no certificate. */
static bool read_certificate(const json_t *list, X509 **out)
{
    const size_t len = json_array_size(list);
    uint8_t *der = xmalloc(len + 1);
    const uint8_t *at = der;
    bool bytes = json_is_array(list);
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
    {
        bytes = bytes && is_byte(v);
        der[i] = (uint8_t)json_integer_value(v);
    }
    (void)ERR_set_mark();
    *out = bytes && len > 0 ? d2i_X509(NULL, &at, (long)len) : NULL;
    (void)ERR_pop_to_mark();
    if (*out != NULL && at != der + len) {
        X509_free(*out);
        *out = NULL;
    }
    free(der);
    return bytes;
}

/* False: no array of arrays of bytes. */
static bool read_chain(const json_t *list, STACK_OF(X509) * *out)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    bool good = json_is_array(list);
    bool whole = json_array_size(list) > 0 && json_array_size(list) <= X509_CHECK_MAX_CHAIN;
    const json_t *v;
    size_t i;

    assert(chain != NULL);
    json_array_foreach(list, i, v)
    {
        X509 *one = NULL;

        good = good && read_certificate(v, &one);
        whole = whole && one != NULL && sk_X509_push(chain, one) > 0;
        if (!whole)
            X509_free(one);
    }
    if (!good || !whole) {
        sk_X509_pop_free(chain, X509_free);
        chain = NULL;
    }
    *out = chain;
    return good;
}

static const char *read_pass(const json_t *object, const json_t *v, struct auth_question *out)
{
    UNUSED(v);
    out->proof = AUTH_PROOF_PASS;
    return read_text(object, "pass", &out->password) ? NULL : "credential.pass must be a string";
}

static const char *read_user(const json_t *object, const json_t *v, struct auth_question *out)
{
    UNUSED(object);
    out->proof = AUTH_PROOF_USER;
    return read_text(v, "username", &out->username) && read_text(v, "password", &out->password)
               ? NULL
               : "credential.user must hold the strings username and password";
}

static const char *read_cert(const json_t *object, const json_t *v, struct auth_question *out)
{
    UNUSED(object);
    out->proof = AUTH_PROOF_CERTIFICATE;
    return read_chain(v, &out->chain)
               ? NULL
               : "credential.cert must be an array of certificates, each an array of bytes";
}

static const struct {
    const char *name;
    const char *(*read)(const json_t *object, const json_t *v, struct auth_question *out);
} proofs[] = {
    {"pass", read_pass},
    {"user", read_user},
    {"cert", read_cert},
};

static const char *read_proof(const json_t *object, struct auth_question *out)
{
    if (json_object_size(object) == 1)
        for (size_t i = 0; i < COUNT(proofs); i++) {
            const json_t *v = json_object_get(object, proofs[i].name);

            if (v != NULL)
                return proofs[i].read(object, v, out);
        }
    return "credential must be an object with one member: pass, user or cert";
}

const char *authn_question_read(enum auth_call call, const json_t *body, struct auth_question *out)
{
    *out = (struct auth_question){.call = call};
    if (!read_text(body, "application", &out->application) ||
        !read_text(body, "device", &out->device))
        return "application and device must be strings";
    const json_t *as = json_object_get(body, "as");

    if (call != AUTH_CALL_KEY && as != NULL && !json_is_null(as)) {
        if (!read_text(body, "as", &out->as))
            return "as must be a string";
        out->has_as = true;
    }
    if (call == AUTH_CALL_GATEWAY && !out->has_as)
        return "as must be a string";
    return call == AUTH_CALL_PROVE ? read_proof(json_object_get(body, "credential"), out) : NULL;
}

void authn_question_fini(struct auth_question *question)
{
    sk_X509_pop_free(question->chain, X509_free);
    question->chain = NULL;
}
