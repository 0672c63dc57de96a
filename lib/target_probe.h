/*
 * Is anybody there? What is said about an address that is wrong must not be hundreds of failures.
 */
#ifndef LIB_TARGET_PROBE_H
#define LIB_TARGET_PROBE_H

#include "lib/target.h"

enum target_probe {
    TARGET_PROBE_ANSWERED,
    TARGET_PROBE_SILENT,
    TARGET_PROBE_CLOSED, /* the host says that nothing listens at the port */
};

/* Asks at an address that was resolved: CoAP by a ping (RFC 7252 4.3) and a GET, DTLS by a
 * ClientHello (RFC 6347 4.2.1). Blocks, at most for limit_us. */
enum target_probe target_probe(const struct target_address *a, bool dtls, int64_t limit_us);

/* One of t's addresses, if it has that. False: why (TARGET_WHY_LEN) says that the field of the
 * target file leads nowhere. */
bool target_probe_one(const struct target *t, bool dtls, int64_t limit_us, char *why) MUST_CHECK;

/* Both of them. */
bool target_probe_all(const struct target *t, int64_t limit_us, char *why) MUST_CHECK;

#endif
