#include "reference/request.h"

#include <stdlib.h>

#include "lib/percent.h"
#include "lib/tbl/coap_code.h"
#include "lib/tbl/coap_option.h"
#include "lib/utf8.h"
#include "reference/event.h"
#include "reference/mutant.h"

/* What reading an option does to the request. */
struct reading {
    struct request *out;
    char *decode; /* free decoding memory */
    size_t segments;
    enum outcome refusal; /* the first one, OUTCOME_NONE while good */
    bool had_query;
    bool wants_proxy; /* Proxy-Uri, Proxy-Scheme (RFC 7252 5.7.2, 5.10.2) */
};

typedef void option_fn(struct reading *r, struct str value);

static void refuse(struct reading *r, enum outcome why)
{
    if (r->refusal == OUTCOME_NONE)
        r->refusal = why;
}

/* --- path --------------------------------------------------------------------------------------
 */

static struct str decode(struct reading *r, struct str in);

/* Segments behind the channel are accepted and mean nothing (URL-14). */
static void read_path(struct reading *r, struct str segment)
{
    size_t at = r->segments++;

    if (at == 0 && !str_equal(segment, STR("v1")) && !mutant_is(MUTANT_PATH_VERSION_UNCHECKED))
        refuse(r, OUTCOME_BAD_PATH);
    if (at > 1 && mutant_is(MUTANT_SUB_PATH_REFUSED))
        refuse(r, OUTCOME_BAD_PATH);
    if (at > 1 && mutant_is(MUTANT_SUB_PATH_IN_SUBJECT) && segment.len > 0)
        r->out->channel = segment;
    if (at != 1)
        return;
    if (mutant_is(MUTANT_CHANNEL_DECODED))
        segment = decode(r, segment);
    if (segment.len == 0 && mutant_is(MUTANT_EMPTY_CHANNEL_PUBLISHED))
        return;
    /* a dot segment never comes from a URI (RFC 7252 6.4, 6.5) */
    if (!event_subject_allowed(segment) || str_equal(segment, STR(".")) ||
        str_equal(segment, STR("..")))
        refuse(r, OUTCOME_BAD_CHANNEL);
    r->out->channel = segment;
}

/* --- query -------------------------------------------------------------------------------------
 */

static const struct {
    struct str name;
    enum request_param param;
} param_names[] = {
    {{"application", 11},    REQUEST_APPLICATION},
    {{"device", 6},          REQUEST_DEVICE     },
    {{"data_schema", 11},    REQUEST_DATA_SCHEMA},
    {{"as", 2},              REQUEST_AS         },
    {{"ct", 2},              REQUEST_CT         },
    {{"commandTimeout", 14}, REQUEST_CT         }, /* the original's second name for it */
};

/* Copies only when there is something to decode. */
static struct str decode(struct reading *r, struct str in)
{
    const char *hash = in.len == 0 ? NULL : memchr(in.ptr, '#', in.len);

    if (hash != NULL && mutant_is(MUTANT_PARAMETER_CUT_AT_HASH))
        in.len = (size_t)(hash - in.ptr);
    if (in.len == 0 || memchr(in.ptr, '%', in.len) == NULL || mutant_is(MUTANT_QUERY_NOT_DECODED))
        return in;
    struct str decoded = percent_decode(in, r->decode);

    r->decode += decoded.len;
    return decoded;
}

static void read_param(struct reading *r, struct str name, struct str value)
{
    struct str decoded_name = decode(r, name);

    for (size_t i = 0; i < COUNT(param_names); i++) {
        if (!str_equal(decoded_name, param_names[i].name))
            continue;
        struct request_value *to = &r->out->params[param_names[i].param];

        if (to->given && !mutant_is(MUTANT_PARAMETER_TWICE_ACCEPTED))
            refuse(r, OUTCOME_PARAMETER_TWICE);
        to->given = true;
        to->value = decode(r, value);
        if (!utf8_valid(to->value))
            refuse(r, OUTCOME_BAD_QUERY);
        return;
    }
    if (name.len > 0 && mutant_is(MUTANT_UNKNOWN_PARAMETER_REFUSED))
        refuse(r, OUTCOME_BAD_QUERY);
}

/* One Uri-Query option: `name=value`, or several of them joined by `&`. */
static void read_query(struct reading *r, struct str option)
{
    bool split = !mutant_is(MUTANT_QUERY_NOT_SPLIT);

    if (r->had_query && mutant_is(MUTANT_QUERY_FIRST_OPTION_ONLY))
        return;
    r->had_query = true;
    while (option.len > 0) {
        const char *amp = split ? memchr(option.ptr, '&', option.len) : NULL;
        size_t len = amp == NULL ? option.len : (size_t)(amp - option.ptr);
        const char *equals = len == 0 ? NULL : memchr(option.ptr, '=', len);
        size_t name_len = equals == NULL ? len : (size_t)(equals - option.ptr);
        size_t skip = equals == NULL ? len : name_len + 1;

        read_param(r, (struct str){option.ptr, name_len},
                   (struct str){option.ptr + skip, len - skip});
        len += amp == NULL ? 0 : 1;
        option.ptr += len;
        option.len -= len;
    }
}

/* Digits only: no sign, no fraction, nothing beyond 64 bits (URL-08, URL-16). */
static bool read_seconds(struct str text, uint64_t *out)
{
    uint64_t n = 0;

    if (text.len > 1 && text.ptr[0] == '-' && mutant_is(MUTANT_NEGATIVE_CT_ACCEPTED))
        text = (struct str){text.ptr + 1, text.len - 1};
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.ptr[i] - '0';

        if (digit > 9 || __builtin_mul_overflow(n, UINT64_C(10), &n) ||
            __builtin_add_overflow(n, (uint64_t)digit, &n))
            return false;
    }
    *out = n;
    return true;
}

/* --- other options -----------------------------------------------------------------------------
 */

/* A channel has no entity-tag, so none matches; an empty If-Match asks only that it exists (RFC
 * 7252 5.10.8.1). */
static void read_if_match(struct reading *r, struct str value)
{
    if (value.len > 0 && !mutant_is(MUTANT_IF_MATCH_IGNORED))
        refuse(r, OUTCOME_PRECONDITION_FAILED);
}

static void read_if_none_match(struct reading *r, struct str value)
{
    UNUSED(value);
    refuse(r, OUTCOME_PRECONDITION_FAILED); /* every channel exists (RFC 7252 5.10.8.2) */
}

static void read_content_format(struct reading *r, struct str value)
{
    r->out->content_format = (int)pdu_uint(value);
}

static void read_proxy(struct reading *r, struct str value)
{
    UNUSED(value);
    r->wants_proxy = true;
}

static void read_authorization(struct reading *r, struct str value)
{
    r->out->authorization = (struct request_value){true, value};
}

static void read_block(struct reading *r, struct str value, bool *has, struct block *out)
{
    *has = true;
    if (!block_parse(value, out))
        refuse(r, OUTCOME_BAD_BLOCK);
}

static void read_block1(struct reading *r, struct str value)
{
    read_block(r, value, &r->out->has_block1, &r->out->block1);
}

static void read_block2(struct reading *r, struct str value)
{
    read_block(r, value, &r->out->has_block2, &r->out->block2);
    if (r->out->block2.more) /* must be zero in a request (RFC 7959 2.2) */
        r->out->block2.more = false;
}

static void read_size1(struct reading *r, struct str value)
{
    r->out->size1 = pdu_uint(value);
}

static void read_nothing(struct reading *r, struct str value)
{
    UNUSED(r);
    UNUSED(value);
}

#define LIMITS(id, number, name, format, min_len, max_len, repeatable)                             \
    enum { id##_MIN = (min_len), id##_MAX = (max_len), id##_REPEATS = (repeatable) };
OPTION_TABLE(LIMITS)
#undef LIMITS

#define ROW(id, fn)                                                                                \
    {                                                                                              \
        OPTION_##id, id##_MIN, id##_MAX, id##_REPEATS, fn                                          \
    }

/* The options that this endpoint recognises; lengths and repeatability come from the shared table.
 */
static const struct known_option {
    uint32_t number;
    size_t min_len;
    size_t max_len;
    bool repeatable;
    option_fn *read;
} known_options[] = {
    ROW(IF_MATCH, read_if_match),
    ROW(URI_HOST, read_nothing), /* any name may lead here */
    ROW(IF_NONE_MATCH, read_if_none_match),
    ROW(URI_PORT, read_nothing), /* whatever port it names, this one was reached */
    ROW(URI_PATH, read_path),
    ROW(CONTENT_FORMAT, read_content_format),
    ROW(URI_QUERY, read_query),
    ROW(ACCEPT, read_nothing), /* no representation is asked for (OPT-05) */
    ROW(BLOCK2, read_block2),
    ROW(BLOCK1, read_block1),
    ROW(PROXY_URI, read_proxy),
    ROW(PROXY_SCHEME, read_proxy),
    ROW(SIZE1, read_size1),
    ROW(REQUEST_TAG, read_nothing),
    ROW(AUTHORIZATION, read_authorization),
};

/* RFC 7252 5.4.6 */
static bool is_critical(uint32_t number)
{
    return (number & 1) != 0;
}

/* The row of an option that counts: known, of a lawful length, not repeated beyond what is allowed.
 */
static const struct known_option *recognise(const struct pdu_option *o, uint32_t last_number)
{
    if ((o->number == OPTION_AUTHORIZATION && mutant_is(MUTANT_OPTION_4209_UNKNOWN)) ||
        (o->number == OPTION_URI_HOST && mutant_is(MUTANT_URI_HOST_REFUSED)))
        return NULL;
    for (size_t i = 0; i < COUNT(known_options); i++) {
        const struct known_option *k = &known_options[i];

        if (k->number != o->number)
            continue;
        if ((o->value.len < k->min_len || o->value.len > k->max_len) &&
            !(o->value.len <= 4 && mutant_is(MUTANT_OPTION_LENGTH_UNCHECKED)))
            return NULL; /* RFC 7252 5.4.3 */
        /* RFC 7252 5.4.5 */
        return k->repeatable || o->number != last_number ||
                       mutant_is(MUTANT_OPTION_REPEATED_ACCEPTED)
                   ? k
                   : NULL;
    }
    return NULL;
}

/* Whether an option that is not recognised makes the request a bad one (RFC 7252 5.4.1). */
static bool is_refused(const struct pdu *p, uint32_t number)
{
    if (mutant_is(MUTANT_ELECTIVE_OPTION_REFUSED) && number != OPTION_COMMAND)
        return true;
    if (number == OPTION_COMMAND && mutant_is(MUTANT_OPTION_4210_REFUSED))
        return true;
    if (number == OPTION_AUTHORIZATION && mutant_is(MUTANT_AUTHORIZATION_TWICE_ACCEPTED))
        return false;
    if (mutant_is(MUTANT_CRITICAL_OPTION_IGNORED) ||
        (p->type == PDU_NON && mutant_is(MUTANT_CRITICAL_OPTION_IGNORED_IN_NON)))
        return false;
    return is_critical(number);
}

/* An unrecognised critical option outweighs every other refusal (RFC 7252 5.4.1). */
static enum outcome read_options(const struct pdu *p, struct reading *r)
{
    struct pdu_options walk = pdu_options(p);
    struct pdu_option o;
    uint32_t last_number = 0;
    bool bad_option = false;

    while (pdu_next_option(&walk, &o)) {
        const struct known_option *k = recognise(&o, last_number);

        if (k != NULL)
            k->read(r, o.value);
        else
            bad_option = bad_option || is_refused(p, o.number);
        if (o.number == OPTION_COMMAND && last_number == OPTION_COMMAND &&
            mutant_is(MUTANT_COMMAND_OPTION_REPEAT_CRASHES))
            abort();
        last_number = o.number;
    }
    if (bad_option)
        return OUTCOME_BAD_OPTION;
    return r->wants_proxy && !mutant_is(MUTANT_PROXY_URI_IGNORED) ? OUTCOME_NO_PROXY : OUTCOME_NONE;
}

static bool publishes(uint8_t code, const struct request_options *options)
{
    return code == CODE_POST || (options->allow_put && code == CODE_PUT) ||
           mutant_is(MUTANT_ANY_METHOD_PUBLISHES) ||
           (code == CODE_GET && mutant_is(MUTANT_GET_PUBLISHES));
}

static enum outcome read_wait(struct request *out)
{
    const struct request_value *ct = &out->params[REQUEST_CT];

    if (!ct->given || read_seconds(ct->value, &out->ct_s))
        return OUTCOME_NONE;
    out->ct_s = 0;
    if (mutant_is(MUTANT_BAD_CT_RESETS_PARAMETERS))
        memset(out->params, 0, sizeof out->params);
    return mutant_is(MUTANT_BAD_CT_IGNORED) || mutant_is(MUTANT_BAD_CT_RESETS_PARAMETERS)
               ? OUTCOME_NONE
               : OUTCOME_BAD_CT;
}

enum outcome request_read(const struct pdu *p, const struct request_options *options, char *decode,
                          struct request *out)
{
    struct reading r = {.out = out, .decode = decode, .refusal = OUTCOME_NONE};

    *out = (struct request){.content_format = REQUEST_NO_FORMAT, .payload = p->payload};
    enum outcome bad_option = read_options(p, &r);

    if (bad_option != OUTCOME_NONE)
        return bad_option;
    if (!publishes(p->code, options))
        return OUTCOME_METHOD_NOT_ALLOWED;
    if (r.segments < 2)
        refuse(&r, OUTCOME_BAD_PATH);
    if (r.refusal != OUTCOME_NONE)
        return r.refusal;
    return read_wait(out);
}

/* Options that may differ between the blocks of one body. */
static const uint32_t not_identity[] = {
    OPTION_OBSERVE, OPTION_BLOCK1,      OPTION_BLOCK2,        OPTION_SIZE1, OPTION_SIZE2,
    OPTION_ECHO,    OPTION_NO_RESPONSE, OPTION_AUTHORIZATION, /* the authenticated sender stands for
                                                                 it */
};

static bool is_identity(uint32_t number)
{
    if (number == OPTION_REQUEST_TAG && mutant_is(MUTANT_REQUEST_TAG_IGNORED))
        return false;
    for (size_t i = 0; i < COUNT(not_identity); i++) {
        if (not_identity[i] == number)
            return false;
    }
    return true;
}

void request_add_identity(const struct pdu *p, struct buf *out)
{
    struct pdu_options walk = pdu_options(p);
    struct pdu_option o;

    while (pdu_next_option(&walk, &o)) {
        uint32_t head[2] = {o.number, (uint32_t)o.value.len};

        if (!is_identity(o.number))
            continue;
        buf_add(out, head, sizeof head);
        buf_add_str(out, o.value);
    }
}
