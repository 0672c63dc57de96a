#include "reference/registry_meta.h"

#include <stdio.h>

#include "lib/buf.h"
#include "lib/rfc3339.h"
#include "lib/utf8.h"

static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* RFC 1123 2.1: labels of letters, digits and hyphens, which neither begin nor end one. */
bool registry_app_name_ok(struct str name)
{
    size_t label = 0; /* its length so far */

    if (name.len == 0 || name.len > REGISTRY_APP_NAME_MAX)
        return false;
    for (size_t i = 0; i <= name.len; i++) {
        const bool ends = i == name.len || name.ptr[i] == '.';

        if (ends && (label == 0 || label > 63 || name.ptr[i - 1] == '-'))
            return false;
        if (!ends && (!is_label_char(name.ptr[i]) || (label == 0 && name.ptr[i] == '-')))
            return false;
        label = ends ? 0 : label + 1;
    }
    return true;
}

bool registry_device_name_ok(struct str name)
{
    return name.len > 0 && name.len <= REGISTRY_DEVICE_NAME_MAX &&
           memchr(name.ptr, '\0', name.len) == NULL && utf8_valid(name);
}

static bool is_app_name(const json_t *v)
{
    return json_is_string(v) &&
           registry_app_name_ok((struct str){json_string_value(v), json_string_length(v)});
}

static bool is_device_name(const json_t *v)
{
    return json_is_string(v) &&
           registry_device_name_ok((struct str){json_string_value(v), json_string_length(v)});
}

static bool is_string(const json_t *v)
{
    return json_is_string(v);
}

static bool is_time(const json_t *v)
{
    int64_t unix_us;

    return json_is_string(v) &&
           rfc3339_parse((struct str){json_string_value(v), json_string_length(v)}, &unix_us);
}

static bool is_count(const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) >= 0;
}

static bool is_string_map(const json_t *v)
{
    const char *key;
    json_t *value;

    if (!json_is_object(v))
        return false;
    json_object_foreach((json_t *)(uintptr_t)v, key, value)
    {
        if (!json_is_string(value))
            return false;
    }
    return true;
}

static bool is_string_list(const json_t *v)
{
    const json_t *value;
    size_t i;

    if (!json_is_array(v))
        return false;
    json_array_foreach(v, i, value)
    {
        if (!json_is_string(value))
            return false;
    }
    return true;
}

enum { OF_APP = 1 << REGISTRY_APP, OF_DEVICE = 1 << REGISTRY_DEVICE, OF_BOTH = OF_APP | OF_DEVICE };

static const struct field {
    const char *name;
    unsigned of;       /* OF_* kinds that may have it */
    unsigned required; /* OF_* kinds that must have it */
    bool (*ok)(const json_t *v);
    const char *expected;
} fields[] = {
    {"name",              OF_APP,    OF_APP,    is_app_name,
     "a host name in lower case (letters, digits, hyphens, dots) of 1 to 64 characters"              },
    {"name",              OF_DEVICE, OF_DEVICE, is_device_name, "text of 1 to 255 bytes"             },
    {"application",       OF_DEVICE, OF_DEVICE, is_app_name,    "the name of an application"         },
    {"uid",               OF_BOTH,   0,         is_string,      "a string"                           },
    {"resourceVersion",   OF_BOTH,   0,         is_string,      "a string"                           },
    {"generation",        OF_BOTH,   0,         is_count,       "a number that is not negative"      },
    {"creationTimestamp", OF_BOTH,   0,         is_time,        "a time such as 2026-01-31T12:00:00Z"},
    {"deletionTimestamp", OF_BOTH,   0,         is_time,        "a time such as 2026-01-31T12:00:00Z"},
    {"labels",            OF_BOTH,   0,         is_string_map,  "an object with strings as values"   },
    {"annotations",       OF_BOTH,   0,         is_string_map,  "an object with strings as values"   },
    {"finalizers",        OF_BOTH,   0,         is_string_list, "an array of strings"                },
};

static const struct field *find_field(enum registry_kind kind, const char *name)
{
    for (size_t i = 0; i < COUNT(fields); i++)
        if ((fields[i].of & 1U << kind) != 0 && strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static enum registry_err check_fields(enum registry_kind kind, const json_t *metadata, char *why)
{
    const char *key;
    json_t *value;

    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct field *f = &fields[i];
        const json_t *v = json_object_get(metadata, f->name);
        const bool absent = v == NULL || (json_is_null(v) && (f->required & 1U << kind) == 0);

        if ((f->of & 1U << kind) == 0)
            continue;
        if (absent ? (f->required & 1U << kind) != 0 : !f->ok(v)) {
            (void)snprintf(why, REGISTRY_WHY_LEN, "metadata.%s: expected %s", f->name, f->expected);
            return REGISTRY_INVALID;
        }
    }
    json_object_foreach((json_t *)(uintptr_t)metadata, key, value)
    {
        if (find_field(kind, key) == NULL) {
            (void)snprintf(why, REGISTRY_WHY_LEN, "metadata.%.64s: unknown field", key);
            return REGISTRY_INVALID;
        }
    }
    return REGISTRY_OK;
}

static struct str text_of(const json_t *metadata, const char *field)
{
    const json_t *v = json_object_get(metadata, field);

    return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)}
                             : (struct str){"", 0};
}

/* NULL when it is absent or empty. */
static const json_t *filled(const json_t *metadata, const char *field)
{
    const json_t *v = json_object_get(metadata, field);

    return json_object_size(v) > 0 || json_array_size(v) > 0 ? v : NULL;
}

enum registry_err registry_meta_parse(enum registry_kind kind, const json_t *doc,
                                      struct registry_meta *out, char *why)
{
    const json_t *metadata = json_object_get(doc, "metadata");
    int64_t created_us = 0;

    if (!json_is_object(metadata)) {
        (void)snprintf(why, REGISTRY_WHY_LEN, "metadata: expected an object");
        return REGISTRY_INVALID;
    }
    const enum registry_err err = check_fields(kind, metadata, why);

    if (err != REGISTRY_OK)
        return err;
    if (!rfc3339_parse(text_of(metadata, "creationTimestamp"), &created_us))
        created_us = 0;
    *out = (struct registry_meta){
        .application = text_of(metadata, "application"),
        .name = text_of(metadata, "name"),
        .uid = text_of(metadata, "uid"),
        .resource_version = text_of(metadata, "resourceVersion"),
        .created_us = created_us,
        .labels = filled(metadata, "labels"),
        .annotations = filled(metadata, "annotations"),
        .finalizers = filled(metadata, "finalizers"),
    };
    return REGISTRY_OK;
}

void registry_record_fini(struct registry_record *record)
{
    json_decref(record->body);
    arena_fini(&record->memory);
    *record = (struct registry_record){0};
}

static void set_text(json_t *object, const char *field, struct str text)
{
    if (text.len > 0)
        (void)json_object_set_new(object, field, json_stringn(text.ptr, text.len));
}

static void set_time(json_t *object, const char *field, int64_t unix_us)
{
    char text[64];
    struct buf b = buf_over(text, sizeof text);

    rfc3339_format(unix_us, &b);
    set_text(object, field, buf_str(&b));
}

static void copy_field(json_t *to, const json_t *from, const char *field)
{
    json_t *v = json_object_get(from, field);

    if (v != NULL)
        (void)json_object_set(to, field, v);
}

json_t *registry_record_render(const struct registry_record *record)
{
    json_t *metadata = json_object();
    json_t *doc = json_object();

    set_text(metadata, "application", record->application);
    set_text(metadata, "name", record->name);
    set_text(metadata, "uid", record->uid);
    set_time(metadata, "creationTimestamp", record->created_us);
    (void)json_object_set_new(metadata, "generation", json_integer(record->generation));
    set_text(metadata, "resourceVersion", record->resource_version);
    if (record->deleted_us != 0)
        set_time(metadata, "deletionTimestamp", record->deleted_us);
    copy_field(metadata, record->body, "finalizers");
    copy_field(metadata, record->body, "labels");
    copy_field(metadata, record->body, "annotations");
    (void)json_object_set_new(doc, "metadata", metadata);
    copy_field(doc, record->body, "spec");
    copy_field(doc, record->body, "status");
    return doc;
}
