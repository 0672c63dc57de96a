/*
 * The options of a program, from one table: it sets defaults, reads the command line and a file,
 * checks bounds, and (lib/opt_help.h) prints --help and the man page.
 *
 * On the command line an option is `--name value`, `--name=value`, `--flag` or `--no-flag`. In a
 * file it is a line `name = value`; a value may stand in double quotes; `#` at the start of a line
 * or after a space begins a comment. The command line wins over the file, whichever is read first.
 * Each value is checked, also one that does not win. Names, notations and bounds are the same in
 * both places, and everything wrong is said in one line that names the place:
 *
 *     endpoint.conf:12: ack-timeout: expected a time with a unit (250us, 1500ms, 2s, 10min, 1h),
 * got "30"
 */
#ifndef LIB_OPT_H
#define LIB_OPT_H

#include "lib/addr.h"
#include "lib/base.h"

enum opt_type {
    OPT_HEADING,  /* no option: a group begins; name is its title, help a sentence or NULL */
    OPT_TEXT,     /* const char *, not empty; borrowed from argv or the file's text */
    OPT_FLAG,     /* bool */
    OPT_INTEGER,  /* int or int64_t */
    OPT_DURATION, /* int64_t microseconds */
    OPT_SIZE,     /* int64_t bytes */
    OPT_DECIMAL,  /* double */
    OPT_NAME,     /* int or enum: index of one of the names in unit (`warn|info`) */
    OPT_ADDRESS,  /* struct addr_list: repeatable; a missing port is that of the first default */
};

enum {
    OPT_ARGS_ONLY = 1, /* makes no sense in a file */
    OPT_HIDDEN = 2,    /* not in --help and man page */
    OPT_LIVE = 4,      /* can change while the program runs */
};

struct opt {
    const char *name;
    enum opt_type type;
    size_t offset;       /* of the field in the target struct */
    size_t size;         /* of the field: asserted against the type */
    const char *initial; /* default, as a user would write it (addresses: joined by spaces); NULL:
                            0, false, none */
    const char *unit;    /* what the help shows for the value: TIME, FILE, `a|b` */
    const char *min;     /* bounds, inclusive, as a user would write them; NULL: none */
    const char *max;
    const char *help; /* one or more sentences */
    unsigned flags;
};

/* A row for the field of a struct; kind is TEXT, FLAG ... */
#define OPT_ROW(struct_name, field, name, kind, initial, unit, min, max, help, flags)              \
    {                                                                                              \
        name, OPT_##kind, offsetof(struct struct_name, field),                                     \
            sizeof(((struct struct_name *)0)->field), initial, unit, min, max, help, flags         \
    }

enum { OPT_MAX_ROWS = 128, OPT_WHY_LEN = 512 };

/* Where a value came from; a later one wins. */
enum opt_origin { OPT_FROM_DEFAULT, OPT_FROM_FILE, OPT_FROM_ARGS };

struct opt_reader {
    const struct opt *rows;
    size_t row_count;
    void *target;
    enum opt_origin origin[OPT_MAX_ROWS];
};

/* Asserts that the table is sound and writes every default into target. Borrows rows and target. */
void opt_init(struct opt_reader *r, const struct opt *rows, size_t row_count, void *target);

/*
 * Reads argv[1...]. Of a repeated option the last counts; addresses add up. `-h` is `--help`.
 * False: why (OPT_WHY_LEN) says what is wrong. Text fields point into argv.
 */
bool opt_read_args(struct opt_reader *r, int argc, char **argv, char *why) MUST_CHECK;

/*
 * Reads the content of a file, which is changed: text fields point into it, so it must live as long
 * as target. text[len] is a NUL. A name given twice is an error, but for addresses. False: why
 * starts with `file_name:line:`.
 */
bool opt_read_text(struct opt_reader *r, const char *file_name, char *text, size_t len,
                   char *why) MUST_CHECK;

/* Where the value of the named option came from; the option must exist. */
enum opt_origin opt_origin_of(const struct opt_reader *r, const char *name);

/* The option in the table whose name is nearest to a mistyped one; NULL when none is near. */
const char *opt_nearest(const struct opt *rows, size_t row_count, struct str name);

#endif
