#include "simulator/stock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"

/* --- progress: a line that is written over on a terminal, else only the end of it */

static void say_progress(const char *what, uint64_t done, uint64_t of, int64_t eta_us)
{
    if (!isatty(STDERR_FILENO))
        return;
    (void)fprintf(stderr, "\r%s: %llu of %llu", what, (unsigned long long)done,
                  (unsigned long long)of);
    if (eta_us != INT64_MAX && done < of)
        (void)fprintf(stderr, ", %lld s left  ", (long long)(eta_us / US_PER_S + 1));
    else
        (void)fprintf(stderr, "               ");
    if (done >= of)
        (void)fputc('\n', stderr);
    (void)fflush(stderr);
}

static void on_certificates(void *arg, uint64_t done, uint64_t of)
{
    UNUSED(arg);
    say_progress("certificates", done, of, INT64_MAX);
}

static void on_devices(void *arg, const struct provision_progress *p)
{
    UNUSED(arg);
    say_progress("devices", p->done, p->of, p->eta_us);
}

/* --- steps */

static bool make_certificates(struct stock *s, char *why)
{
    const struct setup *setup = s->setup;
    struct credentials_options o = {
        .folder = setup->options->credentials,
        .seed = setup->options->seed_number,
        .now_s = clock_wall_us() / US_PER_S,
    };
    struct credentials_wish wish = {
        .first = (uint32_t)setup->first_device,
        .count = (uint32_t)setup->devices,
        .kind_of = provision_x509_kind,
        .progress = setup->options->quiet ? NULL : on_certificates,
        .arg = &s->options,
    };

    if (!provision_wants_x509(&setup->profile))
        return true;
    s->credentials = credentials_open(&o, why);
    s->options.credentials = s->credentials;
    return s->credentials != NULL && credentials_make(s->credentials, &wish, why);
}

struct provision_options stock_options(const struct setup *setup, const char *run_id)
{
    return (struct provision_options){
        .target = &setup->target,
        .profile = &setup->profile,
        .seed = setup->options->seed_number,
        .run_id = run_id,
        .first_device = (uint32_t)setup->first_device,
        .device_count = (uint32_t)setup->devices,
        .only_devices = setup->options->slice_count > 1,
        .progress = setup->options->quiet ? NULL : on_devices,
        .stop = &setup_is_interrupted,
    };
}

static bool make_roster(struct stock *s, char *why)
{
    struct roster_options o = {
        .target = &s->setup->target,
        .profile = &s->setup->profile,
        .seed = s->options.seed,
        .first_device = s->options.first_device,
        .device_count = s->options.device_count,
        .credentials = s->credentials,
    };

    s->roster = roster_new(&o, why);
    return s->roster != NULL;
}

bool stock_prepare(struct stock *s, struct setup *setup, const char *run_id, char *why)
{
    struct buf path = buf_growing();

    *s = (struct stock){.setup = setup};
    (void)snprintf(s->run_id, sizeof s->run_id, "%s", run_id);
    s->options = stock_options(setup, s->run_id);
    if (!make_certificates(s, why) || !make_roster(s, why))
        return false;
    if (!setup->options->provision || provision_way(&setup->target) != PROVISION_FILE)
        return true;
    buf_add_format(&path, "%s/registry.json", setup->site.dir);
    buf_add_char(&path, '\0');
    s->registry_file = path.ptr;
    setup->site.places.registry_file = s->registry_file;
    return provision_write(&s->options, s->registry_file, why);
}

static bool write_table(const struct stock *s, const char *path, char *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    bool ok = f != NULL && provision_list(&s->options, f);

    if (f != NULL)
        ok = fclose(f) == 0 && ok;
    if (!ok)
        (void)snprintf(why, STOCK_WHY_LEN, "%s cannot be written: %s", path, strerror(errno));
    return ok;
}

bool stock_list(const struct stock *s, char *why)
{
    char *table = setup_path(s->setup->options, "devices.csv");
    char *document = setup_path(s->setup->options, "devices.json");
    bool ok = write_table(s, table, why) && provision_write(&s->options, document, why);

    if (ok)
        (void)printf("%s\n%s\n", table, document);
    free(table);
    free(document);
    return ok;
}

bool stock_fill(struct stock *s, char *why)
{
    if (!s->setup->options->provision || provision_way(&s->setup->target) != PROVISION_ADAPTER)
        return true;
    s->made = true; /* also a part of it is to be removed */
    return provision_run(&s->options, why);
}

bool stock_clear(struct stock *s, char *why)
{
    struct provision_options o = s->options;

    if (!s->made || s->setup->options->keep)
        return true;
    s->made = false;
    o.stop = NULL; /* also after an interrupt */
    return provision_clean(&o, why);
}

void stock_close(struct stock *s)
{
    roster_free(&s->roster);
    if (s->credentials != NULL)
        credentials_close(&s->credentials);
    free(s->registry_file);
    s->registry_file = NULL;
}
