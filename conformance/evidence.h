/*
 * What a case leaves behind besides its verdict: case.pcapng (with TLS secrets inside, so that
 * Wireshark opens it decrypted), timeline.txt, events.ndjson, recording.jsonl (for `replay`),
 * regression.lua (what fuzzing has found, as a scenario).
 *
 * Everything is written when it happens: a crash or a kill keeps it. The directory is made by the
 * first write and removed by evidence_discard. What cannot be written is lost, never a verdict:
 * evidence_problem says the first reason.
 */
#ifndef CONFORMANCE_EVIDENCE_H
#define CONFORMANCE_EVIDENCE_H

#include "lib/addr.h"
#include "lib/base.h"

struct evidence;

/* dir is borrowed; NULL or empty: nothing is kept. redact: no TLS secrets, no passwords in packets.
 */
struct evidence *evidence_new(const char *dir, bool redact);
void evidence_free(struct evidence **e);

/* One UDP datagram. comment may be empty. wall_us: when. */
void evidence_packet(struct evidence *e, int64_t wall_us, const struct addr *from,
                     const struct addr *to, struct str bytes, struct str comment);
/* A line in the key log format of NSS. */
void evidence_secret(struct evidence *e, struct str line);
/* Appends a line to a file of the directory. */
void evidence_line(struct evidence *e, const char *file, struct str line);

/* Anything written? */
bool evidence_kept(const struct evidence *e);
/* NULL: none. */
const char *evidence_problem(const struct evidence *e);
/* Removes the files, and the directory when it is empty then. */
void evidence_discard(struct evidence *e);

#endif
