/*
 * Everything that a run has found out: what reports show, SLOs judge, `diff` compares and `merge`
 * adds up. Its JSON form (report_json) holds all of it but hist_lines, and is read back without
 * loss.
 */
#ifndef SIMULATOR_RESULT_H
#define SIMULATOR_RESULT_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "simulator/tally.h"

/* The endpoint's process, or what its /metrics says; NAN: not known. */
struct result_server {
    double cpu_cores; /* busy processors in this second */
    double memory_bytes;
    double descriptors;
    double udp_dropped; /* in this second */
};

/* One second of a run; the last may be shorter. */
struct result_second {
    int64_t at_us;                         /* its end, from the start of the run */
    uint64_t counter[TALLY_COUNTER_COUNT]; /* in this second */
    int64_t gauge[TALLY_GAUGE_COUNT];      /* at its end */
    int64_t publish_us[4];                 /* p50 p90 p99 max */
    int64_t handshake_p99_us;
    int64_t ct_error_p99_us;
    int64_t lag_p99_us;
    double own_cpu_cores;
    double steal_part; /* of all processors' time, taken by other machines; NAN: not known */
    struct result_server server;
};

struct result_stage {
    const char *name;
    int64_t from_us;
    int64_t to_us;
    double rate_from; /* intended publishes a second; NAN: closed loop */
    double rate_to;
};

enum result_verdict {
    RESULT_GOOD,
    RESULT_BROKEN,      /* an SLO is broken, or events or commands went wrong */
    RESULT_INVALID,     /* the generator or the machine was the bottleneck: says nothing */
    RESULT_INTERRUPTED, /* the rest is what was found until then */
};

enum { RESULT_SLO_MAX = 32, RESULT_INVALID_MAX = 8 };

struct result_slo {
    const char *text;     /* `publish.p99 < 50ms` */
    const char *measured; /* `61.2ms` */
    bool held;
    bool unknown; /* the run has nothing that it could be judged by; counts as held */
};

/* Texts live in the arena or are literals. */
struct result {
    const char *target;  /* its name */
    const char *profile; /* its name */
    const char *run_id;
    const char *version;
    const char *source;  /* `anyip:127.16.0.0/12` */
    const char *options; /* the command line, as a person would repeat it */
    uint64_t seed;
    int64_t devices;
    int64_t workers;
    int64_t first_device; /* of a slice */
    double rate_per_s;    /* asked for; NAN: closed loop */
    int64_t window;       /* closed loop; 0: open */
    double compress;
    int64_t started_wall_us;
    int64_t duration_us;
    struct tally total;
    struct result_second *seconds;
    size_t second_count;
    size_t second_cap;
    struct buf hist_lines; /* of an HdrHistogram log, in the order of time; empty: not kept */
    struct result_stage *stages;
    size_t stage_count;
    bool events_checked;
    double own_cpu_s;         /* of the whole process, during the run */
    int64_t own_memory_bytes; /* RSS at the end */
    double bytes_per_device;  /* of the fleet; NAN: not measured */
    struct result_slo slo[RESULT_SLO_MAX];
    size_t slo_count;
    const char *invalid[RESULT_INVALID_MAX]; /* why INVALID: sentences */
    size_t invalid_count;
    enum result_verdict verdict;
    struct arena arena;
};

void result_init(struct result *r);
void result_fini(struct result *r);
/* A zeroed row at the end, times NAN where not known. */
struct result_second *result_add_second(struct result *r);
struct result_stage *result_add_stage(struct result *r);
/* Keeps what t has timed from from_us to to_us of the run, for the log of histograms. */
void result_keep_times(struct result *r, const struct tally *t, int64_t from_us, int64_t to_us);
/* A text of the result's. */
const char *result_format(struct result *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* A reason why the run is INVALID; those that do not fit are dropped. */
void result_add_invalid(struct result *r, const char *sentence);

#endif
