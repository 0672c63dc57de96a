/*
 * Enrols devices by certificate: the data folder's certificate authority of an application, its
 * trust anchor in the registry, and what it signs for a device.
 */
#ifndef REFERENCE_ENROLL_H
#define REFERENCE_ENROLL_H

#include "reference/pki.h"
#include "reference/registry_edit.h"

enum { ENROLL_DAYS_CA = 3650, ENROLL_DAYS = 825 };

/* Makes the folder with mode 0700 unless it is there. why (REGISTRY_WHY_LEN bytes) names it. */
bool enroll_folder(const char *path, char *why) MUST_CHECK;

/* `folder/name` + ending, NUL-terminated; to be freed by the caller. */
char *enroll_path(const char *folder, struct str name, const char *ending);

/*
 * Loads the authority from two files, or makes it for the application and saves it there when there
 * are none yet; then makes it a trust anchor of the application.
 */
bool enroll_authority(const struct registry_target *app, const char *cert_file,
                      const char *key_file, int64_t now_us, struct pki *out, char *why) MUST_CHECK;

/*
 * Signs a certificate for the device (`O=application, CN=device`; its uid when the name is longer
 * than a CN may be), saves it in two files, and makes its subject an alias of the device.
 */
struct enroll_order {
    const struct pki *authority;
    int64_t now_us;
    int days;
    const char *cert_file;
    const char *key_file;
};
bool enroll_device(const struct registry_target *device, const struct enroll_order *order,
                   char *why) MUST_CHECK;

/* Makes the subject of a certificate that exists an alias of the device. */
bool enroll_subject(const struct registry_target *device, const X509 *certificate,
                    char *why) MUST_CHECK;

#endif
