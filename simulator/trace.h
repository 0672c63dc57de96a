/*
 * What devices meant to send, and what came of it: a log of a few bytes an event. Bytes in, bytes
 * out; files are trace_file.h's.
 *
 * A log is a gzip file: a line `seatrial-trace 1`, a header, then a record an event. Numbers are
 * LEB128; devices and times are differences to the record before, in zig-zag. The last record holds
 * the number of events, so that a log that was cut is known as such.
 */
#ifndef SIMULATOR_TRACE_H
#define SIMULATOR_TRACE_H

#include "lib/base.h"

enum trace_kind {
    TRACE_PUBLISH, /* a device means to publish */
    TRACE_CONNECT, /* it means to begin a handshake */
    TRACE_OUTCOME, /* its publish has ended */
    TRACE_KIND_COUNT,
};

/* Codes of outcomes without a response. */
enum { TRACE_TIMEOUT = 0, TRACE_RESET = 1 };

struct trace_event {
    enum trace_kind kind;
    uint32_t device;
    int64_t at_us;        /* since the start of the run, 0..TRACE_AT_MAX; when it was meant to be */
    uint32_t payload_len; /* of TRACE_PUBLISH */
    uint16_t ct_s;
    uint8_t code; /* of TRACE_OUTCOME: as on the wire, or one of the above */
};

#define TRACE_AT_MAX (INT64_C(1) << 53)

struct trace_header {
    uint64_t seed;
    uint32_t first_device;
    uint32_t device_count;
    /* What else makes the run another one. */
    double rate_per_s; /* NAN: by the profile's period */
    double compress;
    int64_t all_devices;
    int64_t window;
    int64_t duration_us;     /* of the stages */
    struct str profile;      /* its name */
    struct str profile_text; /* at most TRACE_TEXT_MAX bytes */
};

enum { TRACE_TEXT_MAX = 1 << 20 };

struct trace_writer;

/* out gets the bytes of the file, a piece at a time. */
struct trace_writer *trace_writer_new(const struct trace_header *h,
                                      void (*out)(void *arg, const uint8_t *bytes, size_t len),
                                      void *arg);
void trace_write(struct trace_writer *w, const struct trace_event *e);
/* Writes the end of the file. */
void trace_writer_free(struct trace_writer **w);

enum trace_err {
    TRACE_GOOD,
    TRACE_CUT,   /* ends too soon; what came before is right */
    TRACE_WRONG, /* no such log */
};

struct trace_reader {
    /* Before all events; texts are borrowed for the call. False: nothing more is wanted. */
    bool (*header)(void *arg, const struct trace_header *h);
    void (*event)(void *arg, const struct trace_event *e);
    void *arg;
};

/* A whole file. Memory does not grow with it. */
enum trace_err trace_read(struct str file, const struct trace_reader *r) MUST_CHECK;

#endif
