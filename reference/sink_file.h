/*
 * The event file: whole lines appended and synced, or nothing. One thread uses it.
 *
 * `PATH` is the file being written. A full one is renamed to `PATH.000001`, `PATH.000002`, ...; no
 * file is ever overwritten. After a failed write or sync the file is cut back to what was confirmed
 * and set aside likewise, and a new one is begun: after a failed fdatasync the kernel may have
 * dropped the dirty pages and call the next one a success. The directory is synced after each
 * rename and creation, before anything in the new file is confirmed. Whoever moves or removes PATH
 * while we run gets it whole; the next event begins a new one, in a folder that was removed as soon
 * as it is there again. `PATH.lock` is held (flock)
 * for as long as the file is open, so that no second process writes to it.
 */
#ifndef REFERENCE_SINK_FILE_H
#define REFERENCE_SINK_FILE_H

#include <sys/uio.h>

#include "lib/base.h"

struct sink_file;

/*
 * Opens or creates the file, mode 0600; a torn last line (no newline) is cut off. Borrows path only
 * for the call. rotate_bytes as in struct sink_options. On failure NULL, and why (SINK_WHY_LEN
 * bytes) says what and where.
 */
struct sink_file *sink_file_open(const char *path, int64_t rotate_bytes, char *why) MUST_CHECK;
void sink_file_close(struct sink_file **f);

/*
 * Appends the parts and syncs them; blocks. The parts are whole lines and are used up (the array is
 * written to). False: nothing of them stays in the file, and the reason has been logged.
 */
bool sink_file_commit(struct sink_file *f, struct iovec *parts, size_t count) MUST_CHECK;

/* Tries whether a commit would work again, without writing an event. */
bool sink_file_probe(struct sink_file *f) MUST_CHECK;

#endif
