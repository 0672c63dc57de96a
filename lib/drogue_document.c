#include "lib/drogue_document.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base64.h"
#include "lib/buf.h"

static json_t *string_of(const struct buf *b)
{
    return json_stringn(b->len == 0 ? "" : b->ptr, b->len);
}

static json_t *metadata_of(const json_t *request, const char *name_field, const char *run_id)
{
    json_t *name = json_object_get(request, name_field);

    return json_pack("{s:O, s:{s:s}}", "name", name, "labels", DROGUE_RUN_LABEL, run_id);
}

static bool has_name(const json_t *request, const char *field, char *why)
{
    if (json_is_string(json_object_get(request, field)))
        return true;
    (void)snprintf(why, DROGUE_WHY_LEN, "\"%s\" must be a text", field);
    return false;
}

/* Takes spec. */
static json_t *finish(const json_t *request, json_t *metadata, json_t *spec)
{
    if (json_is_false(json_object_get(request, "enabled")))
        (void)json_object_set_new(spec, "core", json_pack("{s:b}", "disabled", 1));
    (void)json_object_update_recursive(spec, json_object_get(request, "spec"));
    return json_pack("{s:o, s:o}", "metadata", metadata, "spec", spec);
}

/* DRG: base64 of the PEM text. */
static json_t *trust_anchors(const json_t *list)
{
    json_t *anchors = json_array(), *pem;
    size_t i;

    json_array_foreach(list, i, pem)
    {
        struct buf b = buf_growing();

        base64_encode(&b, json_string_value(pem), json_string_length(pem));
        (void)json_array_append_new(anchors, json_pack("{s:o}", "certificate", string_of(&b)));
        buf_fini(&b);
    }
    return json_pack("{s:o}", "anchors", anchors);
}

json_t *drogue_application(const json_t *request, const char *run_id, char *why)
{
    const json_t *list = json_object_get(request, "trust_anchors"), *pem;
    json_t *spec;
    size_t i;

    if (!has_name(request, "application", why))
        return NULL;
    json_array_foreach(list, i, pem)
    {
        if (!json_is_string(pem)) {
            (void)snprintf(why, DROGUE_WHY_LEN, "\"trust_anchors\" must be a list of PEM texts");
            return NULL;
        }
    }
    spec = json_object();
    if (json_array_size(list) > 0)
        (void)json_object_set_new(spec, "trustAnchors", trust_anchors(list));
    return finish(request, metadata_of(request, "application", run_id), spec);
}

/* The hash that form names, as crypt(3) writes it. NULL: no such form. */
static json_t *hash_password(const char *form, const char *password)
{
    static const struct {
        const char *name;
        const char *prefix;
        unsigned long cost; /* the least: hashing is not what is tested */
    } forms[] = {
        {"bcrypt", "$2b$", 4},
        {"sha512", "$6$",  0},
    };
    struct crypt_data *data = xcalloc(1, sizeof *data);
    json_t *hash = NULL;
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    for (size_t i = 0; i < COUNT(forms); i++) {
        if (strcmp(form, forms[i].name) != 0)
            continue;
        const char *text =
            crypt_gensalt_rn(forms[i].prefix, forms[i].cost, NULL, 0, setting, sizeof setting);

        text = text == NULL ? NULL : crypt_r(password, setting, data);
        if (text != NULL && text[0] == '$')
            hash = json_string(text);
    }
    free(data);
    return hash;
}

/* `"text"`, or `{"bcrypt":"$2b$..."}` */
static json_t *password_of(const json_t *credential, char *why)
{
    json_t *plain = json_object_get(credential, "password");
    const char *form = json_string_value(json_object_get(credential, "hash"));

    if (!json_is_string(plain)) {
        (void)snprintf(why, DROGUE_WHY_LEN, "a credential needs \"password\" or \"psk\"");
        return NULL;
    }
    if (form == NULL || strcmp(form, "plain") == 0)
        return json_incref(plain);
    json_t *hash = hash_password(form, json_string_value(plain));

    if (hash == NULL) {
        (void)snprintf(why, DROGUE_WHY_LEN,
                       "\"hash\" is \"plain\", \"bcrypt\" or \"sha512\", not \"%.40s\"", form);
        return NULL;
    }
    return json_pack("{s:o}", form, hash);
}

static json_t *psk_of(const json_t *credential, json_t *key)
{
    json_t *from = json_object_get(credential, "not_before");
    json_t *to = json_object_get(credential, "not_after");
    json_t *psk = json_pack("{s:O}", "key", key);

    /* Drogue wants both or none */
    if (json_is_string(from) || json_is_string(to))
        (void)json_object_set_new(
            psk, "validity",
            json_pack("{s:o, s:o}", "notBefore",
                      json_is_string(from) ? json_incref(from)
                                           : json_string("1970-01-01T00:00:00Z"),
                      "notAfter",
                      json_is_string(to) ? json_incref(to) : json_string("9999-12-31T23:59:59Z")));
    return json_pack("{s:o}", "psk", psk);
}

static json_t *credential_of(const json_t *credential, char *why)
{
    json_t *key = json_object_get(credential, "psk"),
           *name = json_object_get(credential, "username");

    if (json_is_string(key))
        return psk_of(credential, key);
    json_t *password = password_of(credential, why);

    if (password == NULL)
        return NULL;
    if (!json_is_string(name))
        return json_pack("{s:o}", "pass", password);
    return json_pack("{s:{s:O, s:o, s:b}}", "user", "username", name, "password", password,
                     "unique", json_is_true(json_object_get(credential, "unique")));
}

static bool add_credentials(const json_t *request, json_t *spec, char *why)
{
    const json_t *list = json_object_get(request, "credentials"), *item;
    json_t *credentials = json_array();
    size_t i;

    json_array_foreach(list, i, item)
    {
        json_t *credential = credential_of(item, why);

        if (credential == NULL) {
            json_decref(credentials);
            return false;
        }
        (void)json_array_append_new(credentials, credential);
    }
    if (json_array_size(credentials) > 0)
        (void)json_object_set_new(spec, "authentication",
                                  json_pack("{s:o}", "credentials", credentials));
    else
        json_decref(credentials);
    return true;
}

json_t *drogue_device(const json_t *request, const char *run_id, char *why)
{
    json_t *aliases = json_object_get(request, "aliases");
    json_t *gateways = json_object_get(request, "gateways");
    json_t *spec, *metadata;

    if (!has_name(request, "application", why) || !has_name(request, "device", why))
        return NULL;
    spec = json_object();
    if (!add_credentials(request, spec, why)) {
        json_decref(spec);
        return NULL;
    }
    if (json_array_size(aliases) > 0)
        (void)json_object_set(spec, "alias", aliases);
    if (json_array_size(gateways) > 0)
        (void)json_object_set_new(spec, "gatewaySelector",
                                  json_pack("{s:O}", "matchNames", gateways));
    metadata = metadata_of(request, "device", run_id);
    (void)json_object_set(metadata, "application", json_object_get(request, "application"));
    return finish(request, metadata, spec);
}
