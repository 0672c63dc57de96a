#include "reference/event_http.h"

#include "lib/utf8.h"
#include "reference/mutant.h"

static bool is_plain(char c)
{
    return c > ' ' && c < 0x7F && c != '"' && c != '%';
}

static void add_percent_encoded(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        buf_add_format(out, "%%%02X", (unsigned)(unsigned char)bytes.ptr[i]);
}

/* CloudEvents HTTP 3.1.3.2. */
static void add_value(struct buf *out, struct str s)
{
    if (mutant_is(MUTANT_EVENT_HEADER_RAW)) {
        buf_add_str(out, s);
        return;
    }
    while (s.len > 0) {
        size_t len = 0;

        while (len < s.len && is_plain(s.ptr[len]))
            len++;
        buf_add(out, s.ptr, len);
        if (len < s.len) {
            struct str rest = {s.ptr + len, s.len - len};
            size_t char_len = utf8_char_len(rest);

            add_percent_encoded(out, char_len == 0 ? STR("\xEF\xBF\xBD")
                                                   : (struct str){rest.ptr, char_len});
            len += char_len == 0 ? 1 : char_len;
        }
        s.ptr += len;
        s.len -= len;
    }
}

static void add_header(void *arg, struct str name, struct str value)
{
    struct buf *out = arg;

    if (str_equal(name, STR("datacontenttype"))) {
        buf_add_str(out, STR("Content-Type: "));
        buf_add_str(out, value);
    } else {
        buf_add_str(out, STR("ce-"));
        buf_add_str(out, name);
        buf_add_str(out, value.len == 0 ? STR(";") : STR(": "));
        add_value(out, value);
    }
    buf_add_char(out, '\0');
}

size_t event_http_headers(const struct event *e, struct buf *out)
{
    return event_each_pair(e, add_header, out);
}
