#include "reference/registry_doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/rfc3339.h"
#include "reference/dn.h"
#include "reference/password.h"
#include "reference/publish_rules.h"
#include "reference/trust_anchor.h"

/* The entry that is being built, and the first fault found. */
struct build {
    struct registry_entry *entry;
    char *fault;
};

/* Remembers the first fault; always false. */
PRINTF_LIKE(2, 3) static bool fault(struct build *b, const char *format, ...)
{
    va_list args;

    if (b->fault[0] != '\0')
        return false;
    va_start(args, format);
    (void)vsnprintf(b->fault, REGISTRY_WHY_LEN, format, args);
    va_end(args);
    return false;
}

static struct str text_of(const json_t *v)
{
    return (struct str){json_string_value(v), json_string_length(v)};
}

static struct str keep(struct build *b, const json_t *v)
{
    return arena_str(&b->entry->memory, text_of(v));
}

/* The only member of an object; false when it has none or several. */
static bool only_member(const json_t *object, const char **key, const json_t **value)
{
    void *at = json_object_iter((json_t *)(uintptr_t)object);

    if (json_object_size(object) != 1)
        return false;
    *key = json_object_iter_key(at);
    *value = json_object_iter_value(at);
    return true;
}

/* --- sections of a device ----------------------------------------------------------------------
 */

struct credentials {
    struct registry_password *passwords;
    size_t password_count;
    struct registry_psk *psks;
    size_t psk_count;
    const char *section;
    size_t at; /* of the credential that is being read */
};

static bool credential_fault(struct build *b, const struct credentials *c, const char *what)
{
    return fault(b, "spec.%s.credentials[%zu]%s", c->section, c->at, what);
}

static const struct {
    const char *name;
    enum registry_password_form form;
    const char *prefix; /* of every hash of this form */
} password_forms[] = {
    {"plain",  REGISTRY_PLAIN,  ""   },
    {"bcrypt", REGISTRY_BCRYPT, "$2" },
    {"sha512", REGISTRY_SHA512, "$6$"},
};

/*
 * `"text"` or `{"plain"|"bcrypt"|"sha512":"text"}`. A hash that is none can match nothing: it is
 * left out (secret.ptr stays NULL) and told.
 */
static bool read_password(struct build *b, const struct credentials *c, const json_t *v,
                          struct registry_password *out)
{
    const char *key;

    if (json_is_string(v)) {
        out->form = REGISTRY_PLAIN;
        out->secret = keep(b, v);
        return true;
    }
    if (!only_member(v, &key, &v) || !json_is_string(v))
        return credential_fault(b, c,
                                ": expected a password: a string, or plain, bcrypt or sha512");
    for (size_t i = 0; i < COUNT(password_forms); i++) {
        const char *prefix = password_forms[i].prefix;

        if (strcmp(key, password_forms[i].name) != 0)
            continue;
        out->form = password_forms[i].form;
        if (password_forms[i].form == REGISTRY_PLAIN ||
            (strncmp(json_string_value(v), prefix, strlen(prefix)) == 0 &&
             password_hash_valid(text_of(v))))
            out->secret = keep(b, v);
        else
            (void)credential_fault(b, c,
                                   ": expected a whole bcrypt ($2b$) or sha512-crypt ($6$) "
                                   "hash, of bearable cost");
        return true;
    }
    return credential_fault(b, c, ": unknown password form, expected plain, bcrypt or sha512");
}

static bool read_pass(struct build *b, struct credentials *c, const json_t *v)
{
    struct registry_password p = {
        .username = {"", 0}
    };

    if (!read_password(b, c, v, &p))
        return false;
    if (p.secret.ptr != NULL)
        c->passwords[c->password_count++] = p;
    return true;
}

static bool read_user(struct build *b, struct credentials *c, const json_t *v)
{
    const json_t *username = json_object_get(v, "username");
    const json_t *unique = json_object_get(v, "unique");
    struct registry_password p = {.is_user = true, .unique = json_is_true(unique)};

    if (!json_is_string(username))
        return credential_fault(b, c, ".user.username: expected a string");
    if (unique != NULL && !json_is_boolean(unique))
        return credential_fault(b, c, ".user.unique: expected true or false");
    if (!read_password(b, c, json_object_get(v, "password"), &p))
        return false;
    p.username = keep(b, username);
    if (p.secret.ptr != NULL)
        c->passwords[c->password_count++] = p;
    return true;
}

/* Stored and shown; nothing is ever checked against it. */
static bool read_cert(struct build *b, struct credentials *c, const json_t *v)
{
    return json_is_string(v) || credential_fault(b, c, ".cert: expected a string");
}

static bool read_time(const json_t *object, const char *field, int64_t *unix_us)
{
    const json_t *v = json_object_get(object, field);

    return json_is_string(v) && rfc3339_parse(text_of(v), unix_us);
}

static bool read_psk(struct build *b, struct credentials *c, const json_t *v)
{
    const json_t *key = json_object_get(v, "key");
    const json_t *validity = json_object_get(v, "validity");
    struct registry_psk p = {.not_before_us = INT64_MIN, .not_after_us = INT64_MAX};
    uint8_t bytes[REGISTRY_KEY_MAX];
    size_t len = 0;

    if (!json_is_string(key) || !base64_decode(text_of(key), bytes, sizeof bytes, &len) || len == 0)
        return credential_fault(b, c, ".psk.key: expected 1 to 512 bytes in base64");
    p.key = arena_str(&b->entry->memory, (struct str){(const char *)bytes, len});
    explicit_bzero(bytes, sizeof bytes);
    if (validity != NULL && !json_is_null(validity)) {
        if (!read_time(validity, "notBefore", &p.not_before_us))
            return credential_fault(b, c,
                                    ".psk.validity.notBefore: expected a time such as "
                                    "2026-01-31T12:00:00Z");
        if (!read_time(validity, "notAfter", &p.not_after_us))
            return credential_fault(b, c,
                                    ".psk.validity.notAfter: expected a time such as "
                                    "2026-01-31T12:00:00Z");
        if (p.not_before_us > p.not_after_us)
            (void)credential_fault(b, c, ".psk.validity: notAfter lies before notBefore");
    }
    c->psks[c->psk_count++] = p;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct build *b, struct credentials *c, const json_t *v);
} credential_forms[] = {
    {"pass", read_pass},
    {"user", read_user},
    {"cert", read_cert},
    {"psk",  read_psk },
};

static bool read_credential(struct build *b, struct credentials *c, const json_t *v)
{
    const char *key;

    if (only_member(v, &key, &v))
        for (size_t i = 0; i < COUNT(credential_forms); i++)
            if (strcmp(key, credential_forms[i].name) == 0)
                return credential_forms[i].read(b, c, v);
    return credential_fault(b, c, ": expected an object with one member: pass, user, psk or cert");
}

/* spec.authentication, or the legacy spec.credentials only if that is absent. */
static bool read_credentials(struct build *b, const json_t *spec)
{
    struct registry_device *d = &b->entry->device;
    struct credentials c = {.section = "authentication"};
    const json_t *section = json_object_get(spec, c.section);

    if (section == NULL) {
        c.section = "credentials";
        section = json_object_get(spec, c.section);
    }
    if (section == NULL)
        return true;
    const json_t *list = json_object_get(section, "credentials");
    const size_t count = json_array_size(list);
    const json_t *v;

    if (!json_is_object(section))
        return fault(b, "spec.%s: expected an object", c.section);
    if (list != NULL && !json_is_array(list))
        return fault(b, "spec.%s.credentials: expected an array", c.section);
    c.passwords = arena_take(&b->entry->memory, count, sizeof *c.passwords);
    c.psks = arena_take(&b->entry->memory, count, sizeof *c.psks);
    json_array_foreach(list, c.at, v)
    {
        if (!read_credential(b, &c, v))
            return false;
    }
    d->passwords = c.passwords;
    d->password_count = c.password_count;
    d->psks = c.psks;
    d->psk_count = c.psk_count;
    return true;
}

/* An array of strings into *out; false when it is none. */
static bool read_strings(struct build *b, const json_t *list, const struct str **out, size_t *count)
{
    struct str *kept = arena_take(&b->entry->memory, json_array_size(list), sizeof *kept);
    const json_t *v;
    size_t i;

    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, v)
    {
        if (!json_is_string(v))
            return false;
        kept[i] = keep(b, v);
    }
    *out = kept;
    *count = json_array_size(list);
    return true;
}

static void read_gateways(struct build *b, const json_t *spec)
{
    struct registry_device *d = &b->entry->device;
    const json_t *section = json_object_get(spec, "gatewaySelector");

    if (section != NULL &&
        !read_strings(b, json_object_get(section, "matchNames"), &d->gateways, &d->gateway_count))
        (void)fault(b, "spec.gatewaySelector.matchNames: expected an array of strings");
}

/* False when the section disables, or cannot be decoded. */
static bool read_core(struct build *b, const json_t *spec)
{
    const json_t *core = json_object_get(spec, "core");
    const json_t *disabled = json_object_get(core, "disabled");

    if (core != NULL && !json_is_object(core))
        return fault(b, "spec.core: expected an object");
    if (disabled != NULL && !json_is_boolean(disabled))
        return fault(b, "spec.core.disabled: expected true or false");
    return !json_is_true(disabled);
}

/* Name, spec.alias and unique usernames: all names that lead to the device. */
static void read_device_aliases(struct build *b, const json_t *spec)
{
    const struct registry_device *d = &b->entry->device;
    const json_t *section = json_object_get(spec, "alias");
    const struct str *listed = NULL;
    size_t count = 0;

    if (section != NULL && !read_strings(b, section, &listed, &count))
        (void)fault(b, "spec.alias: expected an array of strings");
    struct str *aliases =
        arena_take(&b->entry->memory, 1 + count + d->password_count, sizeof *aliases);
    size_t at = 0;

    aliases[at++] = d->name;
    for (size_t i = 0; i < count; i++)
        aliases[at++] = listed[i];
    for (size_t i = 0; i < d->password_count; i++)
        if (d->passwords[i].unique)
            aliases[at++] = d->passwords[i].username;
    b->entry->aliases = aliases;
    b->entry->alias_count = at;
}

static void build_device(struct build *b, const struct registry_record *record, const json_t *spec)
{
    struct registry_device *d = &b->entry->device;

    d->app_name = arena_str(&b->entry->memory, record->application);
    d->name = arena_str(&b->entry->memory, record->name);
    d->uid = arena_str(&b->entry->memory, record->uid);
    bool core = read_core(b, spec);

    d->broken = !read_credentials(b, spec) || record->deleted_us != 0;
    d->disabled = !core || d->broken;
    read_gateways(b, spec);
    read_device_aliases(b, spec);
}

/* --- sections of an application ------------------------------------------------------------------
 */

/* Adds the name to the aliases, once, unless it is empty. */
static void add_alias(struct registry_entry *e, struct str *aliases, struct str alias)
{
    for (size_t i = 0; i < e->alias_count; i++)
        if (str_equal(aliases[i], alias))
            return;
    if (alias.len > 0)
        aliases[e->alias_count++] = alias;
}

static void read_anchor(struct build *b, size_t at, const json_t *anchor,
                        struct registry_anchor *out)
{
    struct buf dn = buf_growing();
    const enum trust_anchor_err err =
        trust_anchor_decode(text_of(json_object_get(anchor, "certificate")), &out->certificate);

    if (err == TRUST_ANCHOR_OK) {
        dn_text(X509_get_subject_name(out->certificate), &dn);
        out->subject = arena_str(&b->entry->memory, buf_str(&dn));
    } else {
        (void)fault(b, "spec.trustAnchors.anchors[%zu].certificate: %s", at,
                    trust_anchor_text(err));
    }
    buf_fini(&dn);
}

static void read_rules(struct build *b, const json_t *spec)
{
    struct registry_app *a = &b->entry->app;

    a->rules = publish_rules_compile(json_object_get(spec, "publish"), &b->entry->memory);
    const struct str why = publish_rules_fault(a->rules);

    if (why.len > 0)
        (void)fault(b, "%s", why.ptr);
}

static void build_app(struct build *b, const struct registry_record *record, const json_t *spec)
{
    struct registry_app *a = &b->entry->app;
    const json_t *section = json_object_get(spec, "trustAnchors");
    const char *list_fault = NULL;
    const json_t *list = section == NULL ? NULL : trust_anchor_list(section, &list_fault);
    const size_t count = json_array_size(list);
    struct registry_anchor *anchors = arena_take(&b->entry->memory, count, sizeof *anchors);
    struct str *aliases = arena_take(&b->entry->memory, count + 1, sizeof *aliases);
    const json_t *anchor;
    size_t i;

    a->name = arena_str(&b->entry->memory, record->name);
    a->uid = arena_str(&b->entry->memory, record->uid);
    a->disabled = record->deleted_us != 0;
    a->disabled |= !read_core(b, spec);
    a->anchors = anchors;
    read_rules(b, spec);
    if (list_fault != NULL)
        (void)fault(b, "spec.trustAnchors%s", list_fault);
    add_alias(b->entry, aliases, a->name);
    json_array_foreach(list, i, anchor)
    {
        read_anchor(b, i, anchor, &anchors[a->anchor_count]);
        if (anchors[a->anchor_count].certificate != NULL)
            add_alias(b->entry, aliases, anchors[a->anchor_count++].subject);
    }
    b->entry->aliases = aliases;
}

struct registry_entry *registry_doc_entry(const struct registry_record *record, char *fault_text)
{
    struct build b = {.entry = registry_entry_new(record->kind), .fault = fault_text};
    const json_t *spec = json_object_get(record->body, "spec");

    fault_text[0] = '\0';
    b.entry->resource_version = arena_str(&b.entry->memory, record->resource_version);
    if (record->kind == REGISTRY_APP)
        build_app(&b, record, spec);
    else
        build_device(&b, record, spec);
    return b.entry;
}

/* --- what is stored ----------------------------------------------------------------------------
 */

static void set_filled(json_t *body, const char *field, const json_t *v)
{
    if (v != NULL)
        (void)json_object_set_new(body, field, json_deep_copy(v));
}

/* NULL when there is no list to report on. */
static json_t *anchor_status(const json_t *section)
{
    const char *list_fault = NULL;
    const json_t *list = trust_anchor_list(section, &list_fault);

    return list == NULL ? NULL : trust_anchor_status(list);
}

/* Sections of an application with a member of status that reports on them. */
static const struct {
    const char *section;
    json_t *(*report)(const json_t *section);
} reports[] = {
    {"trustAnchors", anchor_status       },
    {"publish",      publish_rules_status},
};

/* These members of status are ours, whatever the document says. */
static void set_reports(json_t *body)
{
    const json_t *spec = json_object_get(body, "spec");

    for (size_t i = 0; i < COUNT(reports); i++) {
        const json_t *section = json_object_get(spec, reports[i].section);
        json_t *report = section == NULL ? NULL : reports[i].report(section);
        json_t *status = json_object_get(body, "status");

        (void)json_object_del(status, reports[i].section);
        if (report == NULL)
            continue;
        if (status == NULL) {
            status = json_object();
            (void)json_object_set_new(body, "status", status);
        }
        (void)json_object_set_new(status, reports[i].section, report);
    }
}

enum registry_err registry_doc_body(enum registry_kind kind, const json_t *doc,
                                    const struct registry_meta *meta, json_t **body, char *why)
{
    static const char *const parts[] = {"spec", "status"};

    *body = NULL;
    for (size_t i = 0; i < COUNT(parts); i++) {
        const json_t *v = json_object_get(doc, parts[i]);

        if (v != NULL && !json_is_null(v) && !json_is_object(v)) {
            (void)snprintf(why, REGISTRY_WHY_LEN, "%s: expected an object", parts[i]);
            return REGISTRY_INVALID;
        }
    }
    *body = json_object();
    set_filled(*body, "labels", meta->labels);
    set_filled(*body, "annotations", meta->annotations);
    set_filled(*body, "finalizers", meta->finalizers);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (json_object_size(json_object_get(doc, parts[i])) > 0)
            set_filled(*body, parts[i], json_object_get(doc, parts[i]));
    if (kind == REGISTRY_APP)
        set_reports(*body);
    if (json_object_size(json_object_get(*body, "status")) == 0)
        (void)json_object_del(*body, "status");
    return REGISTRY_OK;
}
