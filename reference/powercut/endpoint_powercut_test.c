/*
 * The whole endpoint under power cuts: what a device got a 2.04 for is in the files, once and as it
 * was sent, whenever the power goes, over all lives of one data directory.
 *
 * Arguments: the endpoint's program, and powercut.so to preload.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base.h"
#include "reference/json_scan.h"

enum {
    EVENTS = 24, /* a life's */
    WINDOW = 5,  /* requests in flight */
    MAX_LIVES = 200,
    MIN_MOMENTS = 30,
    PATIENCE_MS = 20000,
};

static const char *program;
static const char *preload;
static char dir[64];
static bool acknowledged[MAX_LIVES * EVENTS];
static size_t next_number;

struct life {
    pid_t pid;
    int log_fd; /* the child's stderr: its end is the child's end */
    int socket;
};

static void run_endpoint(long at, int kept_percent, int log_fd)
{
    char at_text[24], kept[24], data[80], sink[128], prefix[112];

    (void)snprintf(at_text, sizeof at_text, "%ld", at);
    (void)snprintf(kept, sizeof kept, "%d", kept_percent);
    (void)snprintf(data, sizeof data, "%s/data", dir);
    (void)snprintf(prefix, sizeof prefix, "%s/events/events.ndjson", dir);
    (void)snprintf(sink, sizeof sink, "file:%s", prefix);
    const char *mutant = getenv("SEATRIAL_MUTANT"); /* what ci/night proves itself with, or empty */
    bool mutated = mutant != NULL && mutant[0] != '\0';

    (void)setenv("LD_PRELOAD", preload, 1);
    (void)setenv("POWERCUT_PREFIX", prefix, 1);
    (void)setenv("POWERCUT_AT", at_text, 1);
    (void)setenv("POWERCUT_KEEP", kept, 1);
    (void)dup2(log_fd, STDERR_FILENO);
    (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    (void)execl(program, program, "--demo", "--data", data, "--sink", sink, "--sink-rotate", "4KiB",
                "--coap", "127.0.0.1:0", "--coaps", "127.0.0.1:0", "--http", "127.0.0.1:0",
                "--workers", "2", mutated ? "--mutant" : NULL, mutant, (char *)NULL);
    _exit(127);
}

static bool readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, PATIENCE_MS) == 1;
}

/* Reads the log up to the line that says all listens. Returns the port of coap://, or 0 when the
 * child ended before. */
static uint16_t read_port(int log_fd)
{
    char text[8192];
    size_t len = 0;

    for (;;) {
        assert_true(readable(log_fd));
        ssize_t got = read(log_fd, text + len, sizeof text - 1 - len);

        if (got <= 0)
            return 0;
        len += (size_t)got;
        text[len] = '\0';
        const char *at = strstr(text, "scheme=coap addr=127.0.0.1:");

        if (at != NULL && strstr(text, "program ready") != NULL)
            return (uint16_t)strtoul(at + strlen("scheme=coap addr=127.0.0.1:"), NULL, 10);
        assert_true(len < sizeof text - 1);
    }
}

/* CON POST /v1/foo with the demo's credentials and the number as payload. MID and token carry the
 * number too. RFC 7252 3. */
static void send_request(int socket_fd, size_t number)
{
    static const char path[] = "\xB2v1\x03"
                               "foo";
    static const char authorization[] = /* 4209 = 11 + 269 + 3929; 55 = 13 + 42 */
        "\xED\x0F\x59\x2A"
        "Basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5";
    uint8_t m[128] = {0x42, 0x02};
    size_t len = 6;

    m[2] = m[4] = (uint8_t)(number >> 8);
    m[3] = m[5] = (uint8_t)number;
    memcpy(m + len, path, sizeof path - 1);
    len += sizeof path - 1;
    memcpy(m + len, authorization, sizeof authorization - 1);
    m[len + 3] = (uint8_t)(sizeof authorization - 1 - 4 - 13); /* what follows, less 13 */
    len += sizeof authorization - 1;
    m[len++] = 0xFF;
    len += (size_t)snprintf((char *)m + len, sizeof m - len, "%zu", number);
    (void)send(socket_fd, m, len, 0); /* refused when the power is gone */
}

/* Publishes EVENTS events; ends early when the endpoint is gone. */
static void publish(const struct life *life)
{
    size_t first = next_number;
    size_t sent = 0;
    size_t answered = 0;

    while (answered < EVENTS) {
        uint8_t m[256];
        struct pollfd wait[] = {
            {.fd = life->socket, .events = POLLIN},
            {.fd = life->log_fd, .events = POLLIN}
        };
        char ignored[512];

        for (; sent < EVENTS && sent < answered + WINDOW; sent++)
            send_request(life->socket, first + sent);
        assert_true(poll(wait, COUNT(wait), PATIENCE_MS) > 0);
        if (wait[0].revents != 0) {
            ssize_t len = recv(life->socket, m, sizeof m, MSG_DONTWAIT);

            if (len < 4 || m[1] == 0)
                continue;
            size_t number = (size_t)m[4] << 8 | m[5];

            if (m[1] != 0x44)
                fail_msg("event %zu: answer %#x", number, m[1]);
            assert_in_range(number, first, first + sent - 1);
            acknowledged[number] = true;
            answered++;
        } else if (read(life->log_fd, ignored, sizeof ignored) <= 0) {
            break;
        }
    }
    next_number = first + EVENTS;
}

/* True when the power was cut. */
static bool run_life(long at, int kept_percent)
{
    struct life life;
    int pipe_fds[2], status;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    life.log_fd = pipe_fds[0];
    life.pid = fork();
    assert_true(life.pid >= 0);
    if (life.pid == 0)
        run_endpoint(at, kept_percent, pipe_fds[1]);
    (void)close(pipe_fds[1]);
    uint16_t port = read_port(life.log_fd);

    if (port != 0) {
        life.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        to.sin_port = htons(port);
        assert_int_equal(connect(life.socket, (struct sockaddr *)&to, sizeof to), 0);
        publish(&life);
        (void)close(life.socket);
        (void)kill(life.pid, SIGTERM);
    }
    assert_int_equal(waitpid(life.pid, &status, 0), life.pid);
    (void)close(life.log_fd);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    assert_int_equal(status, 0);
    return false;
}

static void read_file(const char *path, bool may_be_torn, unsigned *seen)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    assert_non_null(file);
    while ((len = getline(&line, &cap, file)) > 0) {
        const char *data = strstr(line, ",\"data\":");
        char *end;

        if (line[len - 1] != '\n') {
            assert_true(may_be_torn);
            break;
        }
        assert_true(json_scan_valid((struct str){line, (size_t)len}));
        assert_non_null(data);
        size_t number = strtoul(data + strlen(",\"data\":"), &end, 10);

        assert_string_equal(end, "}\n");
        assert_true(number < next_number);
        seen[number]++;
    }
    free(line);
    (void)fclose(file);
}

static void check_disk(void)
{
    static unsigned seen[MAX_LIVES * EVENTS];
    char path[512];
    struct dirent *entry;

    (void)snprintf(path, sizeof path, "%s/events", dir);
    DIR *events = opendir(path);

    assert_non_null(events);
    memset(seen, 0, sizeof seen);
    while ((entry = readdir(events)) != NULL) {
        const char *suffix = entry->d_name + strlen("events.ndjson");

        if (entry->d_name[0] == '.' || strcmp(suffix, ".lock") == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/events/%s", dir, entry->d_name);
        read_file(path, *suffix == '\0', seen);
    }
    (void)closedir(events);
    for (size_t i = 0; i < next_number; i++) {
        if (acknowledged[i] ? seen[i] != 1 : seen[i] > 1)
            fail_msg("event %zu, acknowledged %d, is there %u times", i, acknowledged[i], seen[i]);
    }
}

static void remove_tree(const char *path)
{
    DIR *tree = opendir(path);
    struct dirent *entry;
    char inner[512];

    while (tree != NULL && (entry = readdir(tree)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0)
            remove_tree(inner);
    }
    if (tree != NULL)
        (void)closedir(tree);
    (void)rmdir(path);
}

/* A new, empty folder for the events; the registry stays. */
static void begin_events(void)
{
    char events[80];

    (void)snprintf(events, sizeof events, "%s/events", dir);
    remove_tree(events);
    assert_int_equal(mkdir(events, 0700), 0);
    memset(acknowledged, 0, sizeof acknowledged);
    next_number = 0;
}

static void keeps_what_it_acknowledged_at_every_moment(void **state)
{
    static const int kept[] = {0, 50, 100};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(kept); i++) {
        long at = 1;
        bool cut = true;

        begin_events();
        for (; cut && at <= MAX_LIVES; at++) {
            cut = run_life(at, kept[i]);
            check_disk();
        }
        print_message("kept %d %%: %ld moments\n", kept[i], at - 1);
        assert_true(at > MIN_MOMENTS);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_acknowledged_at_every_moment),
    };

    if (argc != 3)
        return 2;
    program = argv[1];
    preload = argv[2];
    (void)snprintf(dir, sizeof dir, "/tmp/seatrial-endpoint-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    if (failed == 0)
        remove_tree(dir);
    return failed;
}
