#include "simulator/profile_fields.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/target_value.h"
#include "simulator/marker.h"
#include "simulator/profile_table.h"

_Static_assert(MARKER_LEN == 97, "profile_table.h says so");

/* What a stage's table holds. */
struct stage_text {
    const char *name;
    int64_t duration_us[STAGE_STORM + 1];
    double from;
    double to;
    double at;
    double storm_part;
};

static void read_classes(struct target_reader *r, void *place);
static void read_stages(struct target_reader *r, void *place);
static void read_commands_per_s(struct target_reader *r, void *place);
static void read_out(struct target_reader *r, void *place);
static void read_has_hooks(struct target_reader *r, void *place);
static void read_delay_min_us(struct target_reader *r, void *place);

/* Rows of profile_table.h as fields of OWNER, with those of type OWN read by read_MEMBER. */
#define READ_RAW(member) NULL
#define READ_FLAG(member) NULL
#define READ_NUMBER(member) NULL
#define READ_COUNT(member) NULL
#define READ_TIME(member) NULL
#define READ_SECONDS(member) NULL
#define READ_RANGE(member) NULL
#define READ_CHOICE(member) NULL
#define READ_OWN(member) read_##member
#define ROW(title, kind, member, low, high, names, text)                                           \
    {.name = (title),                                                                              \
     .type = TARGET_##kind,                                                                        \
     .offset = offsetof(struct OWNER, member),                                                     \
     .read = READ_##kind(member),                                                                  \
     .choices = (names),                                                                           \
     .least = (low),                                                                               \
     .most = (high)},

#define OWNER profile
static const struct target_field fields[] = {PROFILE_FIELDS(ROW)};
static const struct target_field command_fields[] = {PROFILE_COMMAND_FIELDS(ROW)};
#undef OWNER
#define OWNER profile_class
static const struct target_field class_fields[] = {PROFILE_CLASS_FIELDS(ROW)};
#undef OWNER
#define OWNER stage_text
static const struct target_field stage_fields[] = {PROFILE_STAGE_FIELDS(ROW)};
#undef OWNER
#define OWNER profile_impairment
static const struct target_field impairment_fields[] = {PROFILE_IMPAIRMENT_FIELDS(ROW)};
#undef OWNER

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct profile_class *)a)->name, ((const struct profile_class *)b)->name);
}

/* The names of the table on top of the stack, in an order that does not change from run to run. */
static void list_classes(struct target_reader *r, struct profile *p)
{
    lua_pushnil(r->L);
    for (; lua_next(r->L, -2) != 0; lua_pop(r->L, 1)) {
        if (lua_type(r->L, -2) != LUA_TSTRING) {
            target_reader_say(r, NULL, "expected classes by name: { phone = { ... } }");
        } else if (p->class_count == PROFILE_CLASS_MAX) {
            target_reader_say(r, NULL, "at most %d classes", PROFILE_CLASS_MAX);
        } else {
            const char *name = lua_tostring(r->L, -2);

            p->classes[p->class_count++].name = arena_str(r->arena, str_from(name)).ptr;
        }
    }
    qsort(p->classes, p->class_count, sizeof *p->classes, by_name);
}

static bool is_block_len(int64_t len)
{
    return len == 0 || (len >= 16 && (len & (len - 1)) == 0); /* RFC 7959 2.2 */
}

static void read_class(struct target_reader *r, struct profile_class *c)
{
    static const int formats[] = {50, 42}; /* RFC 7252 12.3: json, octets */

    c->weight = 1;
    c->channel = "state";
    c->ct_part = NAN;
    c->payload_len = (struct profile_range){128, 128};
    target_reader_table(r, class_fields, COUNT(class_fields), c);
    c->content_format = formats[c->content_format];
    if (c->channel != NULL && strchr(c->channel, '/') != NULL)
        target_reader_say(r, "channel", "expected one path segment, without /");
    if (!isnan(c->ct_part) && c->ct_part > 0 && c->ct_s.max < 1)
        target_reader_say(r, "ct_part", "there is no ct to wait for");
    if (isnan(c->ct_part))
        c->ct_part = c->ct_s.max >= 1 ? 1 : 0;
    if (!is_block_len(c->block_len))
        target_reader_say(r, "block", "expected 0, 16, 32, 64, 128, 256, 512 or 1024");
    if (c->download_len != 0 && c->download_len < MARKER_LEN)
        target_reader_say(r, "download", "expected 0, or the %d bytes of the marker, or more",
                          MARKER_LEN);
}

static void read_classes(struct target_reader *r, void *place)
{
    struct profile *p = CONTAINER_OF(place, struct profile, classes);
    double sum = 0;

    target_reader_enter(r, "classes");
    if (lua_istable(r->L, -1))
        list_classes(r, p);
    else
        target_reader_say(r, NULL, "expected a table");
    for (size_t i = 0; i < p->class_count; i++) {
        struct profile_class *c = &p->classes[i];

        target_reader_enter(r, c->name);
        (void)lua_getfield(r->L, -1, c->name);
        read_class(r, c);
        lua_pop(r->L, 1);
        target_reader_leave(r);
        sum += c->weight;
    }
    if (p->class_count > 0 && !(sum > 0))
        target_reader_say(r, NULL, "the weights are all 0");
    for (size_t i = 0; i < p->class_count; i++)
        p->classes[i].weight /= sum;
    target_reader_leave(r);
}

/* Which of the five a stage is; below 0 after a problem. */
static int kind_of(struct target_reader *r, const struct stage_text *t)
{
    int kind = -1;

    for (int i = 0; i <= STAGE_STORM; i++) {
        if (t->duration_us[i] == 0)
            continue;
        if (kind >= 0) {
            target_reader_say(r, stage_fields[i].name,
                              "a stage is one of ramp, hold, spike, soak, storm");
            return -1;
        }
        kind = i;
    }
    if (kind < 0)
        target_reader_say(r, NULL, "expected one of ramp, hold, spike, soak, storm, and how long");
    else if (kind == STAGE_RAMP && !isnan(t->at))
        target_reader_say(r, "at", "a ramp goes `from` and `to`");
    else if (kind != STAGE_RAMP && !(isnan(t->from) && isnan(t->to)))
        target_reader_say(r, isnan(t->from) ? "to" : "from", "only a ramp has it: write `at`");
    else if (kind != STAGE_STORM && !isnan(t->storm_part))
        target_reader_say(r, "part", "only a storm has it");
    return kind;
}

static double or_else(double value, double otherwise)
{
    return isnan(value) ? otherwise : value;
}

/* *level: load that the stages before lead to; NAN: this is the first one. */
static void read_stage(struct target_reader *r, struct profile_stage *s, size_t number,
                       double *level)
{
    static const char *const kinds[] = {"ramp", "hold", "spike", "soak", "storm"};
    struct stage_text t = {.from = NAN, .to = NAN, .at = NAN, .storm_part = NAN};
    char name[16];

    target_reader_table(r, stage_fields, COUNT(stage_fields), &t);
    int kind = r->problems.len > 0 ? -1 : kind_of(r, &t);

    if (kind < 0)
        return;
    (void)snprintf(name, sizeof name, "%s %zu", kinds[kind], number);
    *s = (struct profile_stage){
        .name = t.name != NULL ? t.name : arena_str(r->arena, str_from(name)).ptr,
        .kind = (enum profile_stage_kind)kind,
        .duration_us = t.duration_us[kind],
        .from = or_else(t.at, or_else(*level, 1)),
        .storm_part = kind == STAGE_STORM ? or_else(t.storm_part, 1) : 0,
    };
    if (kind == STAGE_RAMP)
        s->from = or_else(t.from, or_else(*level, 0));
    if (kind == STAGE_SPIKE)
        s->from = or_else(t.at, 3);
    s->to = kind == STAGE_RAMP ? or_else(t.to, 1) : s->from;
    if (kind != STAGE_SPIKE)
        *level = s->to;
}

static void read_stages(struct target_reader *r, void *place)
{
    struct profile *p = CONTAINER_OF(place, struct profile, stages);
    size_t count = lua_istable(r->L, -1) ? (size_t)lua_rawlen(r->L, -1) : 0;
    double level = NAN;

    target_reader_enter(r, "stages");
    if (count == 0 || count > PROFILE_STAGE_MAX) {
        target_reader_say(r, NULL, "expected a list of 1 to %d stages", PROFILE_STAGE_MAX);
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        target_reader_enter_item(r, i + 1);
        (void)lua_rawgeti(r->L, -1, (lua_Integer)i + 1);
        read_stage(r, &p->stages[i], i + 1, &level);
        lua_pop(r->L, 1);
        target_reader_leave(r);
    }
    p->stage_count = count;
    target_reader_leave(r);
}

static void read_commands_per_s(struct target_reader *r, void *place)
{
    struct profile *p = CONTAINER_OF(place, struct profile, commands_per_s);

    target_reader_enter(r, "commands");
    p->commands_per_s = NAN;
    target_reader_table(r, command_fields, COUNT(command_fields), p);
    if (isnan(p->commands_per_s))
        target_reader_say(r, NULL, "\"rate\" is missing");
    target_reader_leave(r);
}

static void read_impairment(struct target_reader *r, void *place)
{
    struct profile_impairment *i = place;

    i->burst_len = 5;
    target_reader_enter(r, r->field->name);
    target_reader_table(r, impairment_fields, COUNT(impairment_fields), i);
    target_reader_leave(r);
}

static void read_out(struct target_reader *r, void *place)
{
    static const struct target_field directions[] = {
        {.name = "out",
         .type = TARGET_OWN,
         .offset = offsetof(struct profile, out),
         .read = read_impairment},
        {.name = "back",
         .type = TARGET_OWN,
         .offset = offsetof(struct profile, in),
         .read = read_impairment},
    };

    target_reader_enter(r, "impairment");
    target_reader_table(r, directions, COUNT(directions), CONTAINER_OF(place, struct profile, out));
    target_reader_leave(r);
}

static void read_has_hooks(struct target_reader *r, void *place)
{
    bool *has_hooks = place;

    if (!lua_isfunction(r->L, -1))
        target_reader_say(r, r->field->name, "expected a function");
    *has_hooks = true;
}

/* A time, or a list of two. */
static void read_delay_min_us(struct target_reader *r, void *place)
{
    static const struct target_field time = {.type = TARGET_TIME, .most = 3600};
    struct profile_impairment *i = CONTAINER_OF(place, struct profile_impairment, delay_min_us);
    int64_t us[2] = {-1, -1};

    for (int n = 0; n < 2; n++) {
        if (lua_istable(r->L, -1))
            (void)lua_rawgeti(r->L, -1, n + 1);
        else
            lua_pushvalue(r->L, -1);
        if (!target_value_read(r->L, &time, &us[n]))
            us[n] = -1;
        lua_pop(r->L, 1);
    }
    if (us[0] < 0 || us[1] < us[0])
        target_reader_say(r, "delay",
                          "expected a time (\"20 ms\") or {least, most}, up to an hour");
    i->delay_min_us = us[0];
    i->delay_max_us = us[1];
}

void profile_read_fields(struct target_reader *r, struct profile *p)
{
    p->devices = 1000;
    p->arrival = ARRIVAL_CONSTANT;
    p->jitter_part = 0.1;
    p->period_s = NAN;
    p->connect_us = 10 * US_PER_S;
    p->command_len = (struct profile_range){128, 128};
    target_reader_table(r, fields, COUNT(fields), p);
    if (p->summary == NULL)
        target_reader_say(r, NULL, "\"summary\" is missing");
    if (p->class_count == 0)
        target_reader_say(r, NULL, "\"classes\" is missing, or empty");
    if (p->stage_count == 0) {
        p->stages[0] = (struct profile_stage){
            .name = "hold 1", .kind = STAGE_HOLD, .duration_us = 60 * US_PER_S, .from = 1, .to = 1};
        p->stage_count = 1;
    }
}
