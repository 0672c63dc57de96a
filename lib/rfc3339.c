#include "lib/rfc3339.h"

enum { S_PER_DAY = 86400, DAYS_PER_ERA = 146097 /* of 400 years */ };

/* A calendar date, proleptic Gregorian. */
struct date {
    int64_t year;
    int64_t month; /* 1..12 */
    int64_t day;   /* 1..31 */
};

/*
 * Days since 1970-01-01. Years are counted from March, so that the leap day is a year's last day;
 * the lengths of the months from March on follow (153 m + 2) / 5.
 */
static int64_t days_of(struct date d)
{
    const int64_t year = d.month > 2 ? d.year : d.year - 1;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t month = d.month > 2 ? d.month - 3 : d.month + 9;
    const int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;

    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

static struct date date_of(int64_t days)
{
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    const int64_t day = z - era * DAYS_PER_ERA;
    const int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    const int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * day_of_year + 2) / 153;

    return (struct date){
        .year = year + era * 400 + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    const struct date first = {year, month, 1};
    const struct date next =
        month == 12 ? (struct date){year + 1, 1, 1} : (struct date){year, month + 1, 1};

    return days_of(next) - days_of(first);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

/* Without printf: an event's time is written with every publish. */
static void put_digits(char *to, int width, int64_t value)
{
    for (int i = width; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
}

void rfc3339_format(int64_t unix_us, struct buf *out)
{
    const int64_t seconds = floor_div(unix_us, US_PER_S);
    const int us = (int)(unix_us - seconds * US_PER_S);
    const int64_t days = floor_div(seconds, S_PER_DAY);
    const int in_day = (int)(seconds - days * S_PER_DAY);
    const struct date d = date_of(days);

    assert(d.year >= 0 && d.year <= 9999);
    char text[] = "0000-00-00T00:00:00.000000";

    put_digits(text, 4, d.year);
    put_digits(text + 5, 2, d.month);
    put_digits(text + 8, 2, d.day);
    put_digits(text + 11, 2, in_day / 3600);
    put_digits(text + 14, 2, in_day / 60 % 60);
    put_digits(text + 17, 2, in_day % 60);
    put_digits(text + 20, 6, us);
    buf_add(out, text, us == 0 ? 19 : us % 1000 == 0 ? 23 : 26);
    buf_add_char(out, 'Z');
}

/* Reads exactly `digits` digits from *in; -1 when they are not there. */
static int64_t take_number(struct str *in, size_t digits)
{
    int64_t value = 0;

    if (in->len < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        if (in->ptr[i] < '0' || in->ptr[i] > '9')
            return -1;
        value = value * 10 + (in->ptr[i] - '0');
    }
    *in = (struct str){in->ptr + digits, in->len - digits};
    return value;
}

/* Takes one character of `set`; '\0' when it is another. */
static char take_char(struct str *in, const char *set)
{
    char c = '\0';

    if (in->len > 0 && in->ptr[0] != '\0' && strchr(set, in->ptr[0]) != NULL) {
        c = in->ptr[0];
        *in = (struct str){in->ptr + 1, in->len - 1};
    }
    return c;
}

/* `.123456789`: microseconds; 0 when there is no fraction, -1 when it has no digit. */
static int64_t take_fraction_us(struct str *in)
{
    int64_t us = 0;
    int64_t weight = US_PER_S / 10;
    size_t digits = 0;

    if (take_char(in, ".") == '\0')
        return 0;
    for (; in->len > 0 && in->ptr[0] >= '0' && in->ptr[0] <= '9'; digits++) {
        us += weight * (in->ptr[0] - '0');
        weight /= 10;
        *in = (struct str){in->ptr + 1, in->len - 1};
    }
    return digits > 0 ? us : -1;
}

/* `Z`, `+hh:mm` or `-hh:mm`, and nothing behind it: *offset_s is what to subtract for UTC. */
static bool take_offset(struct str *in, int64_t *offset_s)
{
    const char sign = take_char(in, "Zz+-");

    *offset_s = 0;
    if (sign == '+' || sign == '-') {
        const int64_t hour = take_number(in, 2);
        const bool colon = take_char(in, ":") != '\0';
        const int64_t minute = take_number(in, 2);

        if (hour < 0 || hour > 23 || !colon || minute < 0 || minute > 59)
            return false;
        *offset_s = (hour * 3600 + minute * 60) * (sign == '-' ? -1 : 1);
    }
    return sign != '\0' && in->len == 0;
}

static bool take_date(struct str *in, struct date *d)
{
    d->year = take_number(in, 4);
    if (d->year < 0 || take_char(in, "-") == '\0')
        return false;
    d->month = take_number(in, 2);
    if (d->month < 1 || d->month > 12 || take_char(in, "-") == '\0')
        return false;
    d->day = take_number(in, 2);
    return d->day >= 1 && d->day <= days_in_month(d->year, d->month);
}

bool rfc3339_parse(struct str text, int64_t *unix_us)
{
    struct date d;
    int64_t offset_s;

    if (!take_date(&text, &d) || take_char(&text, "Tt") == '\0')
        return false;
    const int64_t hour = take_number(&text, 2);
    const bool colon = take_char(&text, ":") != '\0';
    const int64_t minute = take_number(&text, 2);
    const bool second_colon = take_char(&text, ":") != '\0';
    const int64_t second = take_number(&text, 2);
    const int64_t us = take_fraction_us(&text);

    if (hour < 0 || hour > 23 || !colon || minute < 0 || minute > 59 || !second_colon ||
        second < 0 || second > 60 || us < 0 || !take_offset(&text, &offset_s))
        return false;
    *unix_us = (days_of(d) * S_PER_DAY + hour * 3600 + minute * 60 + (second == 60 ? 59 : second) -
                offset_s) *
                   US_PER_S +
               us;
    return true;
}
