#include "simulator/handshake_testrun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * The first byte says how the device begins and how far it comes before the rest arrives:
 * datagrams, each behind two bytes of length, as a target could send them. The device is done with
 * its server or told otherwise, once; a record never leaves twice under one number with other bytes
 * (the lab checks that); and what the device holds afterwards is what its server has.
 */
enum {
    RESUMES = 1,
    GOES_AWAY = 2,
    IS_SLOW = 4,
    MEETS_FIRST = 8,  /* the whole handshake with the server comes first */
    LOSES_FIRST = 16, /* the server's first flight is lost */
};

static void feed(struct lab *lab, const uint8_t *data, size_t len)
{
    while (len >= 2) {
        size_t datagram_len = (size_t)data[0] << 8 | data[1];

        datagram_len = datagram_len < len - 2 ? datagram_len : len - 2;
        (void)handshake_receive(lab->handshakes, 0, data + 2, datagram_len, world_now_us);
        data += 2 + datagram_len;
        len -= 2 + datagram_len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct lab *lab;
    static struct buf ticket;
    struct handshake_wish wish = lab_psk();
    uint8_t mode = len > 0 ? data[0] : 0;
    struct lab_device *d;
    size_t before;

    if (lab == NULL) {
        lab = lab_new(1, (struct handshake_options){.cap = 1, .resumption = true});
        ticket = buf_growing();
        buf_add_str(&ticket, buf_str(&lab_try(lab, 0, &wish)->ticket));
    }
    d = &lab->devices[0];
    lab_meet(d);
    lab->record_count = 0;
    if (mode & RESUMES)
        wish.resume = buf_str(&ticket);
    wish.abandon = (mode & GOES_AWAY) != 0;
    wish.slow_us = mode & IS_SLOW ? US_PER_S : 0;
    if (mode & LOSES_FIRST)
        dtls_link_add(&d->link, &(struct dtls_rule){.to = DTLS_TO_DEVICE, .action = DTLS_DROP});
    before = d->results;
    assert(handshake_start(lab->handshakes, 0, &wish, world_now_us));
    if (mode & MEETS_FIRST)
        lab_wait(lab, 4 * US_PER_S);
    feed(lab, data + (len > 0), len - (len > 0));
    lab_wait(lab, 61 * US_PER_S);
    assert(d->results == before + 1);
    assert(handshakes_in_flight(lab->handshakes) == 0);
    if (d->result.outcome == HANDSHAKE_DONE && SSL_is_init_finished(d->world->server))
        assert(lab_talks(d));
    return 0;
}
