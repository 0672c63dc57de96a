#include "simulator/marker.h"

#include <stdio.h>

static const char form[] =
    "{\"run\":\"0123456789abcdef\",\"device\":         1,\"seq\":         7,\"ct\":   30,"
    "\"at\":   12345678901234}";

static const char digits[] = "0123456789abcdef";

/* Where the values stand in the form. */
enum {
    RUN_AT = 8,
    RUN_LEN = 16,
    DEVICE_AT = 35,
    DEVICE_LEN = 10,
    SEQUENCE_AT = 52,
    SEQUENCE_LEN = 10,
    CT_AT = 68,
    CT_LEN = 5,
    AT_AT = 79,
    AT_LEN = 17,
};

_Static_assert(sizeof form - 1 == MARKER_LEN, "the form and its length");

static void put(uint8_t *out, size_t len, uint64_t value)
{
    size_t i = len;

    do {
        out[--i] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0 && i > 0);
    memset(out, ' ', i);
}

void marker_write(const struct marker *m, uint8_t *out)
{
    memcpy(out, form, MARKER_LEN);
    for (unsigned i = 0; i < RUN_LEN; i++)
        out[RUN_AT + i] = (uint8_t)digits[m->run >> (60 - 4 * i) & 15];
    put(out + DEVICE_AT, DEVICE_LEN, m->device);
    put(out + SEQUENCE_AT, SEQUENCE_LEN, m->sequence);
    put(out + CT_AT, CT_LEN, m->ct_s);
    put(out + AT_AT, AT_LEN, (uint64_t)m->at_us);
}

/* What stands behind `"name":` and blanks; NULL: there is no such name. */
static const char *find(struct str payload, const char *name, const char **end)
{
    size_t name_len = strlen(name);
    const char *at = memmem(payload.ptr, payload.len, name, name_len);

    *end = payload.ptr + payload.len;
    if (at == NULL)
        return NULL;
    at += name_len;
    while (at < *end && (*at == ' ' || *at == ':' || *at == '"'))
        at++;
    return at;
}

static bool number(struct str payload, const char *name, uint64_t max, uint64_t *out)
{
    const char *end;
    const char *at = find(payload, name, &end);
    const char *first = at;

    *out = 0;
    while (at != NULL && at < end && *at >= '0' && *at <= '9' && at - first < 18)
        *out = *out * 10 + (uint64_t)(*at++ - '0');
    return at != first && *out <= max;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hexadecimal(struct str payload, uint64_t *out)
{
    const char *end;
    const char *at = find(payload, "\"run\"", &end);

    *out = 0;
    if (at == NULL || end - at < RUN_LEN)
        return false;
    for (int i = 0; i < RUN_LEN; i++) {
        int digit = digit_of(at[i]);

        if (digit < 0)
            return false;
        *out = *out << 4 | (uint64_t)digit;
    }
    return true;
}

bool marker_read(struct str payload, struct marker *out)
{
    uint64_t device;
    uint64_t sequence;
    uint64_t ct_s;
    uint64_t at_us;

    /* the marker is at the front; what follows may be long */
    payload.len = payload.len < 4 * (size_t)MARKER_LEN ? payload.len : 4 * (size_t)MARKER_LEN;
    if (payload.len == 0 || payload.ptr[0] != '{' || !hexadecimal(payload, &out->run) ||
        !number(payload, "\"device\"", UINT32_MAX, &device) ||
        !number(payload, "\"seq\"", UINT32_MAX, &sequence) ||
        !number(payload, "\"ct\"", UINT16_MAX, &ct_s) ||
        !number(payload, "\"at\"", INT64_MAX, &at_us))
        return false;
    out->device = (uint32_t)device;
    out->sequence = (uint32_t)sequence;
    out->ct_s = (uint32_t)ct_s;
    out->at_us = (int64_t)at_us;
    return true;
}
