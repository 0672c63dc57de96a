#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conformance/evidence.h"
#include "lib/buf.h"

struct folder {
    char root[64];
    char dir[96];
};

static int set_up(void **state)
{
    struct folder *f = xcalloc(1, sizeof *f);

    (void)snprintf(f->root, sizeof f->root, "/tmp/seatrial-evidence-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    (void)snprintf(f->dir, sizeof f->dir, "%s/CASE-1/coap", f->root);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", f->root);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static struct str read_file(const struct folder *f, const char *name, char *out, size_t cap)
{
    char path[160];
    FILE *file;
    size_t len;

    (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
    file = fopen(path, "rb");
    if (file == NULL)
        return (struct str){NULL, 0};
    len = fread(out, 1, cap, file);
    (void)fclose(file);
    return (struct str){out, len};
}

static struct addr address(const char *text)
{
    struct addr a;

    assert_true(addr_parse(str_from(text), 0, &a));
    return a;
}

static uint32_t word(struct str s, size_t at)
{
    uint32_t n;

    assert_true(at + 4 <= s.len);
    memcpy(&n, s.ptr + at, 4);
    return n;
}

/* pcapng 3.1: type, length, body, length again. Gives where the nth block of a type begins. */
static size_t block_at(struct str s, uint32_t type, int nth)
{
    for (size_t at = 0; at < s.len; at += word(s, at + 4)) {
        uint32_t len = word(s, at + 4);

        assert_true(len >= 12 && len % 4 == 0 && at + len <= s.len);
        assert_int_equal(word(s, at + len - 4), len);
        if (word(s, at) == type && nth-- == 0)
            return at;
    }
    return SIZE_MAX;
}

static void writes_packets_that_readers_understand(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        size_t ip_len;
    } ways[] = {
        {"127.0.0.1:40000", "127.0.0.2:5683", 20},
        {"[::1]:40000",     "[::1]:5683",     40},
    };
    static char bytes[4096];
    const struct folder *f = *state;
    struct evidence *e = evidence_new(f->dir, false);

    for (size_t i = 0; i < COUNT(ways); i++) {
        struct addr from = address(ways[i].from);
        struct addr to = address(ways[i].to);

        evidence_packet(e, 1700000000123456, &from, &to, STR("hello"), STR("x.lua:7"));
    }
    evidence_free(&e);
    struct str s = read_file(f, "case.pcapng", bytes, sizeof bytes);

    assert_int_equal(word(s, 0), 0x0a0d0d0a);
    assert_int_equal(word(s, 8), 0x1a2b3c4d);
    for (size_t i = 0; i < COUNT(ways); i++) {
        size_t at = block_at(s, 6, (int)i);
        size_t len = ways[i].ip_len + 8 + 5;

        assert_true(at != SIZE_MAX);
        assert_int_equal((uint64_t)word(s, at + 12) << 32 | word(s, at + 16), 1700000000123456);
        assert_int_equal(word(s, at + 20), len);
        const uint8_t *ip = (const uint8_t *)s.ptr + at + 28;

        assert_int_equal(ip[0] >> 4, i == 0 ? 4 : 6);
        assert_memory_equal(ip + ways[i].ip_len, "\x9c\x40\x16\x33\x00\x0d", 6);
        assert_memory_equal(ip + len - 5, "hello", 5);
        size_t option = at + 28 + (len + 3) / 4 * 4;

        assert_memory_equal(s.ptr + option, "\x01\x00\x07\x00x.lua:7", 11);
    }
}

/* The sum over header or pseudo-header and datagram is 0xffff (RFC 1071, RFC 768). */
static void writes_checksums_that_are_right(void **state)
{
    static char bytes[4096];
    const struct folder *f = *state;
    struct evidence *e = evidence_new(f->dir, false);
    struct addr from = address("127.0.0.1:40000");
    struct addr to = address("127.0.0.2:5683");

    evidence_packet(e, 0, &from, &to, STR("odd"), STR(""));
    evidence_free(&e);
    struct str s = read_file(f, "case.pcapng", bytes, sizeof bytes);
    const uint8_t *ip = (const uint8_t *)s.ptr + block_at(s, 6, 0) + 28;
    uint32_t sum = 0;

    for (size_t i = 0; i < 20; i += 2)
        sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
    sum = 17 + 11;
    for (size_t i = 12; i < 20 + 11; i++)
        sum += (uint32_t)ip[i] << (i % 2 == 0 ? 8 : 0);
    assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
}

static void puts_secrets_before_what_they_open_unless_told_not_to(void **state)
{
    static char bytes[4096];
    const struct folder *f = *state;

    for (int redact = 0; redact < 2; redact++) {
        struct evidence *e = evidence_new(f->dir, redact != 0);
        struct addr a = address("127.0.0.1:1");

        evidence_secret(e, STR("CLIENT_RANDOM 00 11"));
        evidence_packet(e, 0, &a, &a, STR("x"), STR(""));
        evidence_free(&e);
        struct str s = read_file(f, "case.pcapng", bytes, sizeof bytes);
        size_t at = block_at(s, 10, 0);

        if (redact != 0) {
            assert_true(at == SIZE_MAX);
            continue;
        }
        assert_true(at < block_at(s, 6, 0));
        assert_int_equal(word(s, at + 8), 0x544c534b);
        assert_int_equal(word(s, at + 12), 20);
        assert_memory_equal(s.ptr + at + 16, "CLIENT_RANDOM 00 11\n", 20);
    }
}

static void masks_passwords_when_told_to(void **state)
{
    static char bytes[4096];
    const struct folder *f = *state;

    for (int redact = 0; redact < 2; redact++) {
        struct evidence *e = evidence_new(f->dir, redact != 0);
        struct addr a = address("127.0.0.1:1");

        evidence_packet(e, 0, &a, &a,
                        STR("Basic QWxhZGRpbg==\xff"
                            "20"),
                        STR(""));
        evidence_free(&e);
        struct str s = read_file(f, "case.pcapng", bytes, sizeof bytes);
        const char *payload = s.ptr + block_at(s, 6, 0) + 28 + 28;

        assert_memory_equal(payload,
                            redact != 0 ? "Basic xxxxxxxxxxxx\xff"
                                          "20"
                                        : "Basic QWxhZGRpbg==\xff"
                                          "20",
                            21);
    }
}

static void keeps_lines_for_its_owner_alone_and_forgets_them_when_told(void **state)
{
    static char bytes[4096];
    const struct folder *f = *state;
    struct evidence *e = evidence_new(f->dir, false);
    struct stat st;

    assert_false(evidence_kept(e));
    evidence_line(e, "timeline.txt", STR("one"));
    evidence_line(e, "timeline.txt", STR("two"));
    evidence_line(e, "events.ndjson", STR("{}"));
    assert_true(evidence_kept(e));
    assert_true(str_equal(read_file(f, "timeline.txt", bytes, sizeof bytes), STR("one\ntwo\n")));
    assert_int_equal(stat(f->dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    evidence_discard(e);
    assert_false(evidence_kept(e));
    assert_int_not_equal(stat(f->dir, &st), 0);
    evidence_free(&e);
}

static void says_what_could_not_be_written(void **state)
{
    struct evidence *e = evidence_new("/proc/nowhere/x", false);

    UNUSED(state);
    evidence_line(e, "timeline.txt", STR("one"));
    assert_non_null(strstr(evidence_problem(e), "/proc/nowhere/x"));
    assert_false(evidence_kept(e));
    evidence_free(&e);
    e = evidence_new(NULL, false);
    evidence_line(e, "timeline.txt", STR("one"));
    assert_null(evidence_problem(e));
    evidence_free(&e);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(writes_packets_that_readers_understand),
        TEST(writes_checksums_that_are_right),
        TEST(puts_secrets_before_what_they_open_unless_told_not_to),
        TEST(masks_passwords_when_told_to),
        TEST(keeps_lines_for_its_owner_alone_and_forgets_them_when_told),
        TEST(says_what_could_not_be_written),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
