/*
 * What the kernel says of processes, sockets and processors, as the texts of /proc (proc(5)).
 */
#ifndef SIMULATOR_PROC_TEXT_H
#define SIMULATOR_PROC_TEXT_H

#include "lib/base.h"

/* /proc/PID/stat: user and system time, in ticks. */
bool proc_text_ticks(struct str stat, uint64_t *out) MUST_CHECK;
/* A line `Name:  12 kB` of /proc/PID/status. name: with its colon. */
bool proc_text_status(struct str status, const char *name, uint64_t *out) MUST_CHECK;
/* /proc/stat: time of all processors together, and the part of it that other machines took; in
 * ticks. */
bool proc_text_processors(struct str stat, uint64_t *all, uint64_t *stolen) MUST_CHECK;
/* The inode of `socket:[12]`, what a descriptor's link says. */
bool proc_text_socket(struct str link, uint64_t *inode) MUST_CHECK;
/* /proc/net/udp or udp6: datagrams dropped by the sockets whose inodes are listed. */
uint64_t proc_text_udp_drops(struct str udp, const uint64_t *inodes, size_t count);

#endif
