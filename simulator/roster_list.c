#include "simulator/roster_list.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>

#include "lib/arena.h"
#include "lib/base64.h"
#include "lib/siphash.h"

enum { SECRET_MAX = 512 };

/* What a class asks of a device of the list. */
enum need { NEED_NOTHING, NEED_PASSWORD, NEED_PSK, NEED_CERTIFICATE, NEED_IMPOSSIBLE };

static const enum need needs[PROFILE_CREDENTIAL_COUNT] = {
    [PROFILE_BASIC] = NEED_PASSWORD,
    [PROFILE_BASIC_DTLS] = NEED_PASSWORD,
    [PROFILE_PSK] = NEED_PSK,
    [PROFILE_X509] = NEED_CERTIFICATE,
    [PROFILE_WRONG_PASSWORD] = NEED_PASSWORD,
    [PROFILE_WRONG_PSK] = NEED_PSK,
    [PROFILE_EXPIRED_X509] = NEED_IMPOSSIBLE,
    [PROFILE_GARBAGE] = NEED_NOTHING,
    [PROFILE_STALL] = NEED_NOTHING,
};

static const char *const what[] = {"", "a password", "a pre-shared key", "a certificate",
                                   "an expired certificate"};

struct roster_list {
    struct roster_listed *devices; /* by index */
    uint32_t *buckets;             /* by name: index + 1, or 0 */
    size_t bucket_count;           /* a power of 2 */
    struct arena arena;
};

static bool has(const struct target_device *d, enum need need)
{
    switch (need) {
    case NEED_NOTHING:
        return true;
    case NEED_PASSWORD:
        return d->password != NULL;
    case NEED_PSK:
        return d->psk != NULL;
    case NEED_CERTIFICATE:
        return d->cert != NULL && d->key != NULL;
    case NEED_IMPOSSIBLE:
        break;
    }
    return false;
}

static bool refuse(char *why, const struct profile_class *class, const char *text, size_t count)
{
    (void)snprintf(why, ROSTER_WHY_LEN,
                   "class %s: the target file's list of devices (registry.static) has only %zu "
                   "with %s",
                   class->name, count, text);
    return false;
}

/* --- secrets -------------------------------------------------------------------------------------
 */

static struct str read_psk(struct roster_list *l, const char *text)
{
    static const char prefix[] = "base64:";
    uint8_t key[SECRET_MAX];
    size_t len = 0;

    if (strncmp(text, prefix, sizeof prefix - 1) != 0)
        return str_from(text);
    if (!base64_decode(str_from(text + sizeof prefix - 1), key, sizeof key, &len))
        return (struct str){NULL, 0};
    return arena_str(&l->arena, (struct str){(const char *)key, len});
}

static bool read_certificate(struct roster_list *l, struct roster_listed *out, char *why)
{
    FILE *certificate = fopen(out->device->cert, "re"), *key = fopen(out->device->key, "re");
    X509 *x = certificate == NULL ? NULL : PEM_read_X509(certificate, NULL, NULL, NULL);
    EVP_PKEY *k = key == NULL ? NULL : PEM_read_PrivateKey(key, NULL, NULL, NULL);
    uint8_t *bytes = NULL;
    int len;

    if (x != NULL && k != NULL) {
        len = i2d_X509(x, &bytes);
        out->certificate_der = arena_str(&l->arena, (struct str){(const char *)bytes, (size_t)len});
        OPENSSL_free(bytes);
        bytes = NULL;
        len = i2d_PrivateKey(k, &bytes);
        out->key_der = arena_str(&l->arena, (struct str){(const char *)bytes, (size_t)len});
        OPENSSL_free(bytes);
    } else {
        (void)snprintf(why, ROSTER_WHY_LEN, "no PEM %s can be read from %s",
                       x == NULL ? "certificate" : "key",
                       x == NULL ? out->device->cert : out->device->key);
    }
    if (certificate != NULL)
        (void)fclose(certificate);
    if (key != NULL)
        (void)fclose(key);
    bool ok = x != NULL && k != NULL;

    X509_free(x);
    EVP_PKEY_free(k);
    return ok;
}

static bool read_secrets(struct roster_list *l, struct roster_listed *d, enum need need, char *why)
{
    const char *texts[] = {d->device->application, d->device->device, d->device->password,
                           d->device->username, d->device->psk_identity};
    size_t len = 0;

    for (size_t i = 0; i < COUNT(texts); i++)
        len += texts[i] == NULL ? 0 : strlen(texts[i]);
    if (len > SECRET_MAX) {
        (void)snprintf(why, ROSTER_WHY_LEN, "device %s: names and secrets of more than %d bytes",
                       d->device->device, SECRET_MAX);
        return false;
    }
    if (need == NEED_PSK) {
        d->psk_key = read_psk(l, d->device->psk);
        if (d->psk_key.len == 0) {
            (void)snprintf(why, ROSTER_WHY_LEN, "device %s: psk is no base64", d->device->device);
            return false;
        }
    }
    return need != NEED_CERTIFICATE || read_certificate(l, d, why);
}

/* --- who is who ----------------------------------------------------------------------------------
 */

static size_t hash_of(struct str application, struct str device)
{
    static const uint8_t key[SIPHASH_KEY_LEN] = {0};

    return (size_t)(siphash13(key, application.ptr, application.len) * 31 +
                    siphash13(key, device.ptr, device.len));
}

static bool is_named(const struct roster_listed *d, struct str application, struct str device)
{
    return d->device != NULL && str_equal(str_from(d->device->application), application) &&
           str_equal(str_from(d->device->device), device);
}

static void add_name(struct roster_list *l, uint32_t index)
{
    const struct target_device *d = l->devices[index].device;
    size_t at = hash_of(str_from(d->application), str_from(d->device));

    while (l->buckets[at & (l->bucket_count - 1)] != 0)
        at++;
    l->buckets[at & (l->bucket_count - 1)] = index + 1;
}

bool roster_list_find(const struct roster_list *l, struct str application, struct str device,
                      uint32_t *index)
{
    for (size_t at = hash_of(application, device);; at++) {
        uint32_t slot = l->buckets[at & (l->bucket_count - 1)];

        if (slot == 0)
            return false;
        *index = slot - 1;
        if (is_named(&l->devices[slot - 1], application, device))
            return true;
    }
}

/* used[]: of the list's devices; next[]: where a search for each need goes on. */
static bool assign(struct roster_list *l, const struct roster_options *o, bool *used, char *why)
{
    size_t next[COUNT(what)] = {0}, given[COUNT(what)] = {0};
    const struct target *t = o->target;

    for (uint32_t i = 0; i < o->device_count; i++) {
        const struct profile_class *class =
            &o->profile->classes[profile_class_of(o->profile, o->seed, o->first_device + i)];
        enum need need = needs[class->credential];
        size_t *at = &next[need];

        if (class->through_gateway)
            return refuse(why, class, "a gateway of its own", 0);
        if (need == NEED_NOTHING)
            continue;
        while (*at < t->registry.device_count &&
               (used[*at] || !has(&t->registry.devices[*at], need)))
            ++*at;
        if (*at == t->registry.device_count)
            return refuse(why, class, what[need], given[need]);
        given[need]++;
        used[*at] = true;
        l->devices[i].device = &t->registry.devices[*at];
        if (!read_secrets(l, &l->devices[i], need, why))
            return false;
        add_name(l, i);
    }
    return true;
}

struct roster_list *roster_list_new(const struct roster_options *options, char *why)
{
    struct roster_list *l = xcalloc(1, sizeof *l);
    bool *used = xcalloc(options->target->registry.device_count + 1, sizeof *used);

    l->bucket_count = 16;
    while (l->bucket_count < 2 * (size_t)options->device_count)
        l->bucket_count *= 2;
    l->devices = xcalloc(options->device_count + 1, sizeof *l->devices);
    l->buckets = xcalloc(l->bucket_count, sizeof *l->buckets);
    if (!assign(l, options, used, why))
        roster_list_free(&l);
    free(used);
    return l;
}

void roster_list_free(struct roster_list **l)
{
    if (*l == NULL)
        return;
    free((*l)->devices);
    free((*l)->buckets);
    arena_fini(&(*l)->arena);
    free(*l);
    *l = NULL;
}

const struct roster_listed *roster_list_at(const struct roster_list *l, uint32_t index)
{
    return &l->devices[index];
}
