#include "simulator/show.h"

#include <math.h>
#include <stdio.h>

/* Three significant digits, without an exponent and without zeros that say nothing. */
static const char *three(char *text, double value, const char *unit)
{
    int decimals = fabs(value) >= 99.95 ? 0 : fabs(value) >= 9.995 ? 1 : 2;

    (void)snprintf(text, SHOW_LEN, "%.*f%s", decimals, value, unit);
    return text;
}

static const char *show_time(char *text, double us)
{
    if (fabs(us) < 999.5) {
        (void)snprintf(text, SHOW_LEN, "%.0fus", us);
        return text;
    }
    return fabs(us) < 999500 ? three(text, us / 1e3, "ms") : three(text, us / 1e6, "s");
}

/* Small parts keep their first two digits. */
static const char *show_ratio(char *text, double part)
{
    double percent = part * 100;

    if (percent != 0 && fabs(percent) < 0.01) {
        (void)snprintf(text, SHOW_LEN, "%.2g%%", percent);
        return text;
    }
    return three(text, percent, "%");
}

/* Digits in groups of three. */
static const char *show_count(char *text, double value, const char *unit)
{
    char digits[SHOW_LEN];
    int len = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    char *to = text;

    if (len > 20)
        len = 20; /* what no counter holds */
    if (value <= -0.5)
        *to++ = '-';
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *to++ = ' ';
        *to++ = digits[i];
    }
    (void)snprintf(to, SHOW_LEN - (size_t)(to - text), "%s", unit);
    return text;
}

static const char *show_bytes(char *text, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;

    while (fabs(bytes) >= 1023.5 && i + 1 < COUNT(units)) {
        bytes /= 1024;
        i++;
    }
    return i == 0 ? show_count(text, bytes, "B") : three(text, bytes, units[i]);
}

const char *show(char *text, enum show_unit unit, double value)
{
    if (!isfinite(value)) {
        (void)snprintf(text, SHOW_LEN, "%s", isnan(value) ? "-" : "endless");
        return text;
    }
    switch (unit) {
    case SHOW_TIME:
        return show_time(text, value);
    case SHOW_RATIO:
        return show_ratio(text, value);
    case SHOW_RATE:
        return fabs(value) < 99.95 ? three(text, value, "/s") : show_count(text, value, "/s");
    case SHOW_COUNT:
        return show_count(text, value, "");
    case SHOW_PLAIN:
        (void)snprintf(text, SHOW_LEN, "%.6g", value);
        return text;
    case SHOW_BYTES:
        return show_bytes(text, value);
    }
    return text;
}
