#include "lib/target_site.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"

enum { DESCRIPTORS = 16 }; /* of nftw */

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *target_site_scenarios(const char *installed)
{
    static char beside[512];
    char self[400];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    if (access("scenarios", R_OK | X_OK) == 0)
        return "scenarios";
    if (len <= 0)
        return installed;
    self[len] = '\0';
    (void)snprintf(beside, sizeof beside, "%s/../share/seatrial/scenarios", dirname(self));
    return access(beside, R_OK | X_OK) == 0 ? beside : installed;
}

bool target_site_is_address(const char *target)
{
    return starts(target, "coap://") || starts(target, "coaps://");
}

/* `reference` is SCENARIOS/targets/reference.lua; what has a slash or ends with .lua is a path. */
static char *file_of(const struct target_site_options *o)
{
    size_t len = strlen(o->target);
    struct buf b = buf_growing();

    if (strchr(o->target, '/') != NULL || (len > 4 && strcmp(o->target + len - 4, ".lua") == 0))
        return xstrdup(str_from(o->target));
    buf_add_format(&b, "%s/targets/%s.lua", o->scenarios, o->target);
    buf_add_char(&b, '\0');
    return b.ptr;
}

bool target_site_load(struct target_site *s, const struct target_site_options *o, struct target *t,
                      char *why)
{
    char *file;
    bool ok;

    *s = (struct target_site){.dir = "/tmp/seatrial-XXXXXX"};
    (void)snprintf(s->seed, sizeof s->seed, "%llx", (unsigned long long)o->seed);
    if (mkdtemp(s->dir) == NULL) {
        (void)snprintf(why, TARGET_WHY_LEN, "a folder for the target: %s", strerror(errno));
        s->dir[0] = '\0';
        return false;
    }
    s->places.dir = s->dir;
    s->places.seed = s->seed;
    if (!target_free_ports(&s->places)) {
        (void)snprintf(why, TARGET_WHY_LEN, "no free ports on 127.0.0.1");
        return false;
    }
    backend_read(&s->backend, o->backend, &s->places);
    file = file_of(o);
    ok = target_load(t, file, &s->places, why);
    free(file);
    return ok;
}

bool target_site_start_helpers(struct target_site *s, const struct target *t, const char *log_file,
                               char *why)
{
    assert(t->helper_count <= COUNT(s->helper));
    for (size_t i = 0; i < t->helper_count; i++) {
        s->helper[i] = (struct launch){
            .target = t,
            .places = &s->places,
            .helper = &t->helpers[i],
            .log_file = log_file,
        };
        if (!launch_start(&s->helper[i], why)) {
            s->unusable = s->helper[i].unusable;
            return false;
        }
    }
    return true;
}

bool target_site_start_backend(struct target_site *s, const char *log_file, char *why)
{
    return backend_start(&s->backend, &s->places, log_file, why);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    UNUSED(st);
    UNUSED(kind);
    UNUSED(place);
    return remove(path);
}

void target_site_remove(const char *dir)
{
    (void)nftw(dir, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

void target_site_close(struct target_site *s, bool keep)
{
    backend_stop(&s->backend);
    for (size_t i = 0; i < COUNT(s->helper); i++)
        launch_stop(&s->helper[i]);
    if (s->dir[0] != '\0' && !keep)
        target_site_remove(s->dir);
    s->dir[0] = '\0';
}
