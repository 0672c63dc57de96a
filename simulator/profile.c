#include "simulator/profile.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/nearest.h"
#include "simulator/profile_fields.h"
#include "simulator/profile_lua.h"
#include "simulator/rng.h"

enum { MAX_LUA_BYTES = 16 << 20 };

_Static_assert((int)PROFILE_WHY_LEN >= (int)SANDBOX_WHY_LEN, "what the sandbox says fits");

/* Of protected mode: memory of the state is bounded while its values are read. */
struct reading {
    struct target_reader *reader;
    struct profile *profile;
};

static int read_fields(lua_State *L)
{
    struct reading *reading = lua_touserdata(L, 2);

    lua_settop(L, 1);
    profile_read_fields(reading->reader, reading->profile);
    return 0;
}

/* The result of the file is on top of the stack. */
static bool read_table(lua_State *L, struct profile *p, char *why)
{
    struct target_reader r = {.L = L,
                              .source = p->source,
                              .shown = p->file,
                              .folder = "",
                              .arena = &p->arena,
                              .problems = buf_growing()};
    struct reading reading = {&r, p};

    lua_pushcfunction(L, read_fields);
    lua_insert(L, 1);
    lua_pushlightuserdata(L, &reading);
    bool ok = lua_pcall(L, 2, 0, 0) == LUA_OK;

    if (!ok)
        (void)snprintf(why, PROFILE_WHY_LEN, "%s: %s", p->file, lua_tostring(L, -1));
    if (ok && r.problems.len > 0) {
        (void)snprintf(why, PROFILE_WHY_LEN, "%.*s", (int)r.problems.len - 1, r.problems.ptr);
        ok = false;
    }
    buf_fini(&r.problems);
    return ok;
}

/* `swarm/steady.lua` is called steady. */
static struct str name_of(const char *shown)
{
    const char *slash = strrchr(shown, '/');
    struct str name = str_from(slash == NULL ? shown : slash + 1);

    if (name.len > 4 && memcmp(name.ptr + name.len - 4, ".lua", 4) == 0)
        name.len -= 4;
    return name;
}

bool profile_read(struct profile *p, struct str text, const char *shown, char *why)
{
    *p = (struct profile){0};
    p->file = arena_str(&p->arena, str_from(shown)).ptr;
    p->name = arena_str(&p->arena, name_of(shown)).ptr;
    p->source = arena_str(&p->arena, text);
    lua_State *L = profile_lua_open(p->source, p->file, MAX_LUA_BYTES, why);
    bool ok = L != NULL && read_table(L, p, why);

    if (L != NULL)
        sandbox_free(L);
    if (!ok)
        profile_fini(p);
    return ok;
}

/* Names the profiles that there are, the nearest one first. */
static void say_unknown(const char *name, const char *folder, char *why)
{
    struct nearest n = nearest_to(str_from(name));
    struct dirent **found = NULL;
    struct buf text = buf_growing();
    int count = scandir(folder, &found, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        struct str known = name_of(found[i]->d_name);

        if (known.len == strlen(found[i]->d_name))
            continue;
        found[i]->d_name[known.len] = '\0';
        nearest_offer(&n, found[i]->d_name);
        buf_add_format(&text, "%s%s", text.len > 0 ? " " : "", found[i]->d_name);
    }
    buf_add_char(&text, '\0');
    if (n.found != NULL)
        (void)snprintf(why, PROFILE_WHY_LEN,
                       "no profile \"%s\", did you mean \"%s\"? There are: %s", name, n.found,
                       text.ptr);
    else
        (void)snprintf(why, PROFILE_WHY_LEN, "no profile \"%s\" in %s. There are: %s", name, folder,
                       text.ptr);
    for (int i = 0; i < count; i++)
        free(found[i]);
    free(found);
    buf_fini(&text);
}

bool profile_load(struct profile *p, const char *name_or_path, const char *scenarios, char *why)
{
    struct buf path = buf_growing();
    size_t len = strlen(name_or_path);
    bool is_path = strchr(name_or_path, '/') != NULL || name_of(name_or_path).len != len;
    char *text = NULL;
    bool ok = false;

    *p = (struct profile){0};
    if (is_path)
        buf_add_format(&path, "%s", name_or_path);
    else
        buf_add_format(&path, "%s/swarm/%s.lua", scenarios, name_or_path);
    buf_add_char(&path, '\0');
    if (!is_path && access(path.ptr, F_OK) != 0) {
        path.len = 0;
        buf_add_format(&path, "%s/swarm", scenarios);
        buf_add_char(&path, '\0');
        say_unknown(name_or_path, path.ptr, why);
    } else {
        text = sandbox_read_file(path.ptr, path.ptr, &len, why);
        ok = text != NULL && profile_read(p, (struct str){text, len}, path.ptr, why);
    }
    free(text);
    buf_fini(&path);
    return ok;
}

void profile_fini(struct profile *p)
{
    arena_fini(&p->arena);
    *p = (struct profile){0};
}

void profile_stretch(struct profile *p, int64_t duration_us)
{
    int64_t before_us = 0; /* end of the stages that are scaled already, in old time */
    int64_t whole_us = 0;
    int64_t end_us = 0;

    assert(duration_us > 0);
    for (size_t i = 0; i < p->stage_count; i++)
        whole_us += p->stages[i].duration_us;
    for (size_t i = 0; i < p->stage_count; i++) {
        before_us += p->stages[i].duration_us;
        int64_t to_us = (int64_t)((double)duration_us * (double)before_us / (double)whole_us);

        p->stages[i].duration_us = to_us - end_us;
        end_us = to_us;
    }
}

size_t profile_class_of(const struct profile *p, uint64_t seed, uint32_t device)
{
    double part = rng_part(rng_nth(seed, device, RNG_CLASS, 0));
    size_t last = 0;

    for (size_t i = 0; i < p->class_count; i++) {
        if (p->classes[i].weight <= 0)
            continue;
        last = i;
        part -= p->classes[i].weight;
        if (part < 0)
            break;
    }
    return last;
}
