#include "reference/credential.h"

#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/percent.h"
#include "lib/utf8.h"
#include "reference/mutant.h"

static const char *const words[] = {
    [CREDENTIAL_OK] = "ok",
    [CREDENTIAL_NOT_BASIC] = "not-basic",
    [CREDENTIAL_TOO_LONG] = "credential-too-long",
    [CREDENTIAL_BAD_BASE64] = "bad-base64",
    [CREDENTIAL_BAD_UTF8] = "bad-utf8",
    [CREDENTIAL_NO_PASSWORD] = "no-colon",
};

/* Cuts s at the first c: what is before it, and what is behind it in *rest. False when none. */
static bool cut(struct str s, char c, struct str *before, struct str *rest)
{
    const char *at = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

    if ((c == ':' && mutant_is(MUTANT_PASSWORD_CUT_AT_LAST_COLON)) ||
        (c == '@' && mutant_is(MUTANT_USER_CUT_AT_LAST_AT)))
        at = s.len == 0 ? NULL : memrchr(s.ptr, c, s.len);

    if (at == NULL)
        return false;
    size_t len = (size_t)(at - s.ptr);

    *before = (struct str){s.ptr, len};
    *rest = (struct str){at + 1, s.len - len - 1};
    return true;
}

/* `Basic` in any case and one space or more (RFC 7617 2, RFC 9110 11.4). */
static bool take_scheme(struct str *value)
{
    struct str scheme;

    if (!cut(*value, ' ', &scheme, value))
        return false;
    while (value->len > 0 && *value->ptr == ' ')
        *value = (struct str){value->ptr + 1, value->len - 1};
    return scheme.len == 5 && strncasecmp(scheme.ptr, "Basic", 5) == 0;
}

enum credential_err credential_parse(struct str value, struct credential *out)
{
    size_t len = 0;

    out->user = out->password = out->device = out->application = (struct str){NULL, 0};
    out->has_at = false;
    out->used_len = 0;
    if (!take_scheme(&value))
        return CREDENTIAL_NOT_BASIC;
    if (value.len > (CREDENTIAL_MAX_LEN + 2) / 3 * 4)
        return CREDENTIAL_TOO_LONG;
    out->used_len = value.len < sizeof out->device_text ? value.len : sizeof out->device_text;
    if ((value.len % 4 != 0 && mutant_is(MUTANT_UNPADDED_BASE64_REFUSED)) ||
        !base64_decode(value, (uint8_t *)out->text, sizeof out->text, &len))
        return CREDENTIAL_BAD_BASE64;
    if (len > CREDENTIAL_MAX_LEN)
        return CREDENTIAL_TOO_LONG;
    struct str text = {out->text, len};

    if (!utf8_valid(text))
        return CREDENTIAL_BAD_UTF8;
    if (!cut(text, ':', &out->user, &out->password))
        return CREDENTIAL_NO_PASSWORD;
    struct str device;

    out->has_at = cut(out->user, '@', &device, &out->application);
    if (out->has_at) {
        out->device = mutant_is(MUTANT_DEVICE_NOT_DECODED)
                          ? device
                          : percent_decode(device, out->device_text);
        if (!utf8_valid(out->device))
            return CREDENTIAL_BAD_UTF8;
    }
    return CREDENTIAL_OK;
}

void credential_cleanse(struct credential *c)
{
    /* nothing decodes to more than it was; the rest of two kilobytes is not worth the time */
    explicit_bzero(c->text, c->used_len + (sizeof c->text - sizeof c->device_text));
    explicit_bzero(c->device_text, c->used_len);
}

const char *credential_err_word(enum credential_err err)
{
    return words[err];
}
