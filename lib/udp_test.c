#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <unistd.h>

#include "lib/udp.h"

struct caught {
    size_t count;
    size_t len;
    struct udp_path path;
};

static void catch (void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len)
{
    struct caught *c = arg;

    UNUSED(bytes);
    c->count++;
    c->len = len;
    c->path = *path;
}

static int open_any(const char *host, struct addr *at)
{
    char why[UDP_WHY_LEN];

    assert_true(addr_parse(str_from(host), 0, at));
    int fd = udp_open(at, UDP_FIRST, why);

    assert_true(fd >= 0);
    at->len = sizeof at->in6;
    assert_int_equal(getsockname(fd, &at->sa, &at->len), 0);
    return fd;
}

static void wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&p, 1, 5000), 1);
}

static void answers_leave_from_the_address_asked(void **state)
{
    struct addr at;
    struct addr from;
    struct caught c = {0};
    struct udp_io *io = udp_io_new();
    int server = open_any("0.0.0.0", &at);
    int client = socket(AF_INET, SOCK_DGRAM, 0);
    struct addr to;

    UNUSED(state);
    assert_true(addr_parse(STR("127.0.0.77"), addr_port(&at), &to));
    assert_int_equal(sendto(client, "hello", 5, 0, &to.sa, to.len), 5);
    wait_readable(server);
    assert_int_equal(udp_receive(io, server, 3, catch, &c), 1);
    assert_int_equal(c.len, 5);
    assert_int_equal(c.path.socket, 3);
    udp_send(io, server, &c.path, (const uint8_t *)"ok", 2);
    assert_int_equal(udp_flush(io), 1);
    wait_readable(client);
    char got[8];

    from.len = sizeof from.in6;
    assert_int_equal(recvfrom(client, got, sizeof got, 0, &from.sa, &from.len), 2);
    assert_true(addr_equal(&from, &to));
    (void)close(client);
    (void)close(server);
    udp_io_free(&io);
}

static void the_largest_datagram_arrives_whole(void **state)
{
    static uint8_t big[UDP_MAX_PAYLOAD];
    struct addr at;
    struct caught c = {0};
    struct udp_io *io = udp_io_new();
    int a = open_any("127.0.0.1", &at);
    int b = open_any("127.0.0.1", &(struct addr){0});
    struct udp_path to = {.peer = at};

    UNUSED(state);
    udp_send(io, b, &to, big, sizeof big);
    assert_int_equal(udp_flush(io), 1);
    wait_readable(a);
    assert_int_equal(udp_receive(io, a, 0, catch, &c), 1);
    assert_int_equal(c.len, UDP_MAX_PAYLOAD);
    (void)close(a);
    (void)close(b);
    udp_io_free(&io);
}

static void a_second_owner_of_the_port_is_refused(void **state)
{
    struct addr at;
    char why[UDP_WHY_LEN] = "";
    int first = open_any("127.0.0.1", &at);
    int further = udp_open(&at, UDP_FURTHER, why);

    UNUSED(state);
    assert_true(further >= 0);
    assert_int_equal(udp_open(&at, UDP_FIRST, why), -1);
    assert_non_null(strstr(why, "Address already in use"));
    (void)close(first);
    (void)close(further);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_leave_from_the_address_asked),
        cmocka_unit_test(the_largest_datagram_arrives_whole),
        cmocka_unit_test(a_second_owner_of_the_port_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
