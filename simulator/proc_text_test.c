#include "simulator/proc_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void finds_the_ticks_behind_any_name(void **state)
{
    uint64_t ticks;

    UNUSED(state);
    assert_true(proc_text_ticks(STR("775 (a) 1 ) 2) S 1 775 775 0 -1 4194560 9 0 0 0 "
                                    "1234 66 0 0 20 0 5 0 100"),
                                &ticks));
    assert_int_equal(ticks, 1300);
    assert_false(proc_text_ticks(STR("775 (a) S 1 775"), &ticks));
    assert_false(proc_text_ticks(STR("775"), &ticks));
    assert_false(proc_text_ticks((struct str){NULL, 0}, &ticks));
}

static void reads_a_line_of_a_status(void **state)
{
    static const char status[] = "Name:\tx\nVmHWM:\t  999 kB\nVmRSS:\t   340220 kB\nThreads:\t5\n";
    uint64_t value;

    UNUSED(state);
    assert_true(proc_text_status(str_from(status), "VmRSS:", &value));
    assert_int_equal(value, 340220);
    assert_false(proc_text_status(str_from(status), "VmSwap:", &value));
    assert_false(proc_text_status(str_from(status), "Name:", &value));
}

static void adds_up_the_processors(void **state)
{
    uint64_t all, stolen;

    UNUSED(state);
    assert_true(proc_text_processors(STR("cpu  10 20 30 400 50 6 7 80 9 1\ncpu0 1 1 1 1 1 1 1 1\n"),
                                     &all, &stolen));
    assert_int_equal(all, 603);
    assert_int_equal(stolen, 80);
    assert_false(proc_text_processors(STR("cpu 1 2 3\n"), &all, &stolen));
    assert_false(proc_text_processors(STR("intr 1 2 3 4 5 6 7 8\n"), &all, &stolen));
}

static void knows_a_socket(void **state)
{
    uint64_t inode;

    UNUSED(state);
    assert_true(proc_text_socket(STR("socket:[4711]"), &inode));
    assert_int_equal(inode, 4711);
    assert_false(proc_text_socket(STR("socket:[]"), &inode));
    assert_false(proc_text_socket(STR("pipe:[4711]"), &inode));
    assert_false(proc_text_socket(STR("socket:[47x]"), &inode));
}

static void adds_up_the_drops_of_its_sockets(void **state)
{
    static const char udp[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout "
        "inode ref pointer drops\n"
        "  205: 0100007F:1633 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        "
        "0 4711 2 0000000000000000 17\n"
        "  206: 0100007F:1634 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        "
        "0 4712 2 0000000000000000 100\n"
        "  207: 0100007F:1635 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        "
        "0 4713 2 0000000000000000 3\n";
    static const uint64_t inodes[] = {4713, 1, 4711};

    UNUSED(state);
    assert_int_equal(proc_text_udp_drops(str_from(udp), inodes, COUNT(inodes)), 20);
    assert_int_equal(proc_text_udp_drops(str_from(udp), inodes, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_ticks_behind_any_name),
        cmocka_unit_test(reads_a_line_of_a_status),
        cmocka_unit_test(adds_up_the_processors),
        cmocka_unit_test(knows_a_socket),
        cmocka_unit_test(adds_up_the_drops_of_its_sockets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
