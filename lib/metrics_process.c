#include "lib/metrics_process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PROC_LEN = 4096 }; /* of a /proc file that we read */

/* The beginning of the file with a NUL; empty when it cannot be read. */
static void read_proc(const char *path, char *text)
{
    FILE *file = fopen(path, "re");

    text[0] = '\0';
    if (file == NULL)
        return;
    size_t len = fread(text, 1, PROC_LEN - 1, file);

    text[len] = '\0';
    (void)fclose(file);
}

/* The n-th (0 is the first) word behind text; NULL when there are fewer. */
static const char *nth_word(const char *text, size_t n)
{
    for (; n > 0; n--) {
        text = strchr(text, ' ');
        if (text == NULL)
            return NULL;
        text++;
    }
    return text;
}

static bool read_cpu_s(double *out)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return false;
    *out = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return true;
}

/* statm: total and resident pages are its first two words. */
static bool read_pages(size_t word, double *out)
{
    char text[PROC_LEN];

    read_proc("/proc/self/statm", text);
    const char *at = nth_word(text, word);

    if (at == NULL || *at == '\0')
        return false;
    *out = strtod(at, NULL) * (double)sysconf(_SC_PAGESIZE);
    return true;
}

static bool read_virtual(double *out)
{
    return read_pages(0, out);
}

static bool read_resident(double *out)
{
    return read_pages(1, out);
}

static bool read_open_fds(double *out)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    int count = -1; /* opendir's own */

    if (dir == NULL)
        return false;
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    *out = count;
    return true;
}

static bool read_max_fds(double *out)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    *out = (double)limit.rlim_cur;
    return true;
}

/* Boot time plus the ticks in the 20th word behind the command's name, which may hold anything. */
static bool read_start_s(double *out)
{
    char stat[PROC_LEN];
    FILE *system = fopen("/proc/stat", "re");
    char line[256];
    double boot_s = 0;

    if (system == NULL)
        return false;
    while (boot_s == 0 && fgets(line, sizeof line, system) != NULL) {
        if (strncmp(line, "btime ", 6) == 0)
            boot_s = strtod(line + 6, NULL);
    }
    (void)fclose(system);
    read_proc("/proc/self/stat", stat);
    const char *name_end = strrchr(stat, ')');
    const char *ticks = name_end == NULL ? NULL : nth_word(name_end, 20);

    if (boot_s == 0 || ticks == NULL)
        return false;
    *out = boot_s + strtod(ticks, NULL) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

static const struct process_row {
    const char *name;
    const char *type;
    const char *help;
    bool (*read)(double *out);
} rows[] = {
    {"process_cpu_seconds_total",     "counter", "User and system CPU time spent in seconds",
     read_cpu_s                                                                                               },
    {"process_resident_memory_bytes", "gauge",   "Resident memory size in bytes",                read_resident},
    {"process_virtual_memory_bytes",  "gauge",   "Virtual memory size in bytes",                 read_virtual },
    {"process_open_fds",              "gauge",   "Open file descriptors",                        read_open_fds},
    {"process_max_fds",               "gauge",   "Limit of open file descriptors",               read_max_fds },
    {"process_start_time_seconds",    "gauge",   "Start of the process as Unix time in seconds",
     read_start_s                                                                                             },
};

void metrics_process_render(struct buf *out)
{
    double value;

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!rows[i].read(&value))
            continue;
        buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", rows[i].name, rows[i].help,
                       rows[i].name, rows[i].type, rows[i].name, value);
    }
    buf_add_format(out,
                   "# HELP seatrial_build_info The program that runs\n"
                   "# TYPE seatrial_build_info gauge\n"
                   "seatrial_build_info{version=\"%s\"} 1\n",
                   SEATRIAL_VERSION);
}
