#include "simulator/session_ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/dtls_testworld.h"

/* The client's session with a server that has a certificate. */
static SSL_SESSION *session_of(struct world *w)
{
    struct dtls_config config = {.ca_pem = buf_str(&w->ca_pem)};
    SSL_SESSION *session;

    SSL_CTX_set_verify(w->context, SSL_VERIFY_NONE, NULL);
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    session = dtls_session(w->client);
    assert_non_null(session);
    assert_non_null(SSL_SESSION_get0_peer(session));
    return session;
}

static void leaves_out_the_certificate_and_nothing_else(void **state)
{
    struct world *w = *state;
    SSL_SESSION *session = session_of(w);
    struct buf ticket = buf_growing();
    struct buf again = buf_growing();
    SSL_SESSION *copy;
    uint8_t master[48];
    uint8_t copied[48];
    const uint8_t *bytes;
    const uint8_t *copied_bytes;
    size_t len;
    size_t copied_len;

    session_ticket_write(session, &ticket);
    assert_in_range(ticket.len, 100, 400);
    assert_true(i2d_SSL_SESSION(session, NULL) > (int)ticket.len + 200);
    copy = session_ticket_read(buf_str(&ticket));
    assert_non_null(copy);
    assert_null(SSL_SESSION_get0_peer(copy));
    assert_int_equal(SSL_SESSION_get_master_key(session, master, 48), 48);
    assert_int_equal(SSL_SESSION_get_master_key(copy, copied, 48), 48);
    assert_memory_equal(master, copied, 48);
    SSL_SESSION_get0_ticket(session, &bytes, &len);
    SSL_SESSION_get0_ticket(copy, &copied_bytes, &copied_len);
    assert_int_equal(len, copied_len);
    assert_memory_equal(bytes, copied_bytes, len);
    assert_ptr_equal(SSL_SESSION_get0_cipher(copy), SSL_SESSION_get0_cipher(session));
    session_ticket_write(copy, &again);
    assert_true(str_equal(buf_str(&ticket), buf_str(&again)));
    buf_fini(&ticket);
    buf_fini(&again);
    SSL_SESSION_free(copy);
    SSL_SESSION_free(session);
}

static void is_taken_by_the_server(void **state)
{
    struct world *w = *state;
    SSL_SESSION *session = session_of(w);
    struct dtls_config config = {0};
    struct buf ticket = buf_growing();

    session_ticket_write(session, &ticket);
    config.resume = session_ticket_read(buf_str(&ticket));
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_true(world_info(w).is_resumed);
    SSL_SESSION_free(config.resume);
    SSL_SESSION_free(session);
    buf_fini(&ticket);
}

static void is_nothing_where_nothing_can_be_resumed(void **state)
{
    struct world *w = *state;
    SSL_SESSION *session = SSL_SESSION_new();
    struct buf ticket = buf_growing();

    UNUSED(w);
    session_ticket_write(session, &ticket);
    assert_int_equal(ticket.len, 0);
    assert_null(session_ticket_read(buf_str(&ticket)));
    assert_null(session_ticket_read(STR("\x30\x03nonsense")));
    assert_int_equal(ERR_peek_error(), 0);
    SSL_SESSION_free(session);
    buf_fini(&ticket);
}

static int set_up(void **state)
{
    *state = world_new();
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_out_the_certificate_and_nothing_else),
        cmocka_unit_test(is_taken_by_the_server),
        cmocka_unit_test(is_nothing_where_nothing_can_be_resumed),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
