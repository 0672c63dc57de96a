#include "lib/markup.h"

static const struct {
    char c;
    const char *text;
} escapes[] = {
    {'&',  "&amp;" },
    {'<',  "&lt;"  },
    {'>',  "&gt;"  },
    {'"',  "&quot;"},
    {'\'', "&#39;" },
};

static const char *escape_of(char c)
{
    for (size_t i = 0; i < COUNT(escapes); i++) {
        if (escapes[i].c == c)
            return escapes[i].text;
    }
    return NULL;
}

void markup_add(struct buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        const char *escape = escape_of(*p);

        if (escape != NULL)
            buf_add_str(out, str_from(escape));
        else if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
            buf_add_char(out, '?');
        else
            buf_add_char(out, *p);
    }
}

void markup_add_attribute(struct buf *out, const char *name, const char *value)
{
    buf_add_format(out, " %s=\"", name);
    markup_add(out, value);
    buf_add_char(out, '"');
}
