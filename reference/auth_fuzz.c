#include "reference/auth.h"

#include "lib/log.h"
#include "reference/auth_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Nobody guesses this one: whatever is asked, nothing is granted. */
#define SECRET "c3Gk0mX9vQ7s2Lr8Wz4Nf6Jh1Tb5Yd"

static struct auth_world w;

static void world_close(void)
{
    auth_world_close(&w);
}

static void world_open(void)
{
    log_setup(LOG_ERROR, LOG_LOGFMT);
    auth_world_open(&w);
    auth_world_put(&w, "a", NULL, "{}");
    auth_world_put(&w, "a", "d",
                   "{'alias':['n'],'gatewaySelector':{'matchNames':['d']},"
                   "'authentication':{'credentials':[{'pass':'" SECRET "'},"
                   "{'user':{'username':'u','password':'" SECRET "','unique':true}}]}}");
    auth_world_put(&w, "a", "k",
                   "{'authentication':{'credentials':[{'psk':{'key':'a2V5','validity':"
                   "{'notBefore':'2020-01-01T00:00:00Z','notAfter':'2021-01-01T00:00:00Z'}}}]}}");
    int failed = atexit(world_close);

    assert(failed == 0);
}

/* Up to the next NUL, or all. */
static struct str take_field(struct str *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\0', rest->len);
    struct str field = {rest->ptr, end == NULL ? rest->len : (size_t)(end - rest->ptr)};
    size_t used = end == NULL ? field.len : field.len + 1;

    *rest = (struct str){rest->ptr + used, rest->len - used};
    return field;
}

/* A byte of flags, then authorization, application, device and as with NUL between. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct identity id = {.kind = IDENTITY_NONE};
    struct auth_grant grant;
    uint8_t key[512];

    if (w.auth == NULL)
        world_open();
    if (len == 0)
        return 0;
    struct str rest = {(const char *)data + 1, len - 1};
    int64_t wall_us = AUTH_WORLD_WALL_S * US_PER_S;

    assert(auth_psk(w.auth, rest, wall_us, &id, key, sizeof key) == 0);
    struct auth_request request = {
        .session = (data[0] & 1) != 0 ? &id : NULL,
        .has_authorization = (data[0] & 2) != 0,
        .has_application = (data[0] & 4) != 0,
        .has_device = (data[0] & 8) != 0,
        .has_as = (data[0] & 16) != 0,
    };

    request.authorization = take_field(&rest);
    request.application = take_field(&rest);
    request.device = take_field(&rest);
    request.as = take_field(&rest);
    enum auth_result result = auth_check(w.auth, &request, 0, wall_us, 1, &grant);

    assert(result == AUTH_REFUSED);
    registry_quiescent(w.reader);
    return 0;
}
