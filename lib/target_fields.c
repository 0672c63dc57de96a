#include "lib/target_fields.h"

#include <stdlib.h>

#include "lib/base64.h"
#include "lib/nearest.h"
#include "lib/target_broker.h"
#include "lib/target_parameter.h"

#define FIELD(title, kind, owner, member)                                                          \
    {                                                                                              \
        .name = (title), .type = (kind), .offset = offsetof(owner, member)                         \
    }
#define NEEDED(title, kind, owner, member)                                                         \
    {                                                                                              \
        .name = (title), .type = (kind), .offset = offsetof(owner, member), .required = true       \
    }
#define OWN(title, reader)                                                                         \
    {                                                                                              \
        .name = (title), .type = TARGET_OWN, .read = (reader)                                      \
    }

/* Takes `host[:port]`, host in brackets when it is an IPv6 address. */
static bool take_authority(struct str text, uint16_t default_port, struct str *host, uint16_t *port)
{
    size_t len = 0;
    unsigned long number = 0;

    if (text.len > 0 && text.ptr[0] == '[') {
        const char *end = memchr(text.ptr, ']', text.len);

        if (end == NULL)
            return false;
        *host = (struct str){text.ptr + 1, (size_t)(end - text.ptr) - 1};
        len = host->len + 2;
    } else {
        while (len < text.len && text.ptr[len] != ':')
            len++;
        *host = (struct str){text.ptr, len};
    }
    *port = default_port;
    if (len < text.len && (text.ptr[len] != ':' || text.len - len < 2 || text.len - len > 6))
        return false;
    for (size_t i = len + 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        number = number * 10 + (unsigned long)(text.ptr[i] - '0');
    }
    if (len < text.len)
        *port = (uint16_t)number;
    return host->len > 0 && number <= UINT16_MAX && *port != 0;
}

bool target_take_address(struct arena *arena, const char *url, const char *scheme,
                         uint16_t default_port, struct target_address *out)
{
    struct str rest = str_from(url), host;
    size_t len = strlen(scheme);

    if (strncmp(url, scheme, len) != 0)
        return false;
    rest = (struct str){url + len, rest.len - len};
    if (rest.len > 0 && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    for (size_t i = 0; i < rest.len; i++)
        if (strchr("/?#@", rest.ptr[i]) != NULL)
            return false;
    if (!take_authority(rest, default_port, &host, &out->port))
        return false;
    out->host = arena_str(arena, host).ptr;
    return true;
}

/* Of the fields whose reader gets the whole target. */
static struct target *target_of(void *place)
{
    return place;
}

static void read_address(struct target_reader *r, const char *name, const char *scheme,
                         uint16_t default_port, struct target_address *out)
{
    char why[TARGET_WHY_LEN];
    const char *text = lua_type(r->L, -1) == LUA_TSTRING ? lua_tostring(r->L, -1) : "";
    char *url = target_expand(text, r->places, why);

    if (url == NULL)
        target_reader_say(r, name, "%s", why);
    else if (!target_take_address(r->arena, url, scheme, default_port, out))
        target_reader_say(r, name, "expected \"%shost\" or \"%shost:port\"", scheme, scheme);
    free(url);
}

static void read_coap(struct target_reader *r, void *place)
{
    read_address(r, "coap", "coap://", COAP_PORT, &target_of(place)->coap);
}

static void read_coaps(struct target_reader *r, void *place)
{
    read_address(r, "coaps", "coaps://", COAPS_PORT, &target_of(place)->coaps);
}

static void refuse_parameter(struct target_reader *r, const char *name)
{
    struct target_field known[TARGET_PARAMETERS_MAX];
    size_t count = 0;

    for (; target_parameter_name(count) != NULL; count++)
        known[count] = (struct target_field){.name = target_parameter_name(count)};
    target_reader_unknown(r, name, known, count);
}

static void read_parameter(struct target_reader *r, struct target *t, const char *name)
{
    size_t index = target_parameter_find(name);
    const char *expected;

    if (index == TARGET_PARAMETERS_MAX) {
        refuse_parameter(r, name);
        return;
    }
    if (lua_type(r->L, -1) == LUA_TNUMBER)
        expected = target_parameter_set(t, index, lua_tonumber(r->L, -1));
    else
        expected = target_parameter_set_text(
            t, index, lua_type(r->L, -1) == LUA_TSTRING ? lua_tostring(r->L, -1) : "");
    if (expected != NULL)
        target_reader_say(r, name, "expected %s", expected);
}

static void read_parameters(struct target_reader *r, void *place)
{
    target_reader_enter(r, "parameters");
    if (!lua_istable(r->L, -1)) {
        target_reader_say(r, NULL, "expected a table");
    } else {
        lua_pushnil(r->L);
        for (; lua_next(r->L, -2) != 0; lua_pop(r->L, 1)) {
            if (lua_type(r->L, -2) == LUA_TSTRING)
                read_parameter(r, target_of(place), lua_tostring(r->L, -2));
            else
                target_reader_say(r, NULL, "expected named fields, got a value without a name");
        }
    }
    target_reader_leave(r);
}

/* What the scenarios ask for; those of one's own scenarios begin with `own.` */
static void check_feature(struct target_reader *r, const char *feature)
{
    static const char *const known[] = {
        "auth.basic", "auth.psk", "auth.x509",  "gateway",     "commands",        "block1",
        "block2",     "rules",    "resumption", "ciphers.own", "tokens.extended",
    };
    struct nearest n = nearest_to(str_from(feature));

    for (size_t i = 0; i < COUNT(known); i++) {
        if (strcmp(feature, known[i]) == 0)
            return;
        nearest_offer(&n, known[i]);
    }
    if (strncmp(feature, "own.", 4) == 0)
        return;
    if (n.found != NULL)
        target_reader_say(r, "features", "unknown feature \"%s\", did you mean \"%s\"?", feature,
                          n.found);
    else
        target_reader_say(r, "features",
                          "unknown feature \"%s\": expected auth.basic, auth.psk, auth.x509, "
                          "gateway, commands, block1, block2, rules, resumption, ciphers.own, "
                          "tokens.extended, or own.NAME for scenarios of your own",
                          feature);
}

static void read_features(struct target_reader *r, void *place)
{
    static const struct target_field list = {
        .name = "features", .type = TARGET_TEXTS, .offset = offsetof(struct target, features)};
    struct target *t = target_of(place);

    target_reader_value(r, &list, t);
    for (size_t i = 0; t->features != NULL && t->features[i] != NULL; i++)
        check_feature(r, t->features[i]);
}

static void read_ciphers(struct target_reader *r, void *place)
{
    static const struct target_field list = {
        .name = "ciphers", .type = TARGET_TEXTS, .offset = offsetof(struct target, cipher_list)};
    struct target *t = target_of(place);

    t->ciphers_rfc7252 =
        lua_type(r->L, -1) == LUA_TSTRING && strcmp(lua_tostring(r->L, -1), "rfc7252") == 0;
    if (t->ciphers_rfc7252)
        return;
    if (lua_istable(r->L, -1))
        target_reader_value(r, &list, t);
    else
        target_reader_say(r, "ciphers", "expected \"rfc7252\" or a list of OpenSSL's cipher names");
}

/* `fields` of the table on top of the stack, which is the field `name` of another. */
static void read_section(struct target_reader *r, const char *name,
                         const struct target_field *fields, size_t count, void *target)
{
    target_reader_enter(r, name);
    target_reader_table(r, fields, count, target);
    target_reader_leave(r);
}

/* Of a section that has been read. */
static void say_inside(struct target_reader *r, const char *section, const char *field,
                       const char *text)
{
    target_reader_enter(r, section);
    target_reader_say(r, field, "%s", text);
    target_reader_leave(r);
}

static void read_tls(struct target_reader *r, void *place)
{
    static const struct target_field fields[] = {
        FIELD("ca", TARGET_FILE, struct target, tls.ca),
        FIELD("server_name", TARGET_TEXT, struct target, tls.server_name),
    };

    read_section(r, "tls", fields, COUNT(fields), place);
}

static void read_api(struct target_reader *r, const char *name, struct target_api *api)
{
    static const struct target_field fields[] = {
        FIELD("url", TARGET_TEXT, struct target_api, url),
        FIELD("token", TARGET_TEXT, struct target_api, token),
        FIELD("token_file", TARGET_FILE, struct target_api, token_file),
        FIELD("user", TARGET_TEXT, struct target_api, user),
        FIELD("password", TARGET_TEXT, struct target_api, password),
        FIELD("ca", TARGET_FILE, struct target_api, ca),
    };
    bool inherited = api->url != NULL;
    size_t before = r->problems.len;

    read_section(r, name, fields, COUNT(fields), api);
    if (r->problems.len > before)
        return; /* one mistake is told once */
    if (api->url == NULL && !inherited)
        target_reader_say(r, name, "\"url\" is missing");
    else if (api->url != NULL && strncmp(api->url, "http://", 7) != 0 &&
             strncmp(api->url, "https://", 8) != 0)
        say_inside(r, name, "url", "expected http:// or https://");
    if ((api->token != NULL) + (api->token_file != NULL) + (api->user != NULL) > 1)
        target_reader_say(r, name, "token, token_file and user exclude each other");
}

static void read_registry_drogue(struct target_reader *r, void *place)
{
    struct target *t = target_of(place);

    t->registry.kind = REGISTRY_DROGUE;
    read_api(r, "drogue", &t->registry.drogue);
}

/* As the suite will read it: base64 behind `base64:`, else the bytes themselves. */
static bool is_key(const char *text)
{
    static const char prefix[] = "base64:";
    size_t len = sizeof prefix - 1, got = 0;

    if (strncmp(text, prefix, len) != 0)
        return true;
    struct str code = {text + len, strlen(text) - len};
    uint8_t *bytes = xmalloc(BASE64_DECODED_MAX(code.len) + 1);
    bool ok = base64_decode(code, bytes, BASE64_DECODED_MAX(code.len), &got) && got > 0;

    free(bytes);
    return ok;
}

static void read_static_device(struct target_reader *r, struct target_device *d)
{
    static const struct target_field fields[] = {
        NEEDED("application", TARGET_TEXT, struct target_device, application),
        NEEDED("device", TARGET_TEXT, struct target_device, device),
        FIELD("password", TARGET_TEXT, struct target_device, password),
        FIELD("username", TARGET_TEXT, struct target_device, username),
        FIELD("psk_identity", TARGET_TEXT, struct target_device, psk_identity),
        FIELD("psk", TARGET_TEXT, struct target_device, psk),
        FIELD("cert", TARGET_FILE, struct target_device, cert),
        FIELD("key", TARGET_FILE, struct target_device, key),
        FIELD("aliases", TARGET_TEXTS, struct target_device, aliases),
    };

    target_reader_table(r, fields, COUNT(fields), d);
    if ((d->cert == NULL) != (d->key == NULL))
        target_reader_say(r, d->cert == NULL ? "key" : "cert", "cert and key belong together");
    if (d->psk != NULL && !is_key(d->psk))
        target_reader_say(r, "psk", "expected base64 behind \"base64:\"");
}

static void read_registry_static(struct target_reader *r, void *place)
{
    enum { MAX_DEVICES = 10000 };
    struct target *t = target_of(place);
    size_t count = lua_istable(r->L, -1) ? (size_t)lua_rawlen(r->L, -1) : 0;

    t->registry.kind = REGISTRY_STATIC;
    target_reader_enter(r, "static");
    if (count == 0 || count > MAX_DEVICES) {
        target_reader_say(r, NULL, "expected a list of 1 to %d devices", MAX_DEVICES);
    } else {
        struct target_device *devices = arena_take(r->arena, count, sizeof *devices);

        t->registry.devices = devices;
        t->registry.device_count = count;
        for (size_t i = 0; i < count; i++) {
            lua_rawgeti(r->L, -1, (lua_Integer)i + 1);
            target_reader_enter_item(r, i + 1);
            read_static_device(r, &devices[i]);
            target_reader_leave(r);
            lua_pop(r->L, 1);
        }
    }
    target_reader_leave(r);
}

static void read_registry(struct target_reader *r, void *place)
{
    static const struct target_field fields[] = {
        OWN("drogue", read_registry_drogue),
        OWN("static", read_registry_static),
        FIELD("exec", TARGET_ARGV, struct target, registry.exec),
    };
    struct target *t = target_of(place);

    read_section(r, "registry", fields, COUNT(fields), t);
    if ((t->registry.kind == REGISTRY_DROGUE) + (t->registry.kind == REGISTRY_STATIC) +
            (t->registry.exec != NULL) !=
        1)
        target_reader_say(r, "registry", "expected one of drogue, static, exec");
    if (t->registry.exec != NULL)
        t->registry.kind = REGISTRY_EXEC;
}

static void read_commands_http(struct target_reader *r, void *place)
{
    struct target *t = target_of(place);

    t->commands.kind = COMMANDS_HTTP;
    t->commands.http = t->registry.drogue; /* what is not said is the same there */
    read_api(r, "http", &t->commands.http);
}

static void read_commands_mqtt(struct target_reader *r, void *place)
{
    target_of(place)->commands.kind = COMMANDS_MQTT;
    target_read_mqtt(r, &target_of(place)->commands.broker);
}

static void read_commands_kafka(struct target_reader *r, void *place)
{
    target_of(place)->commands.kind = COMMANDS_KAFKA;
    target_read_kafka(r, &target_of(place)->commands.broker);
}

/* How many of the fields `names` has the table on top of the stack? */
static size_t count_fields(struct target_reader *r, const char *const *names, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; lua_istable(r->L, -1) && i < count; i++) {
        lua_pushstring(r->L, names[i]);
        found += lua_rawget(r->L, -2) != LUA_TNIL;
        lua_pop(r->L, 1);
    }
    return found;
}

static void read_commands(struct target_reader *r, void *place)
{
    static const char *const kinds[] = {"http", "mqtt", "kafka", "exec"};
    static const struct target_field fields[] = {
        OWN("http", read_commands_http),
        OWN("mqtt", read_commands_mqtt),
        OWN("kafka", read_commands_kafka),
        FIELD("exec", TARGET_ARGV, struct target, commands.exec),
    };
    struct target *t = target_of(place);

    read_section(r, "commands", fields, COUNT(fields), t);
    if (count_fields(r, kinds, COUNT(kinds)) != 1)
        target_reader_say(r, "commands", "expected one of http, mqtt, kafka, exec");
    if (t->commands.exec != NULL)
        t->commands.kind = COMMANDS_EXEC;
}

static void read_http_sink(struct target_reader *r, void *place)
{
    static const struct target_field fields[] = {
        NEEDED("listen", TARGET_TEXT, struct target, events.listen),
        FIELD("url", TARGET_TEXT, struct target, events.url),
    };
    struct target *t = target_of(place);
    struct addr addr;

    t->events.kind = EVENTS_HTTP_SINK;
    target_reader_enter(r, "http_sink");
    target_reader_table(r, fields, COUNT(fields), t);
    if (t->events.listen != NULL && !addr_parse(str_from(t->events.listen), 0, &addr))
        target_reader_say(r, "listen", "expected an address such as \"127.0.0.1:0\"");
    target_reader_leave(r);
}

static void read_events_mqtt(struct target_reader *r, void *place)
{
    target_of(place)->events.kind = EVENTS_MQTT;
    target_read_mqtt(r, &target_of(place)->events.broker);
}

static void read_events_kafka(struct target_reader *r, void *place)
{
    target_of(place)->events.kind = EVENTS_KAFKA;
    target_read_kafka(r, &target_of(place)->events.broker);
}

static void read_events(struct target_reader *r, void *place)
{
    static const char *const kinds[] = {"http_sink", "mqtt", "kafka", "file", "exec"};
    static const struct target_field fields[] = {
        OWN("http_sink", read_http_sink),
        OWN("mqtt", read_events_mqtt),
        OWN("kafka", read_events_kafka),
        FIELD("file", TARGET_FILE, struct target, events.file),
        FIELD("exec", TARGET_ARGV, struct target, events.exec),
    };
    struct target *t = target_of(place);

    read_section(r, "events", fields, COUNT(fields), t);
    if (count_fields(r, kinds, COUNT(kinds)) != 1)
        target_reader_say(r, "events", "expected one of http_sink, mqtt, kafka, file, exec");
    else if (t->events.file != NULL)
        t->events.kind = EVENTS_FILE;
    else if (t->events.exec != NULL)
        t->events.kind = EVENTS_EXEC;
}

static void read_start(struct target_reader *r, void *place)
{
    static const struct target_field fields[] = {
        NEEDED("exec", TARGET_START, struct target, start.exec),
        FIELD("ready", TARGET_TEXT, struct target, start.ready),
    };
    struct target *t = target_of(place);

    read_section(r, "start", fields, COUNT(fields), t);
    if (t->start.ready == NULL)
        t->start.ready = "coap";
    else if (strcmp(t->start.ready, "coap") != 0 && strcmp(t->start.ready, "http") != 0)
        say_inside(r, "start", "ready", "expected \"coap\" or \"http\"");
}

static void read_helpers(struct target_reader *r, void *place)
{
    target_read_helpers(r, target_of(place));
}

/* commands comes behind registry, of which it inherits. */
static const struct target_field fields_of_target[] = {
    NEEDED("name", TARGET_TEXT, struct target, name),
    FIELD("version", TARGET_TEXT, struct target, version),
    OWN("coap", read_coap),
    OWN("coaps", read_coaps),
    OWN("features", read_features),
    OWN("parameters", read_parameters),
    FIELD("durable", TARGET_FLAG, struct target, durable),
    FIELD("gentle", TARGET_FLAG, struct target, gentle),
    OWN("ciphers", read_ciphers),
    OWN("tls", read_tls),
    OWN("registry", read_registry),
    OWN("commands", read_commands),
    OWN("events", read_events),
    OWN("start", read_start),
    OWN("helpers", read_helpers),
};

void target_read_fields(struct target_reader *r, struct target *t)
{
    target_reader_table(r, fields_of_target, COUNT(fields_of_target), t);
}
