#include "simulator/commands.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "simulator/diff.h"
#include "simulator/merge.h"
#include "simulator/profile.h"

static int is_lua(const struct dirent *e)
{
    size_t len = strlen(e->d_name);

    return len > 4 && strcmp(e->d_name + len - 4, ".lua") == 0;
}

static bool show_profile(const struct options *o, const char *file)
{
    struct str name = {file, strlen(file) - 4};
    char *text = xstrdup(name);
    char why[PROFILE_WHY_LEN];
    struct profile p;
    bool ok = profile_load(&p, text, o->scenarios, why);

    if (ok) {
        (void)printf("%-18s %s\n", text, p.summary == NULL ? "" : p.summary);
        profile_fini(&p);
    } else {
        (void)fprintf(stderr, "seatrial-swarm: %s\n", why);
    }
    free(text);
    return ok;
}

enum swarm_exit profiles_command(const struct options *o)
{
    struct buf dir = buf_growing();
    struct dirent **entries;
    bool ok = true;
    int count;

    buf_add_format(&dir, "%s/swarm", o->scenarios);
    buf_add_char(&dir, '\0');
    count = scandir(dir.ptr, &entries, is_lua, alphasort);
    if (count < 0) {
        (void)fprintf(stderr, "seatrial-swarm: no folder %s: say --scenarios DIR\n", dir.ptr);
        ok = false;
    }
    for (int i = 0; i < count; i++) {
        ok &= show_profile(o, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    buf_fini(&dir);
    return ok ? SWARM_HELD : SWARM_USAGE;
}

enum swarm_exit compare_command(const struct options *o)
{
    return diff_command(o->args, o->arg_count, o->allow_part, stdout, stderr);
}

enum swarm_exit join_command(const struct options *o)
{
    return merge_command(o->args, o->arg_count, stdout, stderr);
}
