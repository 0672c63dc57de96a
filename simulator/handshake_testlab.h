/*
 * Many devices' handshakes against OpenSSL's own servers, one each, in virtual time, over ways that
 * lose, double and reorder what a test wants. To be included by one file of a program.
 */
#ifndef SIMULATOR_HANDSHAKE_TESTLAB_H
#define SIMULATOR_HANDSHAKE_TESTLAB_H

#define WORLD_CLOCK_IS_THERE
#include "lib/dtls_link.h"
#include "lib/dtls_testworld.h"
#include "simulator/handshake.h"
#include "simulator/handshake_clock.h"

enum { LAB_DEVICES = 64, LAB_RECORDS = 4096 };

/* One device, its server, and the way between them. */
struct lab_device {
    struct lab *lab;
    uint32_t number;
    struct world *world; /* the server's side; no client in it */
    struct dtls_link link;
    size_t results;
    struct handshake_result result; /* the last one; keys and ticket are those below */
    int64_t took_us;
    struct record_keys keys;
    struct buf ticket;
    struct buf got; /* plain data from the server */
    size_t spoiled; /* records that a rule was for */
    size_t datagrams;
    size_t longest;
    int64_t sent_us[64]; /* when the first datagrams left */
};

/* A record that left under a key. */
struct lab_record {
    uint32_t device;
    size_t handshake; /* of the device, by number: each has keys of its own */
    uint64_t number;
    size_t len;
    uint8_t bytes[128];
};

struct lab {
    struct handshakes *handshakes;
    struct record_crypto *crypto;
    struct lab_device devices[LAB_DEVICES];
    size_t count;
    struct lab_record records[LAB_RECORDS];
    size_t record_count;
    bool is_deaf; /* nothing comes to the servers */
};

/* No nonce twice, unless the record is the same. */
static inline void lab_note_records(struct lab_device *d, const uint8_t *bytes, size_t len)
{
    struct lab *lab = d->lab;
    struct record_head head;

    for (; record_head_read(bytes, len, &head); bytes += head.len, len -= head.len) {
        struct lab_record r = {d->number, d->results, head.number, head.len, {0}};

        if (head.number >> 48 == 0)
            continue;
        assert(head.len <= sizeof r.bytes && lab->record_count < LAB_RECORDS);
        memcpy(r.bytes, bytes, head.len);
        for (size_t i = 0; i < lab->record_count; i++) {
            const struct lab_record *old = &lab->records[i];

            if (old->device == r.device && old->handshake == r.handshake && old->number == r.number)
                assert(old->len == r.len && memcmp(old->bytes, r.bytes, r.len) == 0);
        }
        lab->records[lab->record_count++] = r;
    }
}

static inline void lab_send(void *arg, uint32_t device, const uint8_t *bytes, size_t len)
{
    struct lab *lab = arg;
    struct lab_device *d = &lab->devices[device % LAB_DEVICES];

    assert(d->number == device);
    if (d->datagrams < COUNT(d->sent_us))
        d->sent_us[d->datagrams] = world_now_us;
    d->datagrams++;
    d->longest = len > d->longest ? len : d->longest;
    lab_note_records(d, bytes, len);
    dtls_link_pass(&d->link, DTLS_TO_TARGET, bytes, len, world_now_us);
}

static inline void lab_done(void *arg, uint32_t device, const struct handshake_result *result,
                            int64_t now_us)
{
    struct lab *lab = arg;
    struct lab_device *d = &lab->devices[device % LAB_DEVICES];

    assert(now_us == world_now_us);
    d->results++;
    d->result = *result;
    buf_clear(&d->ticket);
    buf_add_str(&d->ticket, result->ticket);
    if (result->keys != NULL)
        d->keys = *result->keys;
}

/* What no handshake wanted. */
static inline void lab_open(struct lab_device *d, const uint8_t *bytes, size_t len)
{
    static uint8_t plain[RECORD_MAX_PLAIN];
    struct record_opened opened;

    if (d->keys.next_write == 0)
        return;
    for (; len > 0; bytes += opened.used, len -= opened.used)
        if (record_open(d->lab->crypto, &d->keys, bytes, len, plain, &opened) == RECORD_GOOD &&
            opened.type == RECORD_DATA)
            buf_add(&d->got, plain, opened.len);
}

static inline void lab_deliver(void *arg, enum dtls_way to, const uint8_t *bytes, size_t len,
                               int64_t now_us)
{
    struct lab_device *d = arg;

    if (to == DTLS_TO_TARGET) {
        if (!d->lab->is_deaf)
            world_put(&d->world->to_server, bytes, len);
    } else if (!handshake_receive(d->lab->handshakes, d->number, bytes, len, now_us))
        lab_open(d, bytes, len);
}

static inline void lab_record(void *arg, const struct dtls_record *r, const char *action)
{
    struct lab_device *d = arg;

    UNUSED(r);
    d->spoiled += action != NULL;
}

/* The server forgets the device, but not its tickets. */
static inline void lab_meet(struct lab_device *d)
{
    static const struct dtls_link_hooks hooks = {lab_deliver, lab_record};
    struct world *w = d->world;
    BIO *bio = BIO_new(w->method);

    if (w->server != NULL)
        SSL_set_shutdown(w->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(w->server);
    world_drop_all(w);
    dtls_link_fini(&d->link);
    dtls_link_init(&d->link, &hooks, d);
    buf_clear(&w->server_got);
    buf_clear(&d->got);
    w->server_failed = false;
    d->spoiled = 0;
    BIO_set_data(bio, w);
    BIO_set_init(bio, 1);
    w->server = SSL_new(w->context);
    SSL_set_bio(w->server, bio, bio);
    SSL_set_accept_state(w->server);
    SSL_set_mtu(w->server, 1400);
}

static inline struct lab *lab_new(size_t count, struct handshake_options options)
{
    struct lab *lab = xcalloc(1, sizeof *lab);
    char why[HANDSHAKE_WHY_LEN];

    options.send = lab_send;
    options.done = lab_done;
    options.arg = lab;
    lab->crypto = record_crypto_new();
    lab->handshakes = handshakes_new(&options, why);
    if (lab->handshakes == NULL) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
    lab->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct lab_device *d = &lab->devices[i];

        *d = (struct lab_device){.lab = lab, .number = i, .world = world_new()};
        d->ticket = d->got = buf_growing();
        lab_meet(d);
    }
    return lab;
}

static inline void lab_free(struct lab *lab)
{
    handshakes_free(&lab->handshakes);
    record_crypto_free(&lab->crypto);
    for (size_t i = 0; i < lab->count; i++) {
        dtls_link_fini(&lab->devices[i].link);
        buf_fini(&lab->devices[i].ticket);
        buf_fini(&lab->devices[i].got);
        world_free(lab->devices[i].world);
    }
    free(lab);
}

#endif
