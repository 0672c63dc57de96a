/*
 * Tells who started us that we are ready: sd_notify's protocol, and a descriptor given with
 * --ready-fd.
 */
#ifndef REFERENCE_NOTIFY_H
#define REFERENCE_NOTIFY_H

/* Sends state (`READY=1`, `STOPPING=1`) to $NOTIFY_SOCKET as sd_notify(3) does; nothing without the
 * variable. */
void notify_service(const char *state);

/* Writes `ready\n` to fd and closes it; nothing when fd is negative. */
void notify_ready_fd(int fd);

#endif
