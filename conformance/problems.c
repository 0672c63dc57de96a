#include "conformance/problems.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_CAP = 1024 };

void problems_init(struct problems *p)
{
    *p = (struct problems){.text = buf_growing()};
}

void problems_fini(struct problems *p)
{
    buf_fini(&p->text);
    p->count = 0;
}

void problems_add(struct problems *p, const char *file, int line, const char *format, ...)
{
    char message[MESSAGE_CAP];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (file != NULL && line > 0)
        buf_add_format(&p->text, "%s:%d: ", file, line);
    else if (file != NULL)
        buf_add_format(&p->text, "%s: ", file);
    buf_add_format(&p->text, "%s\n", message);
    p->count++;
}
