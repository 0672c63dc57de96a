/*
 * Record and ClientHello headers of any content: what is read lies inside the datagram.
 */
#include "reference/dtls_hello.h"

static void check(const uint8_t *data, size_t len, const void *ptr, size_t part_len)
{
    assert((const uint8_t *)ptr >= data && (const uint8_t *)ptr + part_len <= data + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t cookie[DTLS_COOKIE_LEN];
    uint8_t out[DTLS_VERIFY_REQUEST_LEN];
    struct dtls_record record;
    struct dtls_hello hello;

    if (!dtls_record_read(data, len, &record))
        return 0;
    check(data, len, record.body, record.body_len);
    if (!dtls_hello_read(&record, &hello))
        return 0;
    check(data, len, hello.version, 2);
    check(data, len, hello.random, DTLS_RANDOM_LEN);
    check(data, len, hello.session_id.ptr, hello.session_id.len);
    check(data, len, hello.cookie.ptr, hello.cookie.len);
    dtls_hello_verify_request(&record, &hello, cookie, out);
    /* RFC 6347 4.2.1: our answer is no amplifier. */
    assert(sizeof out <= len + DTLS_COOKIE_LEN);
    return 0;
}
