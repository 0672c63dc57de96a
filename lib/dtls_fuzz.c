#include "lib/dtls_testworld.h"

/*
 * The first byte says how far the handshake is and what the link does; then datagrams, each behind
 * two bytes of length. What the peer sends never ends but in a state, and never in a message that
 * the server has not sent.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct world *w;
    struct dtls_config config = world_psk_config();
    uint8_t mode = len > 0 ? data[0] : 0;

    if (w == NULL)
        w = world_new();
    world_meet(w, &config);
    for (int i = 0; i < 2; i++)
        dtls_add_rule(w->client, &(struct dtls_rule){.action = mode >> (1 + 3 * i) & 3,
                                                     .to = i == 0 ? DTLS_TO_DEVICE : DTLS_TO_TARGET,
                                                     .count = mode >> 7 ? -1 : 1});
    dtls_start(w->client, world_now_us);
    if (mode & 1)
        world_run(w);
    data += len > 0;
    len -= len > 0;
    while (len >= 2) {
        size_t datagram_len = (size_t)data[0] << 8 | data[1];

        datagram_len = datagram_len < len - 2 ? datagram_len : len - 2;
        dtls_receive(w->client, data + 2, datagram_len, world_now_us);
        data += 2 + datagram_len;
        len -= 2 + datagram_len;
    }
    world_wait(w, US_PER_S);
    assert(w->got.len == 0);
    return 0;
}
