#include "conformance/json.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/utf8.h"

/* With `?` for each byte that stands in no UTF-8 sequence. */
static json_t *replaced(const char *text)
{
    struct buf b = buf_growing();
    size_t len = strlen(text);
    json_t *value;

    for (size_t i = 0; i < len;) {
        size_t n = 1;

        while (n <= 4 && i + n <= len && !utf8_valid((struct str){text + i, n}))
            n++;
        if (n > 4 || i + n > len) {
            buf_add_char(&b, '?');
            i++;
        } else {
            buf_add(&b, text + i, n);
            i += n;
        }
    }
    value = json_stringn(b.ptr == NULL ? "" : b.ptr, b.len);
    buf_fini(&b);
    assert(value != NULL);
    return value;
}

json_t *json_of_text(const char *text)
{
    json_t *value = json_string(text);

    return value != NULL ? value : replaced(text);
}

json_t *json_of_texts(const struct texts *texts)
{
    json_t *list = json_array();

    for (size_t i = 0; i < texts->count; i++)
        (void)json_array_append_new(list, json_of_text(texts->item[i]));
    return list;
}

static json_t *json_of_kills(const struct case_def *def)
{
    json_t *list = json_array();

    for (size_t i = 0; i < def->kill_count; i++) {
        json_t *kill = json_object();

        (void)json_object_set_new(kill, "mutant", json_of_text(def->kills[i].mutant));
        if (def->kills[i].field != NULL)
            (void)json_object_set_new(kill, "field", json_of_text(def->kills[i].field));
        (void)json_array_append_new(list, kill);
    }
    return list;
}

json_t *json_of_case(const struct case_def *def)
{
    json_t *object = json_object();
    json_t *bindings = json_array();

    for (int b = 0; b < BINDINGS; b++) {
        if ((def->bindings & 1U << b) != 0)
            (void)json_array_append_new(bindings, json_string(binding_name((enum binding)b)));
    }
    (void)json_object_set_new(object, "id", json_of_text(def->id));
    (void)json_object_set_new(object, "rev", json_integer(def->rev));
    (void)json_object_set_new(object, "level", json_string(case_level_name(def->level)));
    (void)json_object_set_new(object, "title", json_of_text(def->title));
    (void)json_object_set_new(object, "family", json_of_text(def->family));
    (void)json_object_set_new(object, "refs", json_of_texts(&def->refs));
    (void)json_object_set_new(object, "maps", json_of_texts(&def->maps));
    (void)json_object_set_new(object, "needs", json_of_texts(&def->needs));
    (void)json_object_set_new(object, "kills", json_of_kills(def));
    (void)json_object_set_new(object, "bindings", bindings);
    (void)json_object_set_new(object, "impact", json_string(case_impact_name(def->impact)));
    (void)json_object_set_new(object, "exclusive", json_boolean(def->exclusive));
    (void)json_object_set_new(object, "timing", json_boolean(def->timing));
    (void)json_object_set_new(object, "file", json_of_text(def->file));
    (void)json_object_set_new(object, "line", json_integer(def->line));
    return object;
}

const char *json_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

int64_t json_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}
