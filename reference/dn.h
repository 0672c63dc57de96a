/*
 * A distinguished name as text, in the form by which Drogue Cloud names applications and devices:
 * `O=Drogue IoT, OU=Cloud, CN=Device 1`.
 */
#ifndef REFERENCE_DN_H
#define REFERENCE_DN_H

#include <openssl/x509.h>

#include "lib/base.h"
#include "lib/buf.h"

/*
 * Appends the name: RDNs in the certificate's order with `, ` between, ` + ` inside one of several
 * values, `ABBREV=value` without any escaping. Types without an abbreviation: the X.500 long name
 * (`serialNumber`), others as dotted numbers. Values that are no text: upper case hex of the
 * content.
 */
void dn_text(const X509_NAME *name, struct buf *out);

#endif
