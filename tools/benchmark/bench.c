#include "tools/benchmark/bench.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/opt_help.h"

enum { FIRST_PEER = 0x7f010001 /* 127.1.0.1 */, LOOK_MS = 200 };

static volatile sig_atomic_t is_ended;

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

void bench_options(const struct bench_program *program, void *target, int argc, char **argv)
{
    struct opt_reader reader;
    char why[OPT_WHY_LEN];
    struct opt_page page = {.program = program->name,
                            .version = SEATRIAL_VERSION,
                            .summary = program->summary,
                            .usage = "[OPTION...]",
                            .description = "A part of tools/bench."};

    opt_init(&reader, program->rows, program->row_count, target);
    if (wants_help(argc, argv)) {
        opt_print_help(stdout, &page, program->rows, program->row_count);
        exit(0);
    }
    if (!opt_read_args(&reader, argc, argv, why)) {
        (void)fprintf(stderr, "%s: %s\n", program->name, why);
        exit(2);
    }
}

int bench_socket(uint16_t port)
{
    char why[UDP_WHY_LEN];
    struct addr at;
    bool ok = addr_parse(STR("0.0.0.0"), port, &at);
    int fd;

    assert(ok);
    fd = udp_open(&at, UDP_FIRST, why);
    if (fd < 0) {
        (void)fprintf(stderr, "%s\n", why);
        exit(2);
    }
    return fd;
}

void bench_say_ready(int fd)
{
    struct addr at = {.len = sizeof at.in6};
    int failed = getsockname(fd, &at.sa, &at.len);

    assert(failed == 0);
    (void)printf("ready %u\n", addr_port(&at));
    (void)fflush(stdout);
}

static void on_end(int number)
{
    UNUSED(number);
    is_ended = 1;
}

void bench_catch_end(void)
{
    struct sigaction a = {.sa_handler = on_end};

    (void)sigemptyset(&a.sa_mask);
    (void)sigaction(SIGTERM, &a, NULL);
}

bool bench_wait(int fd)
{
    struct pollfd wait[2] = {
        {.fd = fd,           .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN}
    };

    /* the signal may come between the look and the wait */
    while (is_ended == 0 && poll(wait, 2, LOOK_MS) == 0) {
    }
    return is_ended == 0 && wait[1].revents == 0;
}

struct udp_path bench_path(const struct addr *to, size_t peer)
{
    struct udp_path path = {.peer = *to};

    assert(peer < BENCH_MAX_PEERS);
    path.local.in = (struct sockaddr_in){.sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl((uint32_t)(FIRST_PEER + peer))};
    path.local.len = sizeof path.local.in;
    return path;
}

size_t bench_peer_of(const struct udp_path *path)
{
    return ntohl(path->local.in.sin_addr.s_addr) - (uint32_t)FIRST_PEER;
}

static void add_option(struct buf *b, unsigned delta, struct str value)
{
    unsigned d = delta < 13 ? delta : delta < 269 ? 13 : 14;
    unsigned l = value.len < 13 ? (unsigned)value.len : 13;

    assert(value.len < 269);
    buf_add_char(b, (char)(d << 4 | l));
    if (d == 13)
        buf_add_char(b, (char)(delta - 13));
    if (d == 14) {
        buf_add_char(b, (char)((delta - 269) >> 8));
        buf_add_char(b, (char)(delta - 269));
    }
    if (l == 13)
        buf_add_char(b, (char)(value.len - 13));
    buf_add_str(b, value);
}

void bench_publish_make(struct bench_publish *p, const char *credential, const char *query)
{
    struct buf b = buf_over(p->bytes, sizeof p->bytes);
    struct buf basic = buf_growing();
    unsigned last = 12;

    buf_add(&b, "\x42\x02\0\0be", 6);
    add_option(&b, 11, STR("v1"));
    add_option(&b, 0, STR("bench"));
    add_option(&b, 1, STR("\x32")); /* Content-Format 50, JSON */
    if (query != NULL) {
        add_option(&b, 15 - last, str_from(query));
        last = 15;
    }
    buf_add_str(&basic, STR("Basic "));
    base64_encode(&basic, credential, strlen(credential));
    add_option(&b, 4209 - last, buf_str(&basic));
    buf_add_str(&b, STR("\xff{\"temp\":21.5,\"unit\":\"C\",\"seq\":1}"));
    assert(!b.overflow);
    p->len = b.len;
    buf_fini(&basic);
}

double bench_cpu_s(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

double bench_percentile_ms(int64_t *values_us, size_t count, double part)
{
    size_t at = (size_t)(part * (double)count);

    if (count == 0)
        return 0;
    qsort(values_us, count, sizeof *values_us, compare);
    return (double)values_us[at < count ? at : count - 1] / (double)US_PER_MS;
}
