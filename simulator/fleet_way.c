/* The way of a fleet's datagrams to the target and back, good or impaired. */
#include "simulator/fleet_inside.h"

enum { POOL = 65536 /* datagrams that are held back, at most */ };

static void deliver_out(void *arg, uint32_t i, const uint8_t *bytes, size_t len)
{
    struct fleet *f = arg;
    const struct device *d = &f->devices[i];
    struct fleet_datagram out = {i, d->binding, fleet_is_dtls(f, d), bytes, len};

    f->options.send(f->options.arg, &out);
}

static void deliver_in(void *arg, uint32_t i, const uint8_t *bytes, size_t len)
{
    struct fleet *f = arg;

    if (fleet_is_dtls(f, &f->devices[i]))
        fleet_receive_secure(f, i, bytes, len, f->now_us);
    else
        fleet_message(f, i, bytes, len, f->now_us);
}

void fleet_way_init(struct fleet *f)
{
    struct impair_options o = {
        .what = &f->profile->out,
        .seed = f->options.seed,
        .first_device = f->options.first,
        .device_count = f->options.count,
        .pool = POOL,
        .deliver = deliver_out,
        .arg = f,
    };

    f->out = impair_new(&o);
    o.what = &f->profile->in;
    o.inbound = true;
    o.deliver = deliver_in;
    f->in = impair_new(&o);
}

void fleet_way_fini(struct fleet *f)
{
    impair_free(&f->out);
    impair_free(&f->in);
}

void fleet_send(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len, int64_t now_us)
{
    tally_count(f->tally, TALLY_DATAGRAM_SENT);
    if (f->out == NULL)
        deliver_out(f, i, bytes, len);
    else
        impair_pass(f->out, i, bytes, len, now_us);
}

/* Of a socket that devices share: whose it is, by token, else by message ID. */
static uint32_t find_device(const struct fleet *f, uint32_t socket, const uint8_t *bytes,
                            size_t len)
{
    size_t token_len = len < 4 ? 0 : bytes[0] & 15;
    uint32_t device = UINT32_MAX;

    if (token_len == 6 && len >= 10)
        device = ((uint32_t)bytes[6] << 24 | (uint32_t)bytes[7] << 16 | (uint32_t)bytes[8] << 8 |
                  bytes[9]) -
                 f->options.first;
    else if (token_len == 0 && len >= 4 && f->shared != NULL)
        device = mid_device(f->shared, socket, (uint16_t)(bytes[2] << 8 | bytes[3]));
    return device < f->options.count && device % f->options.sockets == socket ? device : UINT32_MAX;
}

void fleet_receive(struct fleet *f, const struct fleet_arrival *a, int64_t now_us)
{
    int64_t device = a->device;

    tally_count(f->tally, TALLY_DATAGRAM_RECEIVED);
    if (device == FLEET_ANYBODY && f->shared != NULL)
        device = find_device(f, a->socket, a->bytes, a->len);
    if (device < 0 || device >= (int64_t)f->options.count ||
        a->secure != fleet_is_dtls(f, &f->devices[device])) {
        tally_count(f->tally, TALLY_DATAGRAM_UNEXPECTED);
        return;
    }
    if (a->bindings > 0 && f->devices[device].binding % a->bindings != a->binding)
        return;
    f->now_us = now_us;
    if (f->in == NULL)
        deliver_in(f, (uint32_t)device, a->bytes, a->len);
    else
        impair_pass(f->in, (uint32_t)device, a->bytes, a->len, now_us);
}
