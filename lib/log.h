/*
 * One line, one event, to stderr: logfmt (`12.034 warn session dtls-alert peer=[::1]:40012
 * alert=40`) or JSON.
 *
 * The fields are written by the caller as `key=value` pairs in the format; values that come from a
 * peer go through log_quote. Secrets never. Safe from any thread; one write(2) a line. A line that
 * a peer can cause is limited: log_limited prints at most one line a second for each call site, and
 * says how many it left out.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

void log_setup(enum log_level level, enum log_format format);
/* While it is used; times go on counting from log_setup. Any thread. */
void log_change(enum log_level level, enum log_format format);

/* area: the part of the program ("dtls"); event: what happened ("alert"); fields: `key=value ...`.
 */
void log_event(enum log_level level, const char *area, const char *event, const char *fields, ...)
    PRINTF_LIKE(4, 5);

struct log_limit {
    int64_t next_us;
    uint64_t left_out;
};

/* As log_event, at most once a second for each *limit, which is static at the call site. */
void log_limited(struct log_limit *limit, enum log_level level, const char *area, const char *event,
                 const char *fields, ...) PRINTF_LIKE(5, 6);

/* Foreign bytes as a quoted logfmt value, cut to fit out (cap includes the NUL). Returns out. */
const char *log_quote(struct str s, char *out, size_t cap);

#endif
