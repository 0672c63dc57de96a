/*
 * A lab in which time passes. See handshake_testlab.h.
 */
#ifndef SIMULATOR_HANDSHAKE_TESTRUN_H
#define SIMULATOR_HANDSHAKE_TESTRUN_H

#include "simulator/handshake_testlab.h"

/* All that is on its way arrives. */
static inline void lab_run(struct lab *lab)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < lab->count; i++) {
            struct world *w = lab->devices[i].world;
            struct world_datagram *d = world_take(&w->to_client);

            moved = moved || d != NULL || w->to_server.head != NULL;
            if (d != NULL)
                dtls_link_pass(&lab->devices[i].link, DTLS_TO_DEVICE, d->bytes, d->len,
                               world_now_us);
            free(d);
            handshake_clock_begin(world_now_us);
            if (w->to_server.head != NULL)
                world_serve(w);
            handshake_clock_end();
            for (; w->server_failed && (d = world_take(&w->to_server)) != NULL; free(d))
                ;
        }
    }
}

static inline int64_t lab_server_deadline_us(const struct world *w)
{
    struct timeval left;
    int64_t at_us = INT64_MAX;

    handshake_clock_begin(world_now_us);
    if (DTLSv1_get_timeout(w->server, &left) == 1)
        at_us = world_now_us + left.tv_sec * US_PER_S + left.tv_usec;
    handshake_clock_end();
    return at_us;
}

/* Time passes for all; all timers fire that are due. */
static inline void lab_wait(struct lab *lab, int64_t by_us)
{
    int64_t until_us = world_now_us + by_us;

    lab_run(lab);
    for (;;) {
        int64_t at_us = handshakes_deadline_us(lab->handshakes);

        for (size_t i = 0; i < lab->count; i++) {
            int64_t link_us = dtls_link_deadline_us(&lab->devices[i].link);
            int64_t server_us = lab_server_deadline_us(lab->devices[i].world);

            at_us = link_us < at_us ? link_us : at_us;
            at_us = server_us < at_us ? server_us : at_us;
        }
        if (at_us > until_us)
            break;
        world_now_us = at_us > world_now_us ? at_us : world_now_us;
        handshakes_tick(lab->handshakes, world_now_us);
        handshake_clock_begin(world_now_us);
        for (size_t i = 0; i < lab->count; i++) {
            dtls_link_tick(&lab->devices[i].link, world_now_us);
            ERR_clear_error();
            (void)DTLSv1_handle_timeout(lab->devices[i].world->server);
        }
        handshake_clock_end();
        lab_run(lab);
    }
    world_now_us = until_us;
}

static inline struct handshake_wish lab_psk(void)
{
    return (struct handshake_wish){.psk_identity = STR("dev1@app"),
                                   .psk_key = STR("kkkkkkkkkkkkkkkk")};
}

/* Starts device i and gives it a minute. */
static inline struct lab_device *lab_try(struct lab *lab, uint32_t i,
                                         const struct handshake_wish *wish)
{
    struct lab_device *d = &lab->devices[i];
    size_t before = d->results;

    d->datagrams = 0;
    assert(handshake_start(lab->handshakes, i, wish, world_now_us));
    lab_run(lab);
    for (int s = 0; s < 60 && d->results == before; s++)
        lab_wait(lab, US_PER_S);
    assert(d->results == before + 1);
    return d;
}

/* A message each way, in the session that device i has. */
static inline bool lab_talks(struct lab_device *d)
{
    uint8_t out[64 + RECORD_OVERHEAD];
    size_t len =
        record_seal(d->lab->crypto, &d->keys, RECORD_DATA, (const uint8_t *)"ping", 4, out);

    buf_clear(&d->world->server_got);
    buf_clear(&d->got);
    lab_send(d->lab, d->number, out, len);
    lab_run(d->lab);
    if (!str_equal(buf_str(&d->world->server_got), STR("ping")) ||
        SSL_write(d->world->server, "pong", 4) != 4)
        return false;
    lab_run(d->lab);
    return str_equal(buf_str(&d->got), STR("pong"));
}

#endif
