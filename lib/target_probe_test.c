/* Endpoints that answer, do not, speak the other protocol, or are not there. */
#include "lib/target_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

enum speaks { NOTHING, COAP, DTLS };

struct peer {
    enum speaks speaks;
    struct target_address address;
    int fd;
    int stop[2];
    pthread_t thread;
};

/* A reset for a ping, HelloVerifyRequest's record for a ClientHello; the rest is not understood. */
static void answer(const struct peer *p)
{
    static const uint8_t reset[] = {0x70, 0x00, 0x5e, 0xa7};
    static const uint8_t record[] = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct addr from = {.len = sizeof from.in6};
    uint8_t bytes[512];
    ssize_t len = recvfrom(p->fd, bytes, sizeof bytes, 0, &from.sa, &from.len);

    assert_true(len >= 4);
    if (p->speaks == COAP && len == 4 && bytes[0] == 0x40 && bytes[1] == 0)
        (void)sendto(p->fd, reset, sizeof reset, 0, &from.sa, from.len);
    else if (p->speaks == DTLS && bytes[0] == 22 && bytes[13] == 1 &&
             (size_t)len == 13U + bytes[12])
        (void)sendto(p->fd, record, sizeof record, 0, &from.sa, from.len);
}

static void *serve(void *arg)
{
    const struct peer *p = arg;

    for (;;) {
        struct pollfd wait[] = {
            {.fd = p->fd,      .events = POLLIN},
            {.fd = p->stop[0], .events = POLLIN}
        };

        (void)poll(wait, 2, -1);
        if (wait[1].revents != 0)
            return NULL;
        answer(p);
    }
}

static void begin(struct peer *p, enum speaks speaks)
{
    *p = (struct peer){.speaks = speaks, .address = {.host = "127.0.0.1"}};
    struct addr *a = &p->address.addr;

    assert_true(addr_parse(STR("127.0.0.1:0"), 0, a));
    p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->fd, &a->sa, a->len), 0);
    assert_int_equal(getsockname(p->fd, &a->sa, &a->len), 0);
    p->address.port = addr_port(a);
    assert_int_equal(pipe(p->stop), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void end(struct peer *p)
{
    assert_int_equal(write(p->stop[1], "", 1), 1);
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    (void)close(p->fd);
    (void)close(p->stop[0]);
    (void)close(p->stop[1]);
}

enum { SHORT_US = 300 * US_PER_MS };

static void finds_out_who_answers(void **state)
{
    UNUSED(state);
    struct peer coap, dtls, nothing;

    begin(&coap, COAP);
    begin(&dtls, DTLS);
    begin(&nothing, NOTHING);
    assert_int_equal(target_probe(&coap.address, false, 10 * US_PER_S), TARGET_PROBE_ANSWERED);
    assert_int_equal(target_probe(&coap.address, true, SHORT_US), TARGET_PROBE_SILENT);
    assert_int_equal(target_probe(&dtls.address, true, 10 * US_PER_S), TARGET_PROBE_ANSWERED);
    assert_int_equal(target_probe(&dtls.address, false, SHORT_US), TARGET_PROBE_SILENT);
    assert_int_equal(target_probe(&nothing.address, false, SHORT_US), TARGET_PROBE_SILENT);
    end(&coap);
    end(&dtls);
    end(&nothing);
    /* closed, unless the kernel has sent too many errors lately to say so */
    assert_int_not_equal(target_probe(&dtls.address, true, SHORT_US), TARGET_PROBE_ANSWERED);
    assert_int_not_equal(target_probe(&coap.address, false, SHORT_US), TARGET_PROBE_ANSWERED);
}

static void names_the_field_that_leads_nowhere(void **state)
{
    UNUSED(state);
    struct target t = {.file = "t.lua", .source = STR("return {\n coap = 'x',\n coaps = 'y' }")};
    struct peer coap, dtls;
    char why[TARGET_WHY_LEN], wanted[TARGET_WHY_LEN];

    begin(&coap, COAP);
    begin(&dtls, DTLS);
    t.coap = coap.address;
    t.coaps = dtls.address;
    assert_true(target_probe_all(&t, 10 * US_PER_S, why));
    t.coap = dtls.address;
    assert_false(target_probe_all(&t, SHORT_US, why));
    (void)snprintf(wanted, sizeof wanted,
                   "t.lua:2: coap: 127.0.0.1 port %u speaks DTLS, not plain CoAP: it belongs to "
                   "\"coaps\"",
                   dtls.address.port);
    assert_string_equal(why, wanted);
    t.coap = coap.address;
    end(&dtls);
    assert_false(target_probe_all(&t, SHORT_US, why));
    (void)snprintf(wanted, sizeof wanted, "127.0.0.1 port %u", dtls.address.port);
    assert_int_equal(strncmp(why, "t.lua:3: coaps: ", 16), 0);
    assert_non_null(strstr(why, wanted));
    t.coaps = (struct target_address){.host = NULL};
    assert_true(target_probe_all(&t, 10 * US_PER_S, why));
    end(&coap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_out_who_answers),
        cmocka_unit_test(names_the_field_that_leads_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
