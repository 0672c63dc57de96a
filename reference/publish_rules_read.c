#include "reference/publish_rules_read.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/buf.h"
#include "reference/event.h"
#include "reference/media_type.h"
#include "reference/publish_rules.h"

enum { PATH_LEN = 512, FAULT_LEN = PATH_LEN + 256 };

/* The state of one compilation. */
struct reader {
    struct arena *memory;
    struct buf path; /* of what is being read */
    struct buf fault;
    size_t words;
    struct str names[EVENT_MAX_EXTENSIONS]; /* of the extensions that rules set */
    size_t name_count;
};

/* Remembers what is wrong with the value at the path; always false. */
PRINTF_LIKE(2, 3) static bool fault(struct reader *r, const char *format, ...)
{
    char text[192];
    va_list args;

    assert(r->fault.len == 0);
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_add_str(&r->fault, buf_str(&r->path));
    buf_add_str(&r->fault, STR(": "));
    buf_add_str(&r->fault, str_from(text));
    return false;
}

/* Goes down to a member or an element; leave with the length that it returns. */
static size_t enter(struct reader *r, const char *member)
{
    const size_t len = r->path.len;

    buf_add_format(&r->path, ".%s", member);
    return len;
}

static size_t enter_at(struct reader *r, size_t index)
{
    const size_t len = r->path.len;

    buf_add_format(&r->path, "[%zu]", index);
    return len;
}

/* So that a set of rules costs a publish a bounded time. */
static bool count_words(struct reader *r, size_t more)
{
    r->words += more;
    return r->words <= PUBLISH_RULES_MAX_WORDS ||
           fault(r, "at most %d rules, conditions and steps in all", PUBLISH_RULES_MAX_WORDS);
}

static bool read_text(struct reader *r, const json_t *v, struct str *out)
{
    const struct str text = {json_string_value(v), json_string_length(v)};

    if (!json_is_string(v))
        return fault(r, "expected a string");
    if (text.len > PUBLISH_RULES_MAX_TEXT)
        return fault(r, "expected at most %d bytes", PUBLISH_RULES_MAX_TEXT);
    *out = arena_str(r->memory, text);
    return true;
}

/* The name of a word: of `"word"`, or of `{"word": *value}`. NULL when it is neither. */
static const char *word_of(const json_t *v, const json_t **value)
{
    void *at = json_object_iter((json_t *)(uintptr_t)v);

    *value = NULL;
    if (json_is_string(v))
        return json_string_value(v);
    if (json_object_size(v) != 1)
        return NULL;
    *value = json_object_iter_value(at);
    return json_object_iter_key(at);
}

/* --- conditions ----------------------------------------------------------------------------------
 */

static bool read_condition(struct reader *r, const json_t *v, size_t depth,
                           struct publish_condition *out);

static bool read_always(struct reader *r, const json_t *v, size_t depth,
                        struct publish_condition *out)
{
    UNUSED(r);
    UNUSED(v);
    UNUSED(depth);
    UNUSED(out);
    return true;
}

static bool read_channel(struct reader *r, const json_t *v, size_t depth,
                         struct publish_condition *out)
{
    UNUSED(depth);
    return read_text(r, v, &out->channel);
}

static bool read_not(struct reader *r, const json_t *v, size_t depth, struct publish_condition *out)
{
    struct publish_condition *part = arena_take(r->memory, 1, sizeof *part);

    out->parts = part;
    out->count = 1;
    return read_condition(r, v, depth + 1, part);
}

static bool read_parts(struct reader *r, const json_t *v, size_t depth,
                       struct publish_condition *out)
{
    const json_t *element;
    size_t i;

    if (!json_is_array(v))
        return fault(r, "expected an array of conditions");
    if (json_array_size(v) > PUBLISH_RULES_MAX_WORDS)
        return count_words(r, json_array_size(v));
    struct publish_condition *parts = arena_take(r->memory, json_array_size(v), sizeof *parts);

    out->parts = parts;
    out->count = json_array_size(v);
    json_array_foreach(v, i, element)
    {
        const size_t back = enter_at(r, i);

        if (!read_condition(r, element, depth + 1, &parts[i]))
            return false;
        r->path.len = back;
    }
    return true;
}

static const struct condition_word {
    const char *name;
    bool bare; /* a string, else an object with this one member */
    enum publish_condition_kind kind;
    bool (*read)(struct reader *r, const json_t *v, size_t depth, struct publish_condition *out);
} condition_words[] = {
    {"always",    true,  PUBLISH_ALWAYS,  read_always },
    {"isChannel", false, PUBLISH_CHANNEL, read_channel},
    {"not",       false, PUBLISH_NOT,     read_not    },
    {"and",       false, PUBLISH_AND,     read_parts  },
    {"or",        false, PUBLISH_OR,      read_parts  },
};

static bool read_condition(struct reader *r, const json_t *v, size_t depth,
                           struct publish_condition *out)
{
    const json_t *value;
    const char *name = word_of(v, &value);

    if (depth > PUBLISH_RULES_MAX_DEPTH)
        return fault(r, "conditions stand in each other at most %d deep", PUBLISH_RULES_MAX_DEPTH);
    if (!count_words(r, 1))
        return false;
    for (size_t i = 0; i < COUNT(condition_words) && name != NULL; i++) {
        const struct condition_word *w = &condition_words[i];

        if (strcmp(name, w->name) != 0 || w->bare != (value == NULL))
            continue;
        const size_t back = value == NULL ? r->path.len : enter(r, w->name);

        out->kind = w->kind;
        if (!w->read(r, value, depth, out))
            return false;
        r->path.len = back;
        return true;
    }
    return fault(r, "expected \"always\", or an object with one member: isChannel, not, and, or");
}

/* --- steps ---------------------------------------------------------------------------------------
 */

static const struct attribute {
    const char *name;
    size_t offset;
    bool (*allowed)(struct str value);
    const char *expected;
} attributes[] = {
    {"datacontenttype", offsetof(struct event, content_type), media_type_valid,
     "expected a media type such as text/plain"},
    {"dataschema",      offsetof(struct event, data_schema),  event_is_absolute_uri,
     "expected an absolute URI"                },
    {"subject",         offsetof(struct event, subject),      event_subject_allowed,
     "expected text without control characters"},
    {"type",            offsetof(struct event, type),         event_subject_allowed,
     "expected text without control characters"},
};

static const struct attribute *find_attribute(struct reader *r, struct str name)
{
    for (size_t i = 0; i < COUNT(attributes); i++)
        if (str_equal(name, str_from(attributes[i].name)))
            return &attributes[i];
    (void)fault(r, "expected datacontenttype, dataschema, subject or type");
    return NULL;
}

/* `{"name": ..., "value": ...}` */
static bool read_pair(struct reader *r, const json_t *v, struct publish_step *out)
{
    static const char *const members[] = {"name", "value"};
    struct str *const texts[] = {&out->name, &out->value};

    if (json_object_size(v) != COUNT(members) || json_object_get(v, "name") == NULL ||
        json_object_get(v, "value") == NULL)
        return fault(r, "expected an object with name and value");
    for (size_t i = 0; i < COUNT(members); i++) {
        const size_t back = enter(r, members[i]);

        if (!read_text(r, json_object_get(v, members[i]), texts[i]))
            return false;
        r->path.len = back;
    }
    return true;
}

static bool read_bare(struct reader *r, const json_t *v, struct publish_step *out)
{
    UNUSED(r);
    UNUSED(v);
    UNUSED(out);
    return true;
}

static bool read_reject(struct reader *r, const json_t *v, struct publish_step *out)
{
    return read_text(r, v, &out->value);
}

static bool read_set_attribute(struct reader *r, const json_t *v, struct publish_step *out)
{
    if (!read_pair(r, v, out))
        return false;
    const size_t back = enter(r, "name");
    const struct attribute *a = find_attribute(r, out->name);

    if (a == NULL)
        return false;
    r->path.len = back;
    out->offset = a->offset;
    if (a->allowed(out->value))
        return true;
    (void)enter(r, "value");
    return fault(r, "%s", a->expected);
}

static bool read_remove_attribute(struct reader *r, const json_t *v, struct publish_step *out)
{
    if (!read_text(r, v, &out->name))
        return false;
    const struct attribute *a = find_attribute(r, out->name);

    if (a == NULL)
        return false;
    out->offset = a->offset;
    return a->offset != offsetof(struct event, type) || fault(r, "every event needs a type");
}

static bool check_extension_name(struct reader *r, struct str name)
{
    return event_extension_allowed(name) ||
           fault(r,
                 "expected 1 to %d lower-case letters and digits that name no attribute of "
                 "CloudEvents itself",
                 EVENT_EXTENSION_NAME_MAX);
}

/* An event has room for EVENT_MAX_EXTENSIONS of them. */
static bool note_extension_name(struct reader *r, struct str name)
{
    for (size_t i = 0; i < r->name_count; i++)
        if (str_equal(r->names[i], name))
            return true;
    if (r->name_count == EVENT_MAX_EXTENSIONS)
        return fault(r, "rules set at most %d different extensions", EVENT_MAX_EXTENSIONS);
    r->names[r->name_count++] = name;
    return true;
}

static bool read_set_extension(struct reader *r, const json_t *v, struct publish_step *out)
{
    if (!read_pair(r, v, out))
        return false;
    const size_t back = enter(r, "name");

    if (!check_extension_name(r, out->name) || !note_extension_name(r, out->name))
        return false;
    r->path.len = back;
    if (event_text_allowed(out->value))
        return true;
    (void)enter(r, "value");
    return fault(r, "expected text without control characters");
}

static bool read_remove_extension(struct reader *r, const json_t *v, struct publish_step *out)
{
    return read_text(r, v, &out->name) && check_extension_name(r, out->name);
}

/* Drogue Cloud's two words for other services. */
static bool read_external(struct reader *r, const json_t *v, struct publish_step *out)
{
    UNUSED(v);
    UNUSED(out);
    return fault(r, "not supported: this endpoint asks no other service about an event");
}

static const struct step_word {
    const char *name;
    bool bare; /* a string, else an object with this one member */
    enum publish_step_kind kind;
    bool (*read)(struct reader *r, const json_t *v, struct publish_step *out);
} step_words[] = {
    {"drop",            true,  PUBLISH_STEP_DROP,             read_bare            },
    {"break",           true,  PUBLISH_STEP_BREAK,            read_bare            },
    {"reject",          false, PUBLISH_STEP_REJECT,           read_reject          },
    {"setAttribute",    false, PUBLISH_STEP_SET_ATTRIBUTE,    read_set_attribute   },
    {"removeAttribute", false, PUBLISH_STEP_SET_ATTRIBUTE,    read_remove_attribute},
    {"setExtension",    false, PUBLISH_STEP_SET_EXTENSION,    read_set_extension   },
    {"removeExtension", false, PUBLISH_STEP_REMOVE_EXTENSION, read_remove_extension},
    {"validate",        false, PUBLISH_STEP_REJECT,           read_external        },
    {"enrich",          false, PUBLISH_STEP_REJECT,           read_external        },
};

static bool read_step(struct reader *r, const json_t *v, struct publish_step *out)
{
    const json_t *value;
    const char *name = word_of(v, &value);

    if (!count_words(r, 1))
        return false;
    for (size_t i = 0; i < COUNT(step_words) && name != NULL; i++) {
        const struct step_word *w = &step_words[i];

        if (strcmp(name, w->name) != 0 || w->bare != (value == NULL))
            continue;
        const size_t back = value == NULL ? r->path.len : enter(r, w->name);

        out->kind = w->kind;
        if (!w->read(r, value, out))
            return false;
        r->path.len = back;
        return true;
    }
    return fault(r, "expected \"drop\", \"break\", or an object with one member: reject, "
                    "setAttribute, removeAttribute, setExtension, removeExtension");
}

/* --- rules ---------------------------------------------------------------------------------------
 */

static bool read_steps(struct reader *r, const json_t *v, struct publish_rule *out)
{
    const json_t *element;
    size_t i;

    if (!json_is_array(v))
        return fault(r, "expected an array of steps");
    if (json_array_size(v) > PUBLISH_RULES_MAX_WORDS)
        return count_words(r, json_array_size(v));
    struct publish_step *steps = arena_take(r->memory, json_array_size(v), sizeof *steps);

    out->steps = steps;
    out->count = json_array_size(v);
    json_array_foreach(v, i, element)
    {
        const size_t back = enter_at(r, i);

        if (!read_step(r, element, &steps[i]))
            return false;
        r->path.len = back;
    }
    return true;
}

static bool read_rule(struct reader *r, const json_t *v, struct publish_rule *out)
{
    const json_t *when = json_object_get(v, "when");
    const json_t *then = json_object_get(v, "then");

    if (!json_is_object(v) || json_object_size(v) != (when != NULL) + (size_t)(then != NULL))
        return fault(r, "expected an object with when and then, and nothing else");
    size_t back = enter(r, "when");

    if (!count_words(r, 1) || (when != NULL && !read_condition(r, when, 1, &out->when)))
        return false;
    r->path.len = back;
    back = enter(r, "then");
    if (then != NULL && !read_steps(r, then, out))
        return false;
    r->path.len = back;
    return true;
}

static bool read_section(struct reader *r, const json_t *section, struct publish_rules *out)
{
    const json_t *list = json_object_get(section, "rules");
    const json_t *element;
    size_t i;

    if (!json_is_object(section) || json_object_size(section) != (size_t)(list != NULL))
        return fault(r, "expected an object with the one member rules");
    (void)enter(r, "rules");
    if (list != NULL && !json_is_array(list))
        return fault(r, "expected an array of rules");
    if (json_array_size(list) > PUBLISH_RULES_MAX_WORDS)
        return count_words(r, json_array_size(list));
    struct publish_rule *rules = arena_take(r->memory, json_array_size(list), sizeof *rules);

    out->rules = rules;
    out->count = json_array_size(list);
    json_array_foreach(list, i, element)
    {
        const size_t back = enter_at(r, i);

        if (!read_rule(r, element, &rules[i]))
            return false;
        r->path.len = back;
    }
    return true;
}

void publish_rules_read(const json_t *section, struct arena *memory, struct publish_rules *out)
{
    char path[PATH_LEN];
    char fault_text[FAULT_LEN];
    struct reader r = {
        .memory = memory,
        .path = buf_over(path, sizeof path),
        .fault = buf_over(fault_text, sizeof fault_text),
    };

    out->fault = STR("");
    buf_add_str(&r.path, STR("spec.publish"));
    if (!read_section(&r, section, out))
        out->fault = arena_str(memory, buf_str(&r.fault));
    assert(!r.path.overflow && !r.fault.overflow);
}
