#include "lib/target_broker.h"

#include "lib/target_lua.h"

#define FIELD(title, kind, member)                                                                 \
    {                                                                                              \
        .name = (title), .type = (kind), .offset = offsetof(struct target_broker, member)          \
    }
#define CHOICE(title, member, names)                                                               \
    {                                                                                              \
        .name = (title), .type = TARGET_CHOICE, .offset = offsetof(struct target_broker, member),  \
        .choices = (names)                                                                         \
    }

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The fields of either kind of broker; schemes: two, `a://` and `as://`. */
static void check(struct target_reader *r, const struct target_broker *b, const char *plain,
                  const char *secure)
{
    if (b->url == NULL)
        target_reader_say(r, NULL, "\"url\" is missing");
    else if (!starts(b->url, plain) && !starts(b->url, secure))
        target_reader_say(r, "url", "expected %sHOST:PORT or %sHOST:PORT", plain, secure);
    if (b->password != NULL && b->user == NULL)
        target_reader_say(r, "password", "belongs to a user: give \"user\" too");
    if (b->ca != NULL && b->url != NULL && starts(b->url, plain))
        target_reader_say(r, "ca", "is for %s", secure);
}

void target_read_mqtt(struct target_reader *r, struct target_broker *b)
{
    static const struct target_field fields[] = {
        FIELD("url", TARGET_TEXT, url),
        FIELD("user", TARGET_TEXT, user),
        FIELD("password", TARGET_TEXT, password),
        FIELD("ca", TARGET_FILE, ca),
        CHOICE("mode", mode, "structured|binary"),
        CHOICE("version", version, "5|3.1.1"),
    };

    target_reader_enter(r, "mqtt");
    size_t before = r->problems.len;

    target_reader_table(r, fields, COUNT(fields), b);
    if (r->problems.len == before) /* one mistake is told once */
        check(r, b, "mqtt://", "mqtts://");
    if (b->mode == TARGET_MQTT_BINARY && b->version == TARGET_MQTT_311)
        target_reader_say(r, "mode", "MQTT 3.1.1 knows \"structured\" only");
    target_reader_leave(r);
}

void target_read_kafka(struct target_reader *r, struct target_broker *b)
{
    static const struct target_field fields[] = {
        FIELD("url", TARGET_TEXT, url),
        FIELD("user", TARGET_TEXT, user),
        FIELD("password", TARGET_TEXT, password),
        FIELD("ca", TARGET_FILE, ca),
    };

    target_reader_enter(r, "kafka");
    size_t before = r->problems.len;

    target_reader_table(r, fields, COUNT(fields), b);
    if (r->problems.len == before)
        check(r, b, "kafka://", "kafkas://");
    target_reader_leave(r);
}

void target_read_helpers(struct target_reader *r, struct target *t)
{
    static const struct target_field fields[] = {
        {.name = "exec",
         .type = TARGET_START,
         .offset = offsetof(struct target_helper, exec),
         .required = true},
    };
    size_t count = lua_istable(r->L, -1) ? (size_t)lua_rawlen(r->L, -1) : 0;

    target_reader_enter(r, "helpers");
    if (count == 0 || count > TARGET_MAX_HELPERS) {
        target_reader_say(r, NULL, "expected a list of 1 to %d programs", TARGET_MAX_HELPERS);
        count = 0;
    }
    struct target_helper *helpers = arena_take(r->arena, count + 1, sizeof *helpers);

    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(r->L, -1, (lua_Integer)i + 1);
        target_reader_enter_item(r, i + 1);
        target_reader_table(r, fields, COUNT(fields), &helpers[i]);
        target_reader_leave(r);
        lua_pop(r->L, 1);
    }
    t->helpers = helpers;
    t->helper_count = count;
    target_reader_leave(r);
}
