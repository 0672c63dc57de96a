/*
 * The devices of one worker: what each does next, and what it makes of what comes. No clock, no
 * socket: time and datagrams are given, datagrams are sent through a function.
 *
 * Memory a device: one line of 64 bytes, and 64 bytes of keys where it has a DTLS session. Nothing
 * allocates once a session exists (a test counts).
 */
#ifndef SIMULATOR_FLEET_H
#define SIMULATOR_FLEET_H

#include "simulator/handshake.h"
#include "simulator/notice.h"
#include "simulator/pace.h"
#include "simulator/profile.h"
#include "simulator/tally.h"
#include "simulator/trace_file.h"

struct fleet;
struct roster;

/* The other end of what a fleet sends: the device by its number in the fleet. */
struct fleet_datagram {
    uint32_t device;
    uint8_t binding; /* how often the device has changed its address */
    bool secure;     /* to the coaps port */
    const uint8_t *bytes;
    size_t len;
};

struct fleet_options {
    const struct profile *profile;
    const struct pace *pace;
    int64_t window; /* closed loop: so many publishes under way; 0: open loop, as pace says */
    uint64_t seed;
    uint64_t run;
    uint32_t first; /* number of the first device among all */
    uint32_t count;
    uint32_t sockets; /* that devices share: device % sockets; 0: each has an address of its own */
    /* RFC 7252 4.8 */
    int64_t ack_timeout_us;
    double ack_random_factor;
    int max_retransmit;
    int64_t answer_timeout_us;          /* after the ACK, or a NON, on top of ct */
    struct handshake_options handshake; /* send, done and arg are the fleet's */
    const struct roster *roster;        /* what devices prove themselves with */
    bool is_listed; /* by a list of the target; else passwords are taken from identity.h at once */
    const struct trace_plan *plan; /* replay: the schedule of a recorded run; NULL: by pace */
    /* What devices mean to do and what comes of it; NULL: nobody writes it down. */
    void (*trace)(void *arg, const struct trace_event *e);
    void *trace_arg;
    void (*send)(void *arg, const struct fleet_datagram *d);
    void *arg;
    struct notice_ring *ring; /* NULL: nobody wants to know */
};

enum { FLEET_WHY_LEN = 256, FLEET_ANYBODY = -1 };

/* Borrows what options point to. NULL: why says what cannot be. */
struct fleet *fleet_new(const struct fleet_options *options, int64_t now_us, char *why) MUST_CHECK;
void fleet_free(struct fleet **f);

/* Counts go here from now on. */
void fleet_count_into(struct fleet *f, struct tally *tally);
/* The devices begin: now_us is the start of the run. */
void fleet_begin(struct fleet *f, int64_t now_us);

/* A datagram that came to a device, by its number in the fleet, or to a socket that devices share
 * (device: FLEET_ANYBODY). */
struct fleet_arrival {
    int64_t device;
    uint32_t socket;
    bool secure; /* from the coaps port */
    /* Of how many addresses of the device it came to which; 0: it has one. What comes to one that
     * it has left is lost. */
    uint8_t bindings;
    uint8_t binding;
    const uint8_t *bytes;
    size_t len;
};
void fleet_receive(struct fleet *f, const struct fleet_arrival *a, int64_t now_us);
/* Does what is due; true: there is more, as much was due. */
bool fleet_advance(struct fleet *f, int64_t now_us);
/* When to advance next; INT64_MAX: not until a datagram comes. */
int64_t fleet_deadline_us(const struct fleet *f);

/* No device begins another publish; what was intended by now and not begun is counted. */
void fleet_stop(struct fleet *f, int64_t now_us);
/* Sessions that are left are closed with close_notify. */
void fleet_close(struct fleet *f, int64_t now_us);
/* Publishes without an answer, handshakes included. */
size_t fleet_in_flight(const struct fleet *f);
/* Sets the gauges of a tally. */
void fleet_gauge(const struct fleet *f, struct tally *tally);
/* The first error in a hook of the profile, `file:line: message`; NULL: none. */
const char *fleet_hook_error(const struct fleet *f);
/* Memory of the devices, without the fixed part. */
size_t fleet_bytes(const struct fleet *f);

#endif
