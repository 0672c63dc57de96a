#include "reference/registry_edit.h"

#include <stdio.h>

#include "lib/base64.h"
#include "reference/pki.h"
#include "reference/registry_doc.h"
#include "reference/trust_anchor.h"

static json_t *text_json(struct str s)
{
    return json_stringn(s.len == 0 ? "" : s.ptr, s.len);
}

static enum registry_err get(const struct registry_target *t, json_t **doc)
{
    return t->device.len == 0 ? registry_app_get(t->registry, t->app, doc)
                              : registry_device_get(t->registry, t->app, t->device, doc);
}

static enum registry_err put(const struct registry_target *t, const json_t *doc, char *why)
{
    return t->device.len == 0 ? registry_app_update(t->registry, t->app, doc, why)
                              : registry_device_update(t->registry, t->app, t->device, doc, why);
}

static bool fail(char *why, const char *what)
{
    (void)snprintf(why, REGISTRY_WHY_LEN, "%.250s", what);
    return false;
}

/* The member of that type, made when it is absent; NULL when it has another type. */
static json_t *member(json_t *object, const char *name, json_t *fresh)
{
    json_t *found = json_object_get(object, name);

    if (found == NULL) {
        (void)json_object_set_new(object, name, fresh);
        return fresh;
    }
    const bool same_type = json_typeof(found) == json_typeof(fresh);

    json_decref(fresh);
    return same_type ? found : NULL;
}

/* What readers would find wrong in the document's spec; empty when nothing. */
static void find_fault(const struct registry_target *t, json_t *doc, char *fault)
{
    const struct registry_record record = {
        .kind = t->device.len == 0 ? REGISTRY_APP : REGISTRY_DEVICE,
        .name = t->device,
        .body = doc,
    };
    struct registry_entry *e = registry_doc_entry(&record, fault);

    registry_entry_free(&e);
}

/* Stricter than an API client, as import is: an edit must not make a sound spec undecodable. */
static enum registry_err put_sound(const struct registry_target *t, json_t *doc, bool was_sound,
                                   char *why)
{
    char fault[REGISTRY_WHY_LEN];

    find_fault(t, doc, fault);
    if (!was_sound || fault[0] == '\0')
        return put(t, doc, why);
    (void)fail(why, fault);
    return REGISTRY_INVALID;
}

enum registry_err registry_edit(const struct registry_target *t, registry_edit_fn *edit, void *arg,
                                char *why)
{
    json_t *doc;
    enum registry_err err = get(t, &doc);

    why[0] = '\0';
    if (err != REGISTRY_OK) {
        (void)fail(why,
                   t->device.len == 0 ? "there is no such application" : "there is no such device");
        return err;
    }
    json_t *spec = member(doc, "spec", json_object());
    json_t *before = json_deep_copy(spec);
    char fault[REGISTRY_WHY_LEN];

    find_fault(t, doc, fault);
    if (!edit(spec, arg, why))
        err = REGISTRY_INVALID;
    else if (json_equal(spec, before) != 1)
        err = put_sound(t, doc, fault[0] == '\0', why);
    json_decref(before);
    json_decref(doc);
    return err;
}

enum registry_err registry_edit_create(const struct registry_target *t, char *why)
{
    const bool is_app = t->device.len == 0;
    json_t *metadata = json_object();

    (void)json_object_set_new(metadata, "name", text_json(is_app ? t->app : t->device));
    if (!is_app)
        (void)json_object_set_new(metadata, "application", text_json(t->app));
    json_t *doc = json_pack("{s:o}", "metadata", metadata);
    const enum registry_err err = is_app ? registry_app_create(t->registry, doc, why)
                                         : registry_device_create(t->registry, doc, why);

    json_decref(doc);
    return err;
}

static bool edit_disabled(json_t *spec, void *arg, char *why)
{
    const bool *disabled = arg;
    json_t *core = member(spec, "core", json_object());

    if (core == NULL)
        return fail(why, "spec.core: expected an object");
    (void)json_object_set_new(core, "disabled", json_boolean(*disabled));
    return true;
}

enum registry_err registry_edit_disable(const struct registry_target *t, bool disabled, char *why)
{
    return registry_edit(t, edit_disabled, &disabled, why);
}

/* --- lists of strings ----------------------------------------------------------------------------
 */

struct list_edit {
    enum registry_list list;
    struct str text;
    bool removes;
    bool found;
};

static json_t *list_of(json_t *spec, enum registry_list list, char *why)
{
    json_t *found = NULL;

    if (list == REGISTRY_ALIASES) {
        found = member(spec, "alias", json_array());
    } else {
        json_t *selector = member(spec, "gatewaySelector", json_object());

        found = selector == NULL ? NULL : member(selector, "matchNames", json_array());
    }
    if (found == NULL)
        (void)fail(why, list == REGISTRY_ALIASES
                            ? "spec.alias: expected an array"
                            : "spec.gatewaySelector.matchNames: expected an array");
    return found;
}

static bool edit_list(json_t *spec, void *arg, char *why)
{
    struct list_edit *e = arg;
    json_t *list = list_of(spec, e->list, why);
    const json_t *v;
    size_t i;

    if (list == NULL)
        return false;
    json_array_foreach(list, i, v)
    {
        if (str_equal((struct str){json_string_value(v), json_string_length(v)}, e->text)) {
            e->found = true;
            break;
        }
    }
    if (e->removes && !e->found)
        return fail(why, "it is not in the list");
    if (e->removes)
        (void)json_array_remove(list, i);
    else if (!e->found)
        (void)json_array_append_new(list, text_json(e->text));
    return true;
}

enum registry_err registry_edit_add(const struct registry_target *t, enum registry_list list,
                                    struct str text, char *why)
{
    struct list_edit e = {list, text, false, false};

    return registry_edit(t, edit_list, &e, why);
}

enum registry_err registry_edit_remove(const struct registry_target *t, enum registry_list list,
                                       struct str text, char *why)
{
    struct list_edit e = {list, text, true, false};
    const enum registry_err err = registry_edit(t, edit_list, &e, why);

    return err == REGISTRY_INVALID && !e.found ? REGISTRY_NOT_FOUND : err;
}

/* --- credentials ---------------------------------------------------------------------------------
 */

/* The list in use: the legacy section only when it is there and the other is not. */
static json_t *credentials_of(json_t *spec, char *why)
{
    const bool legacy = json_object_get(spec, "authentication") == NULL &&
                        json_object_get(spec, "credentials") != NULL;
    json_t *section = member(spec, legacy ? "credentials" : "authentication", json_object());
    json_t *list = section == NULL ? NULL : member(section, "credentials", json_array());

    if (list == NULL)
        (void)fail(why, "spec.authentication.credentials: expected an array");
    return list;
}

/* Takes credential. */
static bool add_credential(json_t *spec, json_t *credential, char *why)
{
    json_t *list = credentials_of(spec, why);

    if (list == NULL) {
        json_decref(credential);
        return false;
    }
    return json_array_append_new(list, credential) == 0;
}

struct password_edit {
    enum registry_password_form form;
    struct str secret;
};

static bool edit_password(json_t *spec, void *arg, char *why)
{
    static const char *const names[] = {
        [REGISTRY_PLAIN] = "plain", [REGISTRY_BCRYPT] = "bcrypt", [REGISTRY_SHA512] = "sha512"};
    const struct password_edit *e = arg;
    json_t *list = credentials_of(spec, why);

    for (size_t i = json_array_size(list); i > 0; i--)
        if (json_object_get(json_array_get(list, i - 1), "pass") != NULL)
            (void)json_array_remove(list, i - 1);
    json_t *secret = text_json(e->secret);

    if (secret == NULL)
        return fail(why, "the password is not UTF-8");
    return add_credential(spec, json_pack("{s:{s:o}}", "pass", names[e->form], secret), why);
}

enum registry_err registry_edit_password(const struct registry_target *t,
                                         enum registry_password_form form, struct str secret,
                                         char *why)
{
    struct password_edit e = {form, secret};

    return registry_edit(t, edit_password, &e, why);
}

static bool edit_psk(json_t *spec, void *arg, char *why)
{
    const struct registry_edit_key *e = arg;
    struct buf base64 = buf_growing();

    if (e->key.len == 0 || e->key.len > REGISTRY_KEY_MAX)
        return fail(why, "a key has 1 to 512 bytes");
    base64_encode(&base64, e->key.ptr, e->key.len);
    json_t *psk = json_pack("{s:o}", "key", text_json(buf_str(&base64)));

    buf_fini(&base64);
    if (e->not_before.len > 0)
        (void)json_object_set_new(psk, "validity",
                                  json_pack("{s:o,s:o}", "notBefore", text_json(e->not_before),
                                            "notAfter", text_json(e->not_after)));
    return add_credential(spec, json_pack("{s:o}", "psk", psk), why);
}

enum registry_err registry_edit_psk(const struct registry_target *t,
                                    const struct registry_edit_key *key, char *why)
{
    struct registry_edit_key copy = *key;

    return registry_edit(t, edit_psk, &copy, why);
}

/* --- trust anchors -------------------------------------------------------------------------------
 */

static bool has_anchor(const json_t *list, const X509 *certificate)
{
    const json_t *anchor;
    bool found = false;
    size_t i;

    json_array_foreach(list, i, anchor)
    {
        const json_t *text = json_object_get(anchor, "certificate");
        X509 *other = NULL;

        if (trust_anchor_decode((struct str){json_string_value(text), json_string_length(text)},
                                &other) == TRUST_ANCHOR_OK)
            found |= X509_cmp(other, certificate) == 0;
        X509_free(other);
    }
    return found;
}

static bool edit_anchor(json_t *spec, void *arg, char *why)
{
    const X509 *certificate = arg;
    json_t *section = member(spec, "trustAnchors", json_object());
    json_t *list = section == NULL ? NULL : member(section, "anchors", json_array());
    struct buf pem = buf_growing();
    struct buf base64 = buf_growing();

    if (list == NULL)
        return fail(why, "spec.trustAnchors.anchors: expected an array");
    if (!has_anchor(list, certificate)) {
        pki_pem(certificate, &pem);
        base64_encode(&base64, pem.ptr, pem.len);
        (void)json_array_append_new(list,
                                    json_pack("{s:o}", "certificate", text_json(buf_str(&base64))));
    }
    buf_fini(&pem);
    buf_fini(&base64);
    return true;
}

enum registry_err registry_edit_anchor(const struct registry_target *t, X509 *certificate,
                                       char *why)
{
    return registry_edit(t, edit_anchor, certificate, why);
}
