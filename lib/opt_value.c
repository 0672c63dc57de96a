#include "lib/opt_value.h"

enum { MAX_FRACTION_DIGITS = 9 };

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {
    {"us",  1                   },
    {"ms",  US_PER_MS           },
    {"s",   US_PER_S            },
    {"min", 60 * US_PER_S       },
    {"h",   60 * 60 * US_PER_S  },
    {"d",   24 * 3600 * US_PER_S},
};

static const struct unit size_units[] = {
    {"",    1               },
    {"B",   1               },
    {"KiB", INT64_C(1) << 10},
    {"MiB", INT64_C(1) << 20},
    {"GiB", INT64_C(1) << 30},
    {"TiB", INT64_C(1) << 40},
};

/* `12.5`: whole 12, fraction 5, fraction_scale 10. */
struct number {
    int64_t whole;
    int64_t fraction;
    int64_t fraction_scale;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the digits at the start of *text. False when there are none or 64 bits are not enough. */
static bool take_digits(struct str *text, int64_t *out, size_t *digits)
{
    int64_t value = 0;
    size_t used = 0;

    while (used < text->len && is_digit(text->ptr[used])) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text->ptr[used] - '0', &value))
            return false;
        used++;
    }
    text->ptr += used;
    text->len -= used;
    *out = value;
    *digits = used;
    return used > 0;
}

/* Takes `digits` or `digits.digits`. */
static bool take_number(struct str *text, struct number *out)
{
    size_t digits;

    *out = (struct number){.fraction_scale = 1};
    if (!take_digits(text, &out->whole, &digits))
        return false;
    if (text->len == 0 || text->ptr[0] != '.')
        return true;
    text->ptr++;
    text->len--;
    if (!take_digits(text, &out->fraction, &digits) || digits > MAX_FRACTION_DIGITS)
        return false;
    for (size_t i = 0; i < digits; i++)
        out->fraction_scale *= 10;
    return true;
}

static bool with_unit(struct str text, const struct unit *units, size_t unit_count, int64_t *out)
{
    struct number n;

    if (!take_number(&text, &n))
        return false;
    for (size_t i = 0; i < unit_count; i++) {
        int64_t value;
        int64_t part;

        if (!str_equal(text, str_from(units[i].name)))
            continue;
        if (__builtin_mul_overflow(n.whole, units[i].factor, &value) ||
            __builtin_mul_overflow(n.fraction, units[i].factor, &part))
            return false;
        /* half a byte or half a microsecond is nothing that anybody can mean */
        if (part % n.fraction_scale != 0 ||
            __builtin_add_overflow(value, part / n.fraction_scale, &value))
            return false;
        *out = value;
        return true;
    }
    return false;
}

bool opt_value_integer(struct str text, int64_t *out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    int64_t value;
    size_t digits;

    if (negative) {
        text.ptr++;
        text.len--;
    }
    if (!take_digits(&text, &value, &digits) || text.len > 0)
        return false;
    *out = negative ? -value : value;
    return true;
}

bool opt_value_duration(struct str text, int64_t *out_us)
{
    if (str_equal(text, STR("0"))) {
        *out_us = 0;
        return true;
    }
    return with_unit(text, duration_units, COUNT(duration_units), out_us);
}

bool opt_value_size(struct str text, int64_t *out_bytes)
{
    return with_unit(text, size_units, COUNT(size_units), out_bytes);
}

bool opt_value_spaced(struct str text, bool (*read)(struct str text, int64_t *out), int64_t *out)
{
    char packed[32];
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ')
            continue;
        if (len == sizeof packed)
            return false;
        packed[len++] = text.ptr[i];
    }
    return read((struct str){packed, len}, out);
}

bool opt_value_decimal(struct str text, double *out)
{
    struct number n;

    if (text.len > 19 || !take_number(&text, &n) || text.len > 0)
        return false;
    *out = (double)n.whole + (double)n.fraction / (double)n.fraction_scale;
    return true;
}

bool opt_value_flag(struct str text, bool *out)
{
    int which = opt_value_name(text, "no|yes|false|true|off|on");

    if (which < 0)
        return false;
    *out = which % 2 == 1;
    return true;
}

int opt_value_name(struct str text, const char *names)
{
    for (int index = 0;; index++) {
        const char *end = strchrnul(names, '|');

        if (str_equal(text, (struct str){names, (size_t)(end - names)}))
            return index;
        if (*end == '\0')
            return -1;
        names = end + 1;
    }
}
