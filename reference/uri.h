/*
 * Is it an absolute URI? The grammar of RFC 3986 appendix A, nothing resolved, nothing decoded.
 */
#ifndef REFERENCE_URI_H
#define REFERENCE_URI_H

#include "lib/base.h"

/* True for `scheme:hier-part[?query][#fragment]` (RFC 3986 3): a relative reference is refused. */
bool uri_is_absolute(struct str s);

#endif
