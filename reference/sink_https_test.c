/* Events over HTTPS, with a token, and what the options must be. */
#include <sys/stat.h>
#include <unistd.h>

#include "reference/pki.h"
#include "reference/sink_http_fixture.h"

enum { TEXT_LEN = 8192 };

/* Two authorities; the receiver's certificate is of the first one. */
struct authorities {
    char dir[64];
    char ca[2][96];
    char server_cert[96], server_key[96];
    char cert[TEXT_LEN], key[TEXT_LEN]; /* the receiver's, as PEM */
};

static void read_text(const char *path, char text[TEXT_LEN])
{
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    text[fread(text, 1, TEXT_LEN - 1, file)] = '\0';
    (void)fclose(file);
}

static void make_authorities(struct authorities *a)
{
    const struct pki_names names = {STR("Seatrial"), STR(""), STR("CA of a test")};
    char why[PKI_WHY_LEN];
    int64_t now_us = clock_wall_us();
    struct pki server;

    (void)snprintf(a->dir, sizeof a->dir, "/tmp/seatrial-https-XXXXXX");
    assert_non_null(mkdtemp(a->dir));
    (void)snprintf(a->server_cert, sizeof a->server_cert, "%s/server.crt", a->dir);
    (void)snprintf(a->server_key, sizeof a->server_key, "%s/server.key", a->dir);
    for (int i = 0; i < 2; i++) {
        struct pki ca;

        (void)snprintf(a->ca[i], sizeof a->ca[i], "%s/ca%d.crt", a->dir, i);
        assert_true(pki_make_ca(&names, now_us, 1, &ca, why));
        assert_true(pki_save(&ca, a->ca[i], NULL, why));
        if (i == 0) {
            assert_true(pki_make_server(&ca, now_us, 1, &server, why));
            assert_true(pki_save(&server, a->server_cert, a->server_key, why));
            pki_fini(&server);
        }
        pki_fini(&ca);
    }
    read_text(a->server_cert, a->cert);
    read_text(a->server_key, a->key);
}

static void remove_authorities(const struct authorities *a)
{
    const char *const files[] = {a->ca[0], a->ca[1], a->server_cert, a->server_key};

    for (size_t i = 0; i < COUNT(files); i++)
        assert_int_equal(unlink(files[i]), 0);
    assert_int_equal(rmdir(a->dir), 0);
}

static void close_all(struct fixture *f)
{
    sink_port_close(&f->port);
    sink_close(&f->sink);
}

static void sends_only_to_a_receiver_that_the_authority_vouches_for(void **state)
{
    struct fixture *f = *state;
    struct authorities a;

    make_authorities(&a);
    receiver_start(&f->receiver, a.cert, a.key);
    (void)snprintf(f->url, sizeof f->url, "https://127.0.0.1:%u/", f->receiver.port);
    f->options.ca_file = a.ca[0];
    f->options.timeout_us = 60 * US_PER_S; /* valgrind reads the system's authorities for long */
    open_port(f);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(publish(f, i), SINK_OK);
    assert_int_equal(f->receiver.connections, 1);
    close_all(f);

    f->options.ca_file = a.ca[1];
    open_port(f);
    assert_int_equal(publish(f, 1), SINK_BROKEN);
    assert_false(sink_is_up(f->sink));
    close_all(f);

    f->options.ca_file = NULL; /* the system's */
    open_port(f);
    assert_int_equal(publish(f, 1), SINK_BROKEN);
    close_all(f);

    f->options.ca_file = a.ca[0]; /* but another name */
    (void)snprintf(f->url, sizeof f->url, "https://127.0.0.2:%u/", f->receiver.port);
    f->options.timeout_us = US_PER_S / 2;
    open_port(f);
    assert_int_not_equal(publish(f, 1), SINK_OK);
    assert_int_equal(f->receiver.count, 3);
    remove_authorities(&a);
}

static void sends_no_event_to_plain_http_behind_https(void **state)
{
    struct fixture *f = *state;

    receiver_start(&f->receiver, NULL, NULL);
    (void)snprintf(f->url, sizeof f->url, "https://127.0.0.1:%u/", f->receiver.port);
    f->options.timeout_us = US_PER_S / 2;
    open_port(f);
    assert_int_equal(publish(f, 1), SINK_FAILED);
    assert_int_equal(f->receiver.count, 0);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void sends_the_token_of_a_private_file(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *why;
    } bad[] = {
        {"s3cret\n",    0644, "chmod 600"},
        {"",            0600, "no token" },
        {"two words",   0600, "one token"},
        {"a\r\nb: c\n", 0600, "one token"},
    };
    struct fixture *f = *state;
    char path[] = "/tmp/seatrial-token-XXXXXX";
    int fd = mkstemp(path);
    char why[SINK_WHY_LEN];

    assert_true(fd >= 0);
    (void)close(fd);
    write_file(path, "s3cret\n", 0600);
    f->options.token_file = path;
    start(f);
    assert_int_equal(publish(f, 1), SINK_OK);
    assert_non_null(strstr(f->receiver.seen[0].headers.ptr, "\nAuthorization: Bearer s3cret\n"));
    for (size_t i = 0; i < COUNT(bad); i++) {
        write_file(path, bad[i].text, bad[i].mode);
        assert_false(sink_check(&f->options, why));
        if (strstr(why, bad[i].why) == NULL || strstr(why, "s3cret") != NULL)
            fail_msg("case %zu: %s", i, why);
    }
    assert_int_equal(unlink(path), 0);
    assert_false(sink_check(&f->options, why));
    assert_non_null(strstr(why, "No such file"));
}

static void says_which_options_cannot_be_used(void **state)
{
    static const struct {
        const char *url;
        const char *ca_file;
        const char *why; /* NULL: they can */
    } cases[] = {
        {"http://localhost/x?y=z",      NULL,            NULL                },
        {"https://[::1]:8443",          NULL,            NULL                },
        {"http://",                     NULL,            "expected file:PATH"},
        {"http://localhost:x/",         NULL,            "sink: "            },
        {"http://localhost/a b",        NULL,            "sink: "            },
        {"http://me:secret@localhost/", NULL,            "--sink-token"      },
        {"http://localhost/#part",      NULL,            "#fragment"         },
        {"ftp://localhost/",            NULL,            "expected file:PATH"},
        {"https://localhost/",          "/dev/null",     "sink-ca: /dev/null"},
        {"https://localhost/",          "/no/such/file", "sink-ca: /no/such/"},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct sink_options options = {.url = cases[i].url,
                                             .max_bytes = MAX_BYTES,
                                             .connections = 1,
                                             .timeout_us = US_PER_S,
                                             .ca_file = cases[i].ca_file};
        char why[SINK_WHY_LEN] = "";
        bool good = sink_check(&options, why);

        if (good != (cases[i].why == NULL) || (!good && strstr(why, cases[i].why) == NULL) ||
            strstr(why, "secret") != NULL)
            fail_msg("case %zu: %s", i, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FIXTURE(sends_only_to_a_receiver_that_the_authority_vouches_for),
        IN_A_FIXTURE(sends_no_event_to_plain_http_behind_https),
        IN_A_FIXTURE(sends_the_token_of_a_private_file),
        IN_A_FIXTURE(says_which_options_cannot_be_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
