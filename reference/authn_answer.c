#include "reference/authn_answer.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lib/base64.h"
#include "lib/rfc3339.h"
#include "reference/registry_doc.h"

/* What the contract calls the two outcomes and the parts of the good one. */
static const struct form {
    const char *pass;
    const char *fail;
    const char *app;    /* NULL: not told */
    const char *device; /* AUTH_CALL_GATEWAY: the other one */
} forms[] = {
    [AUTH_CALL_PROVE] = {"pass",  "fail",     "application", "device"},
    [AUTH_CALL_KEY] = {"Found", "NotFound", "app",         "device"},
    [AUTH_CALL_GATEWAY] = {"pass",  "fail",     NULL,          "as"    },
};

/* --- writing ------------------------------------------------------------------------------------
 */

static bool has_condition(const json_t *conditions, const char *type)
{
    const json_t *v;
    size_t i;

    json_array_foreach(conditions, i, v)
    {
        const char *one = json_string_value(json_object_get(v, "type"));

        if (one != NULL && strcmp(one, type) == 0)
            return true;
    }
    return false;
}

/* The member of object, which is made when it is missing; NULL when it is of another kind. */
static json_t *member(json_t *object, const char *name, json_t *(*make)(void), json_type type)
{
    json_t *v = json_object_get(object, name);

    if (v == NULL) {
        v = make();
        (void)json_object_set_new(object, name, v);
    }
    return json_typeof(v) == type ? v : NULL;
}

static void tell_kafka_ready(json_t *app)
{
    json_t *status = member(app, "status", json_object, JSON_OBJECT);
    json_t *conditions =
        status == NULL ? NULL : member(status, "conditions", json_array, JSON_ARRAY);
    json_t *since = json_object_get(json_object_get(app, "metadata"), "creationTimestamp");

    if (conditions != NULL && !has_condition(conditions, "KafkaReady"))
        (void)json_array_append_new(conditions,
                                    json_pack("{s:s, s:s, s:O?}", "type", "KafkaReady", "status",
                                              "True", "lastTransitionTime", since));
}

static void leave_secrets_out(json_t *device)
{
    json_t *spec = json_object_get(device, "spec");

    (void)json_object_del(spec, "authentication");
    (void)json_object_del(spec, "credentials");
    if (json_object_size(spec) == 0) /* as what is empty is not written */
        (void)json_object_del(device, "spec");
}

static json_t *time_of(int64_t unix_us)
{
    char bytes[64];
    struct buf text = buf_over(bytes, sizeof bytes);

    rfc3339_format(unix_us, &text);
    return json_stringn(text.ptr, text.len);
}

static json_t *render_key(const struct registry_psk *psk)
{
    struct buf text = buf_growing();
    json_t *key = json_object();

    base64_encode(&text, psk->key.ptr, psk->key.len);
    (void)json_object_set_new(key, "key", json_stringn(text.ptr, text.len));
    OPENSSL_cleanse(text.ptr, text.len);
    buf_fini(&text);
    if (psk->not_before_us != INT64_MIN || psk->not_after_us != INT64_MAX)
        (void)json_object_set_new(key, "validity",
                                  json_pack("{s:o, s:o}", "notBefore", time_of(psk->not_before_us),
                                            "notAfter", time_of(psk->not_after_us)));
    return key;
}

json_t *authn_answer_pass(enum auth_call call, struct authn_documents *documents,
                          const struct registry_psk *psk)
{
    const struct form *form = &forms[call];
    json_t *parts = json_object();

    if (form->app != NULL) {
        tell_kafka_ready(documents->app);
        (void)json_object_set_new(parts, form->app, documents->app);
        leave_secrets_out(documents->device);
        (void)json_object_set_new(parts, form->device, documents->device);
    } else { /* of a gateway nothing is told but whom it speaks for */
        json_decref(documents->app);
        json_decref(documents->device);
    }
    if (documents->as != NULL) {
        leave_secrets_out(documents->as);
        (void)json_object_set_new(parts, "as", documents->as);
    }
    if (call == AUTH_CALL_KEY)
        (void)json_object_set_new(parts, "key", render_key(psk));
    *documents = (struct authn_documents){.app = NULL};
    return json_pack("{s:{s:o}}", "outcome", form->pass, parts);
}

json_t *authn_answer_fail(enum auth_call call)
{
    return json_pack("{s:s}", "outcome", forms[call].fail);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static struct str text_of(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);

    return (struct str){json_string_value(v), json_string_length(v)};
}

/* An entry of what the datagram path needs to know. NULL: it has no good name. */
static struct registry_entry *read_entry(enum registry_kind kind, const json_t *document)
{
    char fault[REGISTRY_WHY_LEN];
    const json_t *metadata = json_object_get(document, "metadata");
    json_t *publish = json_object_get(json_object_get(document, "spec"), "publish");
    struct registry_record record = {
        .kind = kind,
        .application = text_of(metadata, "application"),
        .name = text_of(metadata, "name"),
        .uid = text_of(metadata, "uid"),
    };

    if (kind == REGISTRY_APP ? !registry_app_name_ok(record.name)
                             : !registry_device_name_ok(record.name))
        return NULL;
    record.body = json_object();
    if (kind == REGISTRY_APP && publish != NULL)
        (void)json_object_set_new(record.body, "spec", json_pack("{s:O}", "publish", publish));
    struct registry_entry *entry = registry_doc_entry(&record, fault);

    json_decref(record.body);
    return entry;
}

static bool read_key(const json_t *key, struct authn_answer *out)
{
    const json_t *validity = json_object_get(key, "validity");
    uint8_t bytes[REGISTRY_KEY_MAX];
    size_t len = 0;

    out->psk = (struct registry_psk){.not_before_us = INT64_MIN, .not_after_us = INT64_MAX};
    if (!json_is_string(json_object_get(key, "key")) ||
        !base64_decode(text_of(key, "key"), bytes, sizeof bytes, &len) || len == 0)
        return false;
    out->psk.key = arena_str(&out->device->memory, (struct str){(const char *)bytes, len});
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (validity == NULL || json_is_null(validity))
        return true;
    return rfc3339_parse(text_of(validity, "notBefore"), &out->psk.not_before_us) &&
           rfc3339_parse(text_of(validity, "notAfter"), &out->psk.not_after_us);
}

static bool read_parts(enum auth_call call, const json_t *parts, struct authn_answer *out)
{
    const struct form *form = &forms[call];

    out->pass = true;
    out->device = read_entry(REGISTRY_DEVICE, json_object_get(parts, form->device));
    if (out->device == NULL)
        return false;
    if (form->app == NULL)
        return true;
    out->app = read_entry(REGISTRY_APP, json_object_get(parts, form->app));
    if (out->app == NULL || !str_equal(out->app->app.name, out->device->device.app_name))
        return false;
    return call != AUTH_CALL_KEY || read_key(json_object_get(parts, "key"), out);
}

struct authn_answer *authn_answer_read(enum auth_call call, struct str text)
{
    json_t *body = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *outcome = json_object_get(body, "outcome");
    const json_t *parts = json_object_get(outcome, forms[call].pass);
    struct authn_answer *answer = xcalloc(1, sizeof *answer);
    bool good = parts != NULL ? read_parts(call, parts, answer)
                              : json_is_string(outcome) &&
                                    strcmp(json_string_value(outcome), forms[call].fail) == 0;

    json_decref(body);
    if (!good)
        authn_answer_free(&answer);
    return answer;
}

void authn_answer_free(struct authn_answer **answer)
{
    struct authn_answer *a = *answer;

    if (a == NULL)
        return;
    if (a->psk.key.len > 0)
        OPENSSL_cleanse((void *)(uintptr_t)a->psk.key.ptr, a->psk.key.len);
    registry_entry_free(&a->app);
    registry_entry_free(&a->device);
    free(a);
    *answer = NULL;
}
