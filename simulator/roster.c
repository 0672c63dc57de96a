#include "simulator/roster.h"

#include <stdlib.h>

#include "lib/base64.h"
#include "lib/buf.h"
#include "simulator/identity.h"
#include "simulator/roster_list.h"

struct roster {
    struct roster_options options;
    struct roster_list *list; /* NULL: the devices come from the seed */
    char application[IDENTITY_APPLICATION_LEN];
};

struct roster *roster_new(const struct roster_options *options, char *why)
{
    struct roster *r = xcalloc(1, sizeof *r);

    r->options = *options;
    identity_application(options->seed, r->application);
    if (options->target->registry.kind == REGISTRY_STATIC) {
        r->list = roster_list_new(options, why);
        if (r->list == NULL)
            roster_free(&r);
    }
    return r;
}

void roster_free(struct roster **r)
{
    if (*r == NULL)
        return;
    roster_list_free(&(*r)->list);
    free(*r);
    *r = NULL;
}

static const struct profile_class *class_of(const struct roster *r, uint32_t device)
{
    const struct roster_options *o = &r->options;

    return &o->profile->classes[profile_class_of(o->profile, o->seed, device)];
}

static const struct roster_listed *listed(const struct roster *r, uint32_t device)
{
    assert(device - r->options.first_device < r->options.device_count);
    return roster_list_at(r->list, device - r->options.first_device);
}

void roster_name(const struct roster *r, uint32_t device, struct roster_space *space,
                 struct roster_name *out)
{
    *out = (struct roster_name){
        .application = {NULL, 0}
    };
    if (r->list == NULL) {
        identity_device(device, space->bytes);
        out->application = str_from(r->application);
        out->device = str_from(space->bytes);
    } else if (listed(r, device)->device != NULL) {
        out->application = str_from(listed(r, device)->device->application);
        out->device = str_from(listed(r, device)->device->device);
    }
}

bool roster_number(const struct roster *r, struct str application, struct str device, uint32_t *out)
{
    const struct roster_options *o = &r->options;
    uint32_t index;

    if (r->list == NULL)
        return str_equal(application, str_from(r->application)) &&
               identity_device_number(device, out) && *out - o->first_device < o->device_count;
    if (!roster_list_find(r->list, application, device, &index))
        return false;
    *out = o->first_device + index;
    return true;
}

const char *roster_next_application(const struct roster *r, const char *name)
{
    const struct roster_options *o = &r->options;
    const char *next = NULL;

    if (r->list == NULL)
        return name == NULL ? r->application : NULL;
    for (uint32_t i = 0; i < o->device_count; i++) {
        const struct target_device *d = roster_list_at(r->list, i)->device;

        if (d != NULL && (name == NULL || strcmp(d->application, name) > 0) &&
            (next == NULL || strcmp(d->application, next) < 0))
            next = d->application;
    }
    return next;
}

bool roster_has_application(const struct roster *r, struct str application)
{
    return r->list == NULL && str_equal(application, str_from(r->application));
}

/* --- secrets -------------------------------------------------------------------------------------
 */

/* The parts of a secret, wherever the device comes from. */
struct parts {
    struct str application;
    struct str user; /* a device, gateway or user name */
    struct str password;
};

/* RFC 7617 2, Drogue: `%` and `@` of a device's name are percent-encoded. */
static struct str write_basic(const struct parts *p, bool wrong, struct buf *b)
{
    char plain_space[1024];
    struct buf plain = buf_over(plain_space, sizeof plain_space);
    size_t from;

    for (size_t i = 0; i < p->user.len; i++) {
        if (p->user.ptr[i] == '%' || p->user.ptr[i] == '@')
            buf_add_format(&plain, "%%%02X", (unsigned)p->user.ptr[i]);
        else
            buf_add_char(&plain, p->user.ptr[i]);
    }
    buf_add_format(&plain, "@%.*s:%s%.*s", (int)p->application.len, p->application.ptr,
                   wrong ? "not-" : "", (int)p->password.len, p->password.ptr);
    from = b->len;
    buf_add_str(b, STR("Basic "));
    base64_encode(b, plain.ptr, plain.len);
    assert(!plain.overflow && !b->overflow);
    return (struct str){b->ptr + from, b->len - from};
}

static struct str write_identity(const struct parts *p, struct buf *b)
{
    size_t from = b->len;

    buf_add_str(b, p->user);
    buf_add_char(b, '@');
    buf_add_str(b, p->application);
    return (struct str){b->ptr + from, b->len - from};
}

/* In space; one bit is flipped when it shall be wrong. */
static struct str write_key(struct str key, bool wrong, struct buf *b)
{
    size_t from = b->len;

    buf_add_str(b, key);
    if (wrong)
        b->ptr[from] = (char)(b->ptr[from] ^ 1);
    return (struct str){b->ptr + from, b->len - from};
}

static void secret_of_listed(const struct roster_listed *l, enum profile_credential credential,
                             struct buf *b, struct roster_secret *out)
{
    const struct target_device *d = l->device;

    if (d == NULL)
        return;
    struct parts p = {
        str_from(d->application), str_from(d->username != NULL ? d->username : d->device),
        d->password == NULL ? (struct str){NULL, 0}
             : str_from(d->password)
    };

    if (p.password.ptr != NULL)
        out->basic = write_basic(&p, credential == PROFILE_WRONG_PASSWORD, b);
    if (l->psk_key.len > 0) {
        p.user = str_from(d->device);
        out->psk_identity =
            d->psk_identity != NULL ? str_from(d->psk_identity) : write_identity(&p, b);
        out->psk_key = write_key(l->psk_key, credential == PROFILE_WRONG_PSK, b);
    }
    out->certificate_der = l->certificate_der;
    out->key_der = l->key_der;
}

static void secret_of_seed(const struct roster *r, uint32_t device, struct buf *b,
                           struct roster_secret *out)
{
    const struct roster_options *o = &r->options;
    const struct profile_class *c = class_of(r, device);
    char name[IDENTITY_DEVICE_LEN], password[IDENTITY_PASSWORD_LEN];
    uint8_t key[IDENTITY_PSK_LEN];
    struct parts p = {
        str_from(r->application), {name,     sizeof name - 1    },
         {password, sizeof password - 1}
    };

    if (c->through_gateway)
        identity_gateway(device, name);
    else
        identity_device(device, name);
    switch (c->credential) {
    case PROFILE_BASIC:
    case PROFILE_BASIC_DTLS:
    case PROFILE_WRONG_PASSWORD:
        identity_password(o->seed, device, password);
        out->basic = write_basic(&p, c->credential == PROFILE_WRONG_PASSWORD, b);
        break;
    case PROFILE_PSK:
    case PROFILE_WRONG_PSK:
        identity_psk(o->seed, device, key);
        out->psk_identity = write_identity(&p, b);
        out->psk_key = write_key((struct str){(const char *)key, sizeof key},
                                 c->credential == PROFILE_WRONG_PSK, b);
        break;
    case PROFILE_X509:
    case PROFILE_EXPIRED_X509:
        if (o->credentials == NULL ||
            !credentials_x509(o->credentials, device, &out->certificate_der, &out->key_der))
            assert(false); /* credentials_make was due before */
        break;
    case PROFILE_GARBAGE:
    case PROFILE_STALL:
    case PROFILE_CREDENTIAL_COUNT:
        break;
    }
}

void roster_secret(const struct roster *r, uint32_t device, struct roster_space *space,
                   struct roster_secret *out)
{
    struct buf b = buf_over(space->bytes, sizeof space->bytes);

    *out = (struct roster_secret){
        .basic = {NULL, 0}
    };
    if (r->list == NULL)
        secret_of_seed(r, device, &b, out);
    else
        secret_of_listed(listed(r, device), class_of(r, device)->credential, &b, out);
    assert(!b.overflow);
}
