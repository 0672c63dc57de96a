#include "reference/enroll.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "reference/dn.h"

enum { COMMON_NAME_MAX = 64 }; /* ub-common-name, RFC 5280 A.1 */

bool enroll_folder(const char *path, char *why)
{
    struct stat info;

    if (mkdir(path, 0700) == 0)
        return true;
    const int failure = errno;

    if (failure == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return true;
    (void)snprintf(why, REGISTRY_WHY_LEN, "%.180s: %s", path,
                   failure == EEXIST ? "is no folder" : strerror(failure));
    return false;
}

char *enroll_path(const char *folder, struct str name, const char *ending)
{
    struct buf path = buf_growing();

    buf_add_format(&path, "%s/", folder);
    buf_add_str(&path, name);
    buf_add(&path, ending, strlen(ending) + 1);
    return path.ptr;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool make_authority(struct str app, const char *cert_file, const char *key_file,
                           int64_t now_us, struct pki *out, char *why)
{
    const struct pki_names names = {app, STR("Seatrial"), STR("Device CA")};

    if (!pki_make_ca(&names, now_us, ENROLL_DAYS_CA, out, why))
        return false;
    if (pki_save(out, cert_file, key_file, why))
        return true;
    pki_fini(out);
    return false;
}

bool enroll_authority(const struct registry_target *app, const char *cert_file,
                      const char *key_file, int64_t now_us, struct pki *out, char *why)
{
    const bool made = !exists(cert_file) && !exists(key_file);
    const bool ok = made ? make_authority(app->app, cert_file, key_file, now_us, out, why)
                         : pki_load(cert_file, key_file, out, why);

    if (!ok)
        return false;
    if (registry_edit_anchor(app, out->certificate, why) == REGISTRY_OK)
        return true;
    pki_fini(out);
    return false;
}

/* What stands in CN: the name, or the uid. */
static bool common_name(const struct registry_target *device, struct buf *out, char *why)
{
    json_t *doc;

    if (registry_device_get(device->registry, device->app, device->device, &doc) != REGISTRY_OK) {
        (void)snprintf(why, REGISTRY_WHY_LEN, "there is no such device");
        return false;
    }
    if (device->device.len <= COMMON_NAME_MAX)
        buf_add_str(out, device->device);
    else
        buf_add_str(out, str_from(json_string_value(
                             json_object_get(json_object_get(doc, "metadata"), "uid"))));
    json_decref(doc);
    return true;
}

bool enroll_subject(const struct registry_target *device, const X509 *certificate, char *why)
{
    struct buf subject = buf_growing();

    dn_text(X509_get_subject_name(certificate), &subject);
    const enum registry_err err =
        registry_edit_add(device, REGISTRY_ALIASES, buf_str(&subject), why);

    buf_fini(&subject);
    return err == REGISTRY_OK;
}

bool enroll_device(const struct registry_target *device, const struct enroll_order *order,
                   char *why)
{
    struct buf name = buf_growing();
    struct pki made = {0};
    bool ok = common_name(device, &name, why);

    if (ok) {
        const struct pki_names names = {.organization = device->app, .common_name = buf_str(&name)};

        ok = pki_make_device(order->authority, &names, order->now_us, order->days, &made, why) &&
             pki_save(&made, order->cert_file, order->key_file, why) &&
             enroll_subject(device, made.certificate, why);
    }
    pki_fini(&made);
    buf_fini(&name);
    return ok;
}
