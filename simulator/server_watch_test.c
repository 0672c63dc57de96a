#include "simulator/server_watch.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"

static int bind_socket(int type, struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
    return fd;
}

/* The test is the endpoint: it uses its processor, and lets a receive queue overflow. */
static void looks_at_a_process(void **state)
{
    int64_t start_us = clock_mono_us();
    struct server_watch *w;
    struct result_second second = {.at_us = 0};
    struct sockaddr_in at;
    uint8_t bytes[1000] = {0};
    int fd = bind_socket(SOCK_DGRAM, &at), size = 4096;

    UNUSED(state);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    w = server_watch_new(&(struct server_watch_options){.pid = getpid()}, start_us);
    for (int i = 0; i < 100; i++)
        (void)sendto(fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&at, sizeof at);
    for (double cpu_s = server_watch_own_cpu_s(); server_watch_own_cpu_s() < cpu_s + 0.2;)
        ;
    server_watch_take(w, start_us + US_PER_S, &second);
    assert_true(second.server.udp_dropped >= 80 && second.server.udp_dropped <= 100);
    assert_true(second.server.descriptors >= 4);
    assert_true(second.server.memory_bytes > 1e5);
    /* user and system time each in whole ticks of 10 ms */
    assert_true(second.server.cpu_cores >= 0.15 && second.server.cpu_cores < 1000);
    assert_true(second.own_cpu_cores >= 0.2 && second.own_cpu_cores < 1000);
    assert_true(isnan(second.steal_part) || (second.steal_part >= 0 && second.steal_part <= 1));
    assert_true(server_watch_own_memory() > 100000);
    server_watch_restart(w, 0);
    server_watch_take(w, start_us + 2 * US_PER_S, &second);
    assert_true(isnan(second.server.cpu_cores) && isnan(second.server.memory_bytes) &&
                isnan(second.server.descriptors) && isnan(second.server.udp_dropped));
    server_watch_free(&w);
    (void)close(fd);
}

/* Two answers, one connection each. */
static void *serve(void *arg)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 82\r\n\r\n"
        "process_open_fds 7\nprocess_resident_memory_bytes 4096\n"
        "process_cpu_seconds_total 1\n",
        "HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    };
    char request[2048];
    const int *listener = arg;

    for (size_t i = 0; i < COUNT(answers); i++) {
        struct pollfd p = {*listener, POLLIN, 0};
        int fd = poll(&p, 1, 20000) == 1 ? accept(*listener, NULL, NULL) : -1;

        if (fd < 0)
            break;
        if (read(fd, request, sizeof request) > 0)
            (void)!write(fd, answers[i], strlen(answers[i]));
        (void)close(fd);
    }
    return NULL;
}

static void await_descriptors(struct server_watch *w, bool known)
{
    int64_t end_us = clock_mono_us() + 20 * US_PER_S, now_us = clock_mono_us();
    struct result_second second = {.server = {.descriptors = known ? NAN : 0}};

    while (isnan(second.server.descriptors) == known) {
        assert_true(now_us < end_us);
        (void)poll(NULL, 0, 10);
        now_us = clock_mono_us();
        server_watch_take(w, now_us, &second);
    }
    if (known) {
        assert_int_equal(second.server.descriptors, 7);
        assert_int_equal(second.server.memory_bytes, 4096);
        assert_true(isnan(second.server.udp_dropped));
    }
}

static void asks_for_metrics_where_the_process_is_elsewhere(void **state)
{
    struct sockaddr_in at;
    int listener = bind_socket(SOCK_STREAM, &at);
    struct server_watch *w;
    pthread_t thread;
    char url[64];

    UNUSED(state);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, &listener), 0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/metrics", ntohs(at.sin_port));
    w = server_watch_new(&(struct server_watch_options){.metrics_url = url}, clock_mono_us());
    await_descriptors(w, true);
    await_descriptors(w, false);
    server_watch_free(&w);
    (void)pthread_join(thread, NULL);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_at_a_process),
        cmocka_unit_test(asks_for_metrics_where_the_process_is_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
