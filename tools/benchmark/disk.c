/*
 * bench_disk: what one fdatasync of an appended page costs in a folder. Prints one line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tools/benchmark/bench.h"

enum { ROUNDS = 200, PAGE = 4096 };

struct disk {
    const char *dir;
};

static const struct opt options[] = {
    OPT_ROW(disk, dir, "dir", TEXT, ".", "DIR", NULL, NULL, "The folder.", 0),
};

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_disk", "the cost of fdatasync", options, COUNT(options)};
    static int64_t took_us[ROUNDS];
    static const char page[PAGE];
    struct disk d;
    char path[4096];

    bench_options(&program, &d, argc, argv);
    (void)snprintf(path, sizeof path, "%s/bench_disk.XXXXXX", d.dir);
    int fd = mkstemp(path);

    for (int i = 0; fd >= 0 && i < ROUNDS; i++) {
        int64_t start_us = clock_mono_us();

        if (write(fd, page, PAGE) != PAGE || fdatasync(fd) != 0)
            break;
        took_us[i] = clock_mono_us() - start_us;
    }
    if (fd < 0 || took_us[ROUNDS - 1] == 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 2;
    }
    (void)unlink(path);
    (void)close(fd);
    double p50_ms = bench_percentile_ms(took_us, ROUNDS, 0.5);

    (void)printf("{\"fdatasync_p50_ms\":%.3f,\"fdatasync_p99_ms\":%.3f}\n", p50_ms,
                 bench_percentile_ms(took_us, ROUNDS, 0.99));
    return 0;
}
