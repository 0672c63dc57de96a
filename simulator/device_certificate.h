/*
 * A device's certificate and key, from DER into an SSL object, fast enough to be read anew for each
 * handshake: kept as objects, those of 100 000 devices would be 500 MB.
 *
 * OpenSSL 3 decodes a public key through all its decoders, which takes as long as the rest of an
 * X.509 handshake. So the certificate is read where there are none, and gets its key from the
 * private one.
 */
#ifndef SIMULATOR_DEVICE_CERTIFICATE_H
#define SIMULATOR_DEVICE_CERTIFICATE_H

#include <openssl/ssl.h>

#include "lib/base.h"

struct device_certificates; /* what reading takes; of one thread */
struct device_certificates *device_certificates_new(void);
void device_certificates_free(struct device_certificates **d);

/* Key: RFC 5915 ECPrivateKey with its public key, which is believed to be the certificate's: if
 * not, the target has to find out. Others, PKCS #8 too, go the slow way. False: not understood. */
bool device_certificate_use(struct device_certificates *d, SSL *ssl, struct str certificate_der,
                            struct str key_der) MUST_CHECK;

#endif
