/*
 * A swarm profile: who the devices are, what they send and when, what load over time. Data, read
 * from Lua (profile_read); immutable while the run goes on.
 *
 * Devices fall into classes by weight. Which class a device is of, and all that is random about it,
 * comes from (seed, device number): free of workers, ranks and slices.
 */
#ifndef SIMULATOR_PROFILE_H
#define SIMULATOR_PROFILE_H

#include "lib/arena.h"
#include "lib/base.h"

enum profile_credential {
    PROFILE_BASIC,          /* option 4209, over coap */
    PROFILE_BASIC_DTLS,     /* option 4209 inside DTLS, session by certificate of the server only */
    PROFILE_PSK,            /* DTLS-PSK */
    PROFILE_X509,           /* DTLS with a client certificate */
    PROFILE_WRONG_PASSWORD, /* hostile from here on: every publish must be refused */
    PROFILE_WRONG_PSK,
    PROFILE_EXPIRED_X509,
    PROFILE_GARBAGE, /* sends no CoAP at all */
    PROFILE_STALL,   /* begins handshakes and leaves them */
    PROFILE_CREDENTIAL_COUNT,
};

static inline bool profile_is_hostile(enum profile_credential c)
{
    return c >= PROFILE_WRONG_PASSWORD;
}

static inline bool profile_is_dtls(enum profile_credential c)
{
    return c == PROFILE_BASIC_DTLS || c == PROFILE_PSK || c == PROFILE_X509 ||
           c == PROFILE_WRONG_PSK || c == PROFILE_EXPIRED_X509 || c == PROFILE_STALL;
}

/* How the load of one device is spread in time; its mean rate follows from the stages. */
enum profile_arrival {
    ARRIVAL_CONSTANT, /* one period apart, at a phase of its own */
    ARRIVAL_POISSON,
    ARRIVAL_JITTER, /* period with +- jitter_part of it */
    ARRIVAL_BURST,  /* all devices at the same moments */
};

/* Uniform between min and max; equal: fixed. */
struct profile_range {
    double min;
    double max;
};

enum { PROFILE_CLASS_MAX = 16, PROFILE_STAGE_MAX = 32 };

struct profile_class {
    const char *name;
    double weight; /* part of the devices; those of all classes add up to 1 */
    enum profile_credential credential;
    bool non;                         /* NON instead of CON */
    const char *channel;              /* one path segment */
    double ct_part;                   /* of the publishes that wait, 0..1 */
    struct profile_range ct_s;        /* whole seconds are sent */
    struct profile_range payload_len; /* bytes; at least that of the marker (notice.h) */
    int content_format;               /* 50: JSON; 42: octets */
    bool through_gateway;             /* publishes with `as=` through a gateway device of its own */
    int64_t block_len;     /* uploads beyond it go in blocks of this size (16..1024); 0: never */
    int64_t download_len;  /* payload of commands to it, bytes: beyond a datagram, Block2 */
    double resume_part;    /* of later handshakes that resume, 0..1 */
    double rebind_part;    /* of publishes before which the source address changes, 0..1 */
    double abandon_part;   /* of handshakes that are left half-way first, 0..1 */
    int64_t slow_us;       /* think time before each flight of a handshake */
    double reconnect_part; /* of publishes before which the session is made anew, 0..1 */
    double think_s;        /* pause after a finished publish, on top of the schedule */
};

enum profile_stage_kind { STAGE_RAMP, STAGE_HOLD, STAGE_SPIKE, STAGE_SOAK, STAGE_STORM };

/* Load over time, as a part of the run's rate: linear from `from` to `to`. */
struct profile_stage {
    const char *name;
    enum profile_stage_kind kind;
    int64_t duration_us;
    double from; /* 1.0: the full rate */
    double to;
    double storm_part; /* of the devices that reconnect at its start */
};

struct profile_impairment {
    double loss;       /* 0..1 of datagrams */
    double burst_loss; /* Gilbert-Elliott: chance to enter the bad state, in which all is lost */
    double burst_len;  /* mean datagrams in the bad state */
    double duplicate;
    double reorder;
    double corrupt;
    int64_t delay_min_us;
    int64_t delay_max_us;
};

struct profile {
    const char *name;
    const char *summary;
    struct profile_class classes[PROFILE_CLASS_MAX];
    size_t class_count;
    enum profile_arrival arrival;
    double jitter_part;
    double period_s; /* of one device, mean; NAN: from --rate, which wins */
    struct profile_stage stages[PROFILE_STAGE_MAX];
    size_t stage_count;
    int64_t devices;    /* default of --devices */
    int64_t window;     /* default of --window; 0: open loop */
    int64_t connect_us; /* the first handshakes are spread over this time */
    double commands_per_s;
    struct profile_range command_len; /* bytes */
    struct profile_impairment out;    /* towards the target */
    struct profile_impairment in;
    const char *slo; /* default of --slo, or NULL */
    bool has_hooks;
    const char *file;  /* as shown in messages */
    struct str source; /* its text, for hooks.h */
    struct arena arena;
};

enum { PROFILE_WHY_LEN = 1024 };

/*
 * Reads a profile: a name of SCENARIOS/swarm, or a path. Unknown fields are refused with file:line
 * and a suggestion. False: why (PROFILE_WHY_LEN) says all that is wrong; *p is empty.
 */
bool profile_load(struct profile *p, const char *name_or_path, const char *scenarios,
                  char *why) MUST_CHECK;
void profile_fini(struct profile *p);

/* Scales the stages so that they last duration_us together. */
void profile_stretch(struct profile *p, int64_t duration_us);

/* Reads text as the file `shown`; its name without folder and `.lua` is that of the profile. */
bool profile_read(struct profile *p, struct str text, const char *shown, char *why) MUST_CHECK;

/* The class of a device. */
size_t profile_class_of(const struct profile *p, uint64_t seed, uint32_t device);

#endif
