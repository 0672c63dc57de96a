#include "simulator/proc_text.h"

/* The next word, from *s; empty at the end of the line. */
static struct str next_word(struct str *s)
{
    size_t from = 0, to;

    while (from < s->len && (s->ptr[from] == ' ' || s->ptr[from] == '\t'))
        from++;
    for (to = from; to < s->len && s->ptr[to] != ' ' && s->ptr[to] != '\t' && s->ptr[to] != '\n';)
        to++;
    struct str word = {s->ptr + from, to - from};

    *s = (struct str){s->ptr + to, s->len - to};
    return word;
}

static bool next_line(struct str *text, struct str *line)
{
    const char *end;

    if (text->len == 0)
        return false;
    end = memchr(text->ptr, '\n', text->len);
    line->ptr = text->ptr;
    line->len = end == NULL ? text->len : (size_t)(end - text->ptr);
    text->ptr += line->len + (end != NULL);
    text->len -= line->len + (end != NULL);
    return true;
}

static bool number(struct str word, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9' || i > 18)
            return false;
        *out = *out * 10 + (uint64_t)(word.ptr[i] - '0');
    }
    return word.len > 0;
}

bool proc_text_ticks(struct str stat, uint64_t *out)
{
    /* proc(5): fields 14 and 15; the second is the name in parentheses, which may hold anything */
    enum { UTIME = 14, STIME = 15, BEHIND_NAME = 3 };
    const char *name_end = memrchr(stat.ptr == NULL ? "" : stat.ptr, ')', stat.len);
    struct str rest;

    *out = 0;
    if (name_end == NULL)
        return false;
    rest = (struct str){name_end + 1, stat.len - (size_t)(name_end + 1 - stat.ptr)};
    for (int field = BEHIND_NAME; field <= STIME; field++) {
        struct str word = next_word(&rest);
        uint64_t ticks;

        if (field < UTIME)
            continue;
        if (!number(word, &ticks))
            return false;
        *out += ticks;
    }
    return true;
}

bool proc_text_status(struct str status, const char *name, uint64_t *out)
{
    struct str line;

    while (next_line(&status, &line))
        if (str_equal(next_word(&line), str_from(name)))
            return number(next_word(&line), out);
    return false;
}

bool proc_text_processors(struct str stat, uint64_t *all, uint64_t *stolen)
{
    /* proc(5): user nice system idle iowait irq softirq steal; guests are part of user */
    enum { COLUMNS = 8, STEAL = 7 };
    struct str line;

    *all = 0;
    *stolen = 0;
    if (!next_line(&stat, &line) || !str_equal(next_word(&line), STR("cpu")))
        return false;
    for (int i = 0; i < COLUMNS; i++) {
        uint64_t ticks;

        if (!number(next_word(&line), &ticks))
            return false;
        *all += ticks;
        if (i == STEAL)
            *stolen = ticks;
    }
    return true;
}

bool proc_text_socket(struct str link, uint64_t *inode)
{
    static const char prefix[] = "socket:[";
    const size_t len = sizeof prefix - 1;

    return link.len > len + 1 && memcmp(link.ptr, prefix, len) == 0 &&
           link.ptr[link.len - 1] == ']' &&
           number((struct str){link.ptr + len, link.len - len - 1}, inode);
}

static bool is_among(uint64_t inode, const uint64_t *inodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (inodes[i] == inode)
            return true;
    return false;
}

uint64_t proc_text_udp_drops(struct str udp, const uint64_t *inodes, size_t count)
{
    enum { INODE = 9, DROPS = 12 }; /* columns, counted as the words of a line */
    uint64_t sum = 0;
    struct str line;

    while (next_line(&udp, &line)) {
        uint64_t inode = 0, drops = 0;
        bool ok = true;

        for (int column = 0; column <= DROPS && ok; column++) {
            struct str word = next_word(&line);

            if (column == INODE)
                ok = number(word, &inode);
            else if (column == DROPS)
                ok = number(word, &drops);
        }
        if (ok && is_among(inode, inodes, count))
            sum += drops;
    }
    return sum;
}
