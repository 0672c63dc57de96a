#include "lib/percent.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool percent_byte(struct str s, char *out)
{
    if (s.len < 3 || s.ptr[0] != '%')
        return false;
    int high = hex_digit(s.ptr[1]);
    int low = hex_digit(s.ptr[2]);

    if (high < 0 || low < 0)
        return false;
    *out = (char)(high * 16 + low);
    return true;
}

struct str percent_decode(struct str in, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        if (percent_byte((struct str){in.ptr + i, in.len - i}, &out[len]))
            i += 2;
        else
            out[len] = in.ptr[i];
        len++;
    }
    return (struct str){out, len};
}
