#include "conformance/excerpt.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/utf8.h"

int64_t excerpt_mark(const char *file)
{
    struct stat st;

    return file != NULL && stat(file, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* --- redaction ---------------------------------------------------------------------------------
 */

static bool ends_with(const char *text, size_t len, struct str word)
{
    return len >= word.len && strncasecmp(text + len - word.len, word.ptr, word.len) == 0;
}

/* Does a secret begin behind these bytes? */
static bool announces_secret(const char *text, size_t len)
{
    static const struct str before[] = {
        {"basic ",  6},
        {"bearer ", 7},
    };
    static const struct str names[] = {
        {"password", 8},
        {"psk",      3},
        {"key",      3},
        {"token",    5},
        {"secret",   6},
    };

    for (size_t i = 0; i < COUNT(before); i++) {
        if (ends_with(text, len, before[i]))
            return true;
    }
    /* name=value, name: value, "name":"value" */
    size_t end = len;

    while (end > 0 && strchr(" \"'", text[end - 1]) != NULL)
        end--;
    if (end == 0 || strchr("=:", text[end - 1]) == NULL)
        return false;
    end--;
    while (end > 0 && strchr(" \"'", text[end - 1]) != NULL)
        end--;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (ends_with(text, end, names[i]))
            return true;
    }
    return false;
}

static bool ends_word(char c)
{
    return isspace((unsigned char)c) || strchr("\"',;})]", c) != NULL;
}

static void add_redacted(struct buf *out, const char *text, size_t len)
{
    size_t line = 0;

    for (size_t i = 0; i < len;) {
        if (text[i] == '\n')
            line = i + 1;
        if (ends_word(text[i]) || !announces_secret(text + line, i - line)) {
            buf_add_char(out, text[i++]);
            continue;
        }
        buf_add_str(out, STR("(hidden)"));
        while (i < len && !ends_word(text[i]))
            i++;
    }
}

/* --- reading -----------------------------------------------------------------------------------
 */

static size_t read_at(int fd, char *to, size_t len, int64_t at)
{
    size_t got = 0;
    ssize_t now;

    while (got < len && (now = pread(fd, to + got, len - got, (off_t)(at + (int64_t)got))) > 0)
        got += (size_t)now;
    return got;
}

static void make_printable(char *text, size_t len)
{
    bool valid = utf8_valid((struct str){text, len});

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < ' ' && c != '\n' && c != '\t') || c == 127 || (c > 127 && !valid))
            text[i] = '?';
    }
}

static void add_part(int fd, int64_t at, size_t len, bool redact, struct buf *out)
{
    char *text = xcalloc(1, len + 1);
    size_t got = read_at(fd, text, len, at);

    make_printable(text, got);
    if (redact)
        add_redacted(out, text, got);
    else
        buf_add_str(out, (struct str){text, got});
    free(text);
}

bool excerpt_read(const char *file, int64_t mark, bool redact, struct buf *out)
{
    int64_t size = excerpt_mark(file);
    int fd;

    if (mark > size) /* begun anew */
        mark = 0;
    if (size == mark || (fd = open(file, O_RDONLY | O_CLOEXEC)) < 0)
        return false;
    if (size - mark <= EXCERPT_MAX) {
        add_part(fd, mark, (size_t)(size - mark), redact, out);
    } else {
        add_part(fd, mark, EXCERPT_MAX / 2, redact, out);
        buf_add_format(out, "\n... %lld bytes are left out ...\n",
                       (long long)(size - mark - EXCERPT_MAX));
        add_part(fd, size - EXCERPT_MAX / 2, EXCERPT_MAX / 2, redact, out);
    }
    (void)close(fd);
    return true;
}
