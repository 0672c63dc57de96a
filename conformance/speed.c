#include "conformance/speed.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"

enum { MAX_COMMAND_LINE = 1 << 20 };

static const char marker[] = "SEATRIAL_SPEED";

static void format_speed(double speed, char *out, size_t cap)
{
    (void)snprintf(out, cap, "%.6g", speed);
}

/* What is preloaded already stays first: a sanitizer's runtime must. */
static void preload(const char *library)
{
    const char *before = getenv("LD_PRELOAD");
    struct buf both = buf_growing();

    if (before != NULL && strstr(before, library) != NULL)
        return; /* by a run at another speed that has started this one */
    if (before != NULL && *before != '\0')
        buf_add_format(&both, "%s:", before);
    buf_add(&both, library, strlen(library) + 1);
    (void)setenv("LD_PRELOAD", both.ptr, 1);
    buf_fini(&both);
}

bool speed_is_set(double speed)
{
    const char *set = getenv(marker);
    char text[32];

    format_speed(speed, text, sizeof text);
    return set != NULL && strcmp(set, text) == 0;
}

/* Where Debian puts it, on any architecture; to be freed. NULL: it is not installed. */
static char *find_library(void)
{
    static const char *const patterns[] = {"/usr/lib/*/faketime/libfaketime.so.1",
                                           "/usr/lib/faketime/libfaketime.so.1",
                                           "/usr/local/lib/faketime/libfaketime.so.1"};
    char *found = NULL;

    for (size_t i = 0; i < COUNT(patterns) && found == NULL; i++) {
        glob_t g;

        if (glob(patterns[i], 0, NULL, &g) == 0) {
            found = xstrdup(str_from(g.gl_pathv[0]));
            globfree(&g);
        }
    }
    return found;
}

/* The words of this process's command line; they stay allocated until it executes. */
static char **read_command_line(void)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    char *text = xcalloc(1, MAX_COMMAND_LINE + 1);
    size_t len = 0;
    size_t count = 0;
    ssize_t got;
    char **words;

    while (fd >= 0 && len < MAX_COMMAND_LINE &&
           (got = read(fd, text + len, MAX_COMMAND_LINE - len)) > 0)
        len += (size_t)got;
    if (fd >= 0)
        (void)close(fd);
    for (size_t i = 0; i < len; i++)
        count += text[i] == '\0';
    words = xcalloc(count + 1, sizeof *words);
    for (size_t i = 0, at = 0; i < count; i++) {
        words[i] = text + at;
        at += strlen(text + at) + 1;
    }
    return words;
}

void speed_execute(double speed, char *why)
{
    char *library = find_library();
    char text[32];
    char fake[48];

    if (library == NULL) {
        (void)snprintf(why, SPEED_WHY_LEN,
                       "--speed needs libfaketime: apt-get install libfaketime");
        return;
    }
    format_speed(speed, text, sizeof text);
    (void)snprintf(fake, sizeof fake, "+0 x%s", text);
    preload(library);
    (void)setenv("FAKETIME", fake, 1);
    (void)unsetenv("FAKETIME_SHARED"); /* a clock of its own */
    (void)setenv(marker, text, 1);
    (void)fflush(NULL);
    (void)execv("/proc/self/exe", read_command_line());
    (void)snprintf(why, SPEED_WHY_LEN, "--speed: %s", strerror(errno));
    free(library);
}
