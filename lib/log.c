#include "lib/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/utf8.h"

static _Atomic int max_level = LOG_INFO;
static _Atomic int line_format = LOG_LOGFMT;
static _Atomic int64_t start_us;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_setup(enum log_level level, enum log_format format)
{
    log_change(level, format);
    start_us = clock_mono_us();
}

void log_change(enum log_level level, enum log_format format)
{
    max_level = (int)level;
    line_format = (int)format;
}

static void add_json_text(struct buf *line, const char *text, size_t len)
{
    buf_add_char(line, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            buf_add_char(line, '\\');
        if (c < 0x20)
            buf_add_format(line, "\\u%04x", c);
        else
            buf_add_char(line, (char)c);
    }
    buf_add_char(line, '"');
}

/* The end of the value that starts at p: a quoted one reaches to its closing quote. */
static const char *value_end(const char *p)
{
    if (*p != '"') {
        while (*p != '\0' && *p != ' ')
            p++;
        return p;
    }
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
    }
    return *p == '"' ? p + 1 : p;
}

/* `a=1 b="x y"` as `,"a":"1","b":"x y"`. */
static void add_json_fields(struct buf *line, const char *fields)
{
    while (*fields != '\0') {
        const char *equals = strchr(fields, '=');

        if (equals == NULL)
            return;
        const char *end = value_end(equals + 1);

        buf_add_char(line, ',');
        add_json_text(line, fields, (size_t)(equals - fields));
        buf_add_char(line, ':');
        if (equals[1] == '"')
            buf_add(line, equals + 1,
                    (size_t)(end - equals - 1)); /* log_quote's escapes are JSON's */
        else
            add_json_text(line, equals + 1, (size_t)(end - equals - 1));
        fields = end;
        while (*fields == ' ')
            fields++;
    }
}

static void write_line(enum log_level level, const char *area, const char *event,
                       const char *fields)
{
    char mem[2048];
    struct buf line = buf_over(mem, sizeof mem - 2);
    double at_s = (double)(clock_mono_us() - start_us) / (double)US_PER_S;

    if (line_format == LOG_JSON) {
        buf_add_format(&line, "{\"at\":%.3f,\"level\":\"%s\",\"area\":\"%s\",\"event\":\"%s\"",
                       at_s, level_names[level], area, event);
        add_json_fields(&line, fields);
        buf_add_char(&line, '}');
    } else {
        buf_add_format(&line, "%.3f %s %s %s%s%s", at_s, level_names[level], area, event,
                       *fields == '\0' ? "" : " ", fields);
    }
    line.cap = sizeof mem;
    line.overflow = false;
    buf_add_char(&line, '\n');
    ssize_t ignored = write(STDERR_FILENO, line.ptr, line.len);

    UNUSED(ignored);
}

void log_event(enum log_level level, const char *area, const char *event, const char *fields, ...)
{
    char text[1536];
    va_list args;

    if ((int)level > max_level)
        return;
    va_start(args, fields);
    (void)vsnprintf(text, sizeof text, fields, args);
    va_end(args);
    write_line(level, area, event, text);
}

void log_limited(struct log_limit *limit, enum log_level level, const char *area, const char *event,
                 const char *fields, ...)
{
    char text[1536];
    va_list args;
    int64_t now_us = clock_mono_us();

    if ((int)level > max_level)
        return;
    if (now_us < __atomic_load_n(&limit->next_us, __ATOMIC_RELAXED)) {
        __atomic_add_fetch(&limit->left_out, 1, __ATOMIC_RELAXED);
        return;
    }
    __atomic_store_n(&limit->next_us, now_us + US_PER_S, __ATOMIC_RELAXED);
    uint64_t left_out = __atomic_exchange_n(&limit->left_out, 0, __ATOMIC_RELAXED);

    va_start(args, fields);
    int len = vsnprintf(text, sizeof text, fields, args);
    va_end(args);
    if (left_out > 0 && len >= 0 && (size_t)len < sizeof text)
        (void)snprintf(text + len, sizeof text - (size_t)len, " left_out=%llu",
                       (unsigned long long)left_out);
    write_line(level, area, event, text);
}

/* Bytes of the character beyond ASCII that s begins with, if it is one to print; else 1. */
static size_t shown_as_it_is(struct str s)
{
    size_t len = utf8_char_len(s);
    bool is_c1_control = len == 2 && (uint8_t)s.ptr[0] == 0xc2 && (uint8_t)s.ptr[1] < 0xa0;

    return len > 1 && !is_c1_control ? len : 1;
}

const char *log_quote(struct str s, char *out, size_t cap)
{
    assert(cap >= 8);
    size_t len = 0;

    out[len++] = '"';
    for (size_t i = 0, step; i < s.len && len + 8 < cap; i += step) {
        unsigned char c = (unsigned char)s.ptr[i];

        step = shown_as_it_is((struct str){s.ptr + i, s.len - i});
        if (step > 1) {
            memcpy(out + len, s.ptr + i, step);
            len += step;
        } else if (c < 0x20 || c >= 0x7f)
            len += (size_t)snprintf(out + len, cap - len, "\\u%04x", c);
        else if (c == '"' || c == '\\') {
            out[len++] = '\\';
            out[len++] = (char)c;
        } else
            out[len++] = (char)c;
    }
    out[len++] = '"';
    out[len] = '\0';
    return out;
}
