/*
 * What a CoAP request asks for: options, path and parameters in, a publish or the reason for
 * refusing it out.
 *
 * Pure: no registry, no clock. Parameters are read as clients send them: one Uri-Query option each,
 * or several joined by `&` in one (URL-04, URL-05); values decoded by the client or still
 * percent-encoded (URL-06, URL-15).
 */
#ifndef REFERENCE_REQUEST_H
#define REFERENCE_REQUEST_H

#include "lib/base.h"
#include "reference/block.h"
#include "reference/outcome.h"
#include "reference/pdu.h"

enum { REQUEST_NO_FORMAT = -1 };

/* The parameters of the documentation; the order is that of request.params. */
enum request_param {
    REQUEST_APPLICATION,
    REQUEST_DEVICE,
    REQUEST_DATA_SCHEMA,
    REQUEST_AS,
    REQUEST_CT,
    REQUEST_PARAMS
};

struct request_value {
    bool given;
    struct str value;
};

/* Strings are borrowed from the datagram, or from the decoding memory where a percent sign was
 * decoded. */
struct request {
    struct str channel;
    struct request_value params[REQUEST_PARAMS];
    struct request_value authorization; /* option 4209 */
    int content_format;                 /* 0..65535, or REQUEST_NO_FORMAT */
    struct str payload;
    uint64_t ct_s; /* 0: no wait */
    bool has_block1;
    bool has_block2;
    struct block block1; /* the payload is this block of a larger one (RFC 7959 2.1) */
    struct block block2; /* the block of the response that is asked for */
    uint32_t size1;      /* what the client says that the whole payload has; 0: it does not say */
};

struct request_options {
    bool allow_put;
};

/*
 * Reads p. decode: memory for decoded values, at least p->options.len bytes; borrowed by *out.
 * OUTCOME_NONE: *out is a publish. Otherwise the refusal, in the order: options, method, path,
 * query.
 */
enum outcome request_read(const struct pdu *p, const struct request_options *options, char *decode,
                          struct request *out) MUST_CHECK;

/*
 * Appends the options that two requests for blocks of one body have in common: all but those that
 * speak of the single block, of the client or of the answer (RFC 7959 2.5; Request-Tag counts: RFC
 * 9175 3.3). p was read.
 */
void request_add_identity(const struct pdu *p, struct buf *out);

#endif
