/* Datagrams of anybody: records are opened until the rest is none; only what the peer sealed is
 * good, and nothing else moves the window. */
#include "simulator/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record_crypto *crypto;

/* The first byte says which suite, and where in a sealed record the rest of the bytes go. */
static void spoil(struct record_keys *client, struct record_keys *server, const uint8_t *data,
                  size_t size)
{
    static uint8_t record[64 + RECORD_OVERHEAD];
    static uint8_t out[RECORD_MAX_PLAIN];
    struct record_keys before = *client;
    uint8_t plain[64];
    uint8_t good[sizeof record];
    struct record_opened opened;
    size_t len;
    size_t at;

    memset(plain, 7, sizeof plain);
    len = record_seal(crypto, server, RECORD_DATA, plain, size % sizeof plain, record);
    memcpy(good, record, len);
    at = data[0] % len;
    for (size_t i = 1; i < size && at + i <= len; i++)
        record[at + i - 1] ^= data[i];
    if (record_open(crypto, client, record, len, out, &opened) == RECORD_GOOD) {
        assert(memcmp(record, good, len) == 0);
        assert(opened.len == size % sizeof plain && memcmp(out, plain, opened.len) == 0);
    } else
        assert(memcmp(&before, client, sizeof before) == 0);
    assert(opened.used <= len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[RECORD_MAX_PLAIN];
    struct record_secrets secrets = {.next_write = UINT64_C(1) << 48};
    struct record_keys client;
    struct record_keys server;
    struct record_opened opened = {0};

    if (crypto == NULL)
        crypto = record_crypto_new();
    if (size == 0)
        return 0;
    secrets.suite = data[0] & 1 ? RECORD_GCM : RECORD_CCM_8;
    record_keys_make(crypto, &secrets, &client);
    secrets.is_server = true;
    record_keys_make(crypto, &secrets, &server);
    for (size_t at = 0; at < size; at += opened.used) {
        if (record_open(crypto, &client, data + at, size - at, out, &opened) == RECORD_CUT)
            break;
        assert(opened.used >= RECORD_HEAD && opened.used <= size - at);
    }
    spoil(&client, &server, data, size);
    return 0;
}
