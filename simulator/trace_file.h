/*
 * Logs of a run in a folder, one a worker: written while it goes on, read as a schedule for the
 * command replay.
 */
#ifndef SIMULATOR_TRACE_FILE_H
#define SIMULATOR_TRACE_FILE_H

#include "lib/arena.h"
#include "simulator/trace.h"

struct trace_file;

enum { TRACE_FILE_WHY_LEN = 512 };

/* Makes DIR and `DIR/worker-INDEX.trace.gz`. NULL: why says. */
struct trace_file *trace_file_new(const char *dir, int index, const struct trace_header *h,
                                  char *why) MUST_CHECK;
/* May block for the disk now and then. */
void trace_file_write(struct trace_file *f, const struct trace_event *e);
/* False: not all could be written; why says. */
bool trace_file_free(struct trace_file **f, char *why) MUST_CHECK;

/* One publish of a recorded run. */
struct trace_send {
    int64_t at_us;
    uint32_t payload_len;
    uint16_t ct_s;
};

/* What all devices of a recorded run meant to send. */
struct trace_plan {
    struct trace_header head; /* of the run: all workers together */
    struct arena arena;
    size_t *from; /* device_count + 1 places in sends */
    struct trace_send *sends;
    size_t send_count;
    int64_t *connect_us; /* of each device's first handshake; -1: none */
    int64_t end_us;      /* behind the last send */
    bool is_cut;         /* a log ends too soon: the run was ended by force */
};

/* All logs of a folder. False: why says. */
bool trace_plan_load(struct trace_plan *p, const char *dir, char *why) MUST_CHECK;
void trace_plan_free(struct trace_plan *p);

/* When a device began its first handshake; below 0: never. */
int64_t trace_plan_connect_us(const struct trace_plan *p, uint32_t device);

/* The n-th publish (from 1) of a device; NULL: there was none. */
const struct trace_send *trace_plan_send(const struct trace_plan *p, uint32_t device, uint32_t n);

#endif
