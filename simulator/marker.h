/*
 * The marker by which an event or a command is known again: JSON of fixed length in front of every
 * payload of a publish and of a command; numbers are filled up with blanks, as JSON forbids leading
 * zeros:
 *
 *   {"run":"0123456789abcdef","device":         1,"seq":         7,"ct":   30,"at": 12345678901234}
 *
 * at: microseconds of the machine's monotonic clock. In a command seq is the command's number and
 * ct is 0. What follows the marker in a JSON payload is blanks; in others anything.
 */
#ifndef SIMULATOR_MARKER_H
#define SIMULATOR_MARKER_H

#include "lib/base.h"

struct marker {
    uint64_t run;
    uint32_t device;
    uint32_t sequence;
    uint32_t ct_s;
    int64_t at_us;
};

enum { MARKER_LEN = 97 };

/* Exactly MARKER_LEN bytes, without a NUL. */
void marker_write(const struct marker *m, uint8_t *out);
/* False: there is no marker. Reads re-serialised JSON too: other blanks, another order. */
bool marker_read(struct str payload, struct marker *out) MUST_CHECK;

#endif
