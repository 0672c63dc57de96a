#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conformance/broker_frame.h"

static void open_pair(int fd[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
}

/* Sends text and reads it at the other end, while the buffer between them is small. */
static void pass(size_t len)
{
    struct frame_writer w = {0};
    struct frame_reader r = {0};
    struct str got;
    int fd[2];
    char *text = xmalloc(len + 1);
    enum broker_got what;

    open_pair(fd);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 23);
    text[0] = '{';
    frame_put(&w, (struct str){text, len});
    frame_put(&w, STR("{}"));
    do {
        assert_true(frame_flush(fd[0], &w));
        what = frame_read(fd[1], &r, &got);
    } while (what == BROKER_NOTHING);
    assert_int_equal(what, BROKER_MESSAGE);
    assert_int_equal(got.len, len);
    assert_memory_equal(got.ptr, text, len);
    assert_int_equal(got.ptr[len], '\0');
    assert_true(frame_flush(fd[0], &w));
    assert_true(frame_is_empty(&w));
    assert_int_equal(frame_read(fd[1], &r, &got), BROKER_MESSAGE);
    assert_true(str_equal(got, STR("{}")));
    assert_int_equal(frame_read(fd[1], &r, &got), BROKER_NOTHING);
    frame_reader_fini(&r);
    frame_writer_fini(&w);
    free(text);
    assert_int_equal(close(fd[0]), 0);
    assert_int_equal(close(fd[1]), 0);
}

static void texts_of_any_length_arrive(void **state)
{
    UNUSED(state);
    static const size_t lengths[] = {1,     2,      65534,  65535,  65536,
                                     65537, 131069, 131070, 131071, 3000000};

    for (size_t i = 0; i < COUNT(lengths); i++)
        pass(lengths[i]);
}

static void the_end_of_the_other_side_is_seen(void **state)
{
    UNUSED(state);
    int fd[2];
    struct str got;

    open_pair(fd);
    struct broker_client *c = broker_client_new(fd[0]);

    assert_true(broker_client_send(c, STR("{\"op\":1}")));
    assert_int_equal(broker_client_next(c, &got), BROKER_NOTHING);
    assert_int_equal(close(fd[1]), 0);
    assert_int_equal(broker_client_next(c, &got), BROKER_GONE);
    assert_false(broker_client_send(c, STR("{}")));
    broker_client_free(&c);
    assert_null(c);
    assert_int_equal(close(fd[0]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_any_length_arrive),
        cmocka_unit_test(the_end_of_the_other_side_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
