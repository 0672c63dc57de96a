/* A configuration file of any bytes. */
#include "lib/opt.h"

#include <stdlib.h>

struct target {
    const char *text;
    bool flag;
    int integer;
    int64_t duration; /* us */
    int64_t size;
    double decimal;
    int level;
    struct addr_list listen;
};

static const struct opt rows[] = {
#define ROW(name, kind, initial, unit, min, max)                                                   \
    OPT_ROW(target, name, #name, kind, initial, unit, min, max, "Help.", 0)
    ROW(text, TEXT, NULL, "TEXT", NULL, NULL),
    ROW(flag, FLAG, NULL, NULL, NULL, NULL),
    ROW(integer, INTEGER, "1", "N", "-5", "100"),
    ROW(duration, DURATION, "1s", "TIME", "1ms", "1h"),
    ROW(size, SIZE, "1KiB", "SIZE", "1", NULL),
    ROW(decimal, DECIMAL, "1.5", "N", "1", "2"),
    ROW(level, NAME, "low", "low|high", NULL, NULL),
    ROW(listen, ADDRESS, "127.0.0.1:5683", "ADDR", NULL, NULL),
#undef ROW
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct opt_reader reader;
    struct target target;
    char why[OPT_WHY_LEN];
    char *text = xstrdup((struct str){(const char *)data, len});

    opt_init(&reader, rows, COUNT(rows), &target);
    if (opt_read_text(&reader, "f", text, len, why)) {
        assert(target.integer >= -5 && target.integer <= 100);
        assert(target.duration >= US_PER_MS && target.duration <= 3600 * US_PER_S);
        assert(target.size >= 1 && target.level >= 0 && target.level <= 1);
        assert(target.decimal >= 1 && target.decimal <= 2);
        assert(target.listen.count >= 1 && target.listen.count <= ADDR_LIST_MAX);
    } else {
        assert(memcmp(why, "f:", 2) == 0 && strchr(why, '\n') == NULL);
    }
    free(text);
    return 0;
}
