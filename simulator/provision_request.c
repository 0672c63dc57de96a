#include "simulator/provision_request.h"

#include "lib/base64.h"
#include "simulator/identity.h"

static const struct profile_class *class_of(const struct provision_options *o, uint32_t device)
{
    return &o->profile->classes[profile_class_of(o->profile, o->seed, device)];
}

static bool is_x509(enum profile_credential c)
{
    return c == PROFILE_X509 || c == PROFILE_EXPIRED_X509;
}

bool provision_wants_x509(const struct profile *p)
{
    for (size_t i = 0; i < p->class_count; i++)
        if (is_x509(p->classes[i].credential))
            return true;
    return false;
}

enum credentials_kind provision_x509_kind(void *arg, uint32_t device)
{
    const struct profile_class *c = class_of(arg, device);

    if (!is_x509(c->credential))
        return CREDENTIALS_NONE;
    if (c->credential == PROFILE_EXPIRED_X509)
        return c->through_gateway ? CREDENTIALS_EXPIRED_GATEWAY : CREDENTIALS_EXPIRED;
    return c->through_gateway ? CREDENTIALS_GOOD_GATEWAY : CREDENTIALS_GOOD;
}

json_t *provision_request_application(const struct provision_options *o)
{
    char application[IDENTITY_APPLICATION_LEN];
    struct buf pem = buf_growing();
    json_t *request;

    identity_application(o->seed, application);
    request = json_pack("{s:s, s:s}", "op", "create_application", "application", application);
    if (o->credentials != NULL) {
        credentials_anchor(o->credentials, &pem);
        (void)json_object_set_new(request, "trust_anchors", json_pack("[s%]", pem.ptr, pem.len));
        buf_fini(&pem);
    }
    return request;
}

static json_t *request_for(const char *application, const char *name)
{
    return json_pack("{s:s, s:s, s:s}", "op", "create_device", "application", application, "device",
                     name);
}

static json_t *psk_of(uint64_t seed, uint32_t device)
{
    uint8_t key[IDENTITY_PSK_LEN];
    char text[32];
    struct buf b = buf_over(text, sizeof text);

    identity_psk(seed, device, key);
    base64_encode(&b, key, sizeof key);
    return json_pack("[{s:s%}]", "psk", b.ptr, b.len);
}

static json_t *password_of(uint64_t seed, uint32_t device)
{
    char password[IDENTITY_PASSWORD_LEN];

    identity_password(seed, device, password);
    return json_pack("[{s:s}]", "password", password);
}

/* By what the publisher is known: its own request gets it. */
static void add_secret(const struct provision_options *o, const struct profile_class *c,
                       uint32_t device, json_t *request)
{
    char text[64];
    struct buf subject = buf_over(text, sizeof text);

    switch (c->credential) {
    case PROFILE_BASIC:
    case PROFILE_BASIC_DTLS:
    case PROFILE_WRONG_PASSWORD:
        (void)json_object_set_new(request, "credentials", password_of(o->seed, device));
        break;
    case PROFILE_PSK:
    case PROFILE_WRONG_PSK:
        (void)json_object_set_new(request, "credentials", psk_of(o->seed, device));
        break;
    case PROFILE_X509:
    case PROFILE_EXPIRED_X509:
        credentials_subject(o->seed, device, c->through_gateway, &subject);
        (void)json_object_set_new(request, "aliases", json_pack("[s%]", subject.ptr, subject.len));
        break;
    case PROFILE_GARBAGE:
    case PROFILE_STALL:
    case PROFILE_CREDENTIAL_COUNT:
        break;
    }
}

size_t provision_request_device(const struct provision_options *o, uint32_t device,
                                json_t *out[PROVISION_REQUEST_MAX])
{
    const struct profile_class *c = class_of(o, device);
    char application[IDENTITY_APPLICATION_LEN], name[IDENTITY_DEVICE_LEN],
        gateway[IDENTITY_DEVICE_LEN];

    if (c->credential == PROFILE_GARBAGE || c->credential == PROFILE_STALL)
        return 0;
    identity_application(o->seed, application);
    identity_device(device, name);
    out[0] = request_for(application, name);
    if (!c->through_gateway) {
        add_secret(o, c, device, out[0]);
        return 1;
    }
    identity_gateway(device, gateway);
    (void)json_object_set_new(out[0], "gateways", json_pack("[s]", gateway));
    out[1] = request_for(application, gateway);
    add_secret(o, c, device, out[1]);
    return 2;
}
