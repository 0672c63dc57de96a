#include "lib/target_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/target_where.h"

/* How a PEM file of the kind marks its contents, RFC 7468 5.1, 10, 11. */
static const char certificate[] = "-----BEGIN CERTIFICATE-----", key[] = "PRIVATE KEY-----";

static bool holds(FILE *f, const char *mark)
{
    char line[256];

    while (fgets(line, sizeof line, f) != NULL)
        if (strstr(line, mark) != NULL)
            return true;
    return false;
}

static bool check(const struct target *t, const char *field, const char *path, const char *mark,
                  char *why)
{
    char where[TARGET_WHERE_LEN];
    FILE *f = path == NULL ? NULL : fopen(path, "re");
    bool ok = path == NULL || (f != NULL && holds(f, mark));

    if (!ok)
        (void)snprintf(why, TARGET_WHY_LEN, "%s: %.300s: %s", target_where(t, field, where), path,
                       f == NULL     ? strerror(errno)
                       : mark == key ? "expected a private key in PEM form"
                                     : "expected a certificate in PEM form");
    if (f != NULL)
        (void)fclose(f);
    return ok;
}

/* Of an adapter; what is sought in PATH shows itself when it is started. */
static bool check_program(const struct target *t, const char *field, const char *const *exec,
                          char *why)
{
    char where[TARGET_WHERE_LEN];

    if (exec == NULL || strchr(exec[0], '/') == NULL || access(exec[0], X_OK) == 0)
        return true;
    (void)snprintf(why, TARGET_WHY_LEN, "%s: %.300s cannot be started: %s%s",
                   target_where(t, field, where), exec[0], strerror(errno),
                   errno == EACCES ? ": make it executable (chmod +x)" : ": is the path right?");
    return false;
}

static bool check_devices(const struct target *t, char *why)
{
    bool from_file = t->source.len > 0; /* else there is one, of the command line */
    char field[48];

    for (size_t i = 0; i < t->registry.device_count; i++) {
        const struct target_device *d = &t->registry.devices[i];

        (void)snprintf(field, sizeof field, "registry.static[%zu].cert", i + 1);
        if (!check(t, from_file ? field : "--cert", d->cert, certificate, why))
            return false;
        (void)snprintf(field, sizeof field, "registry.static[%zu].key", i + 1);
        if (!check(t, from_file ? field : "--key", d->key, key, why))
            return false;
    }
    return true;
}

bool target_files_check(const struct target *t, char *why)
{
    const struct {
        const char *field, *path;
    } anchors[] = {
        {"tls.ca",                                                                      t->tls.ca            },
        {"registry.drogue.ca",                                                          t->registry.drogue.ca},
        {"commands.http.ca",                                                            t->commands.http.ca  },
        {t->commands.kind == COMMANDS_KAFKA ? "commands.kafka.ca" : "commands.mqtt.ca",
         t->commands.broker.ca                                                                               },
        {t->events.kind == EVENTS_KAFKA ? "events.kafka.ca" : "events.mqtt.ca",
         t->events.broker.ca                                                                                 },
    };

    for (size_t i = 0; i < COUNT(anchors); i++)
        if (!check(t, anchors[i].field, anchors[i].path, certificate, why))
            return false;
    return check_program(t, "registry.exec", t->registry.exec, why) &&
           check_program(t, "commands.exec", t->commands.exec, why) &&
           check_program(t, "events.exec", t->events.exec, why) && check_devices(t, why);
}
