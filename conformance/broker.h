/*
 * The broker: the one process that talks to the target's registry, command API and event sink.
 *
 * The runner forks it before anything else. Each case has a connection of its own, on which JSON
 * texts go both ways; the broker serves all of them from one loop. Requests:
 *
 *   {"id":1,"op":"create_application","application":NAME,"enabled":true,"trust_anchors":[PEM],
 *    "spec":{}}                                             spec is merged into the document
 *   {"id":2,"op":"create_device","application":NAME,"device":NAME,"enabled":true,"aliases":[],
 *    "gateways":[NAME],"spec":{},"credentials":[
 *       {"password":TEXT,"hash":"plain|bcrypt|sha512","username":TEXT,"unique":true},
 *       {"psk":BASE64,"not_before":RFC3339,"not_after":RFC3339}]}
 *   {"id":3,"op":"update_application|update_device", ... as create: the whole document anew }
 *   {"id":4,"op":"delete_device","application":NAME,"device":NAME}
 *   {"id":5,"op":"delete_application","application":NAME}
 *   {"id":6,"op":"command","application":NAME,"device":NAME,"name":TEXT,"payload_base64":TEXT,
 *    "content_type":TEXT}
 *   {"id":7,"op":"subscribe","names":[TEXT]}    events that carry one of these run-unique texts as
 *        application, device or sender, or anywhere in them, are this case's. Whoever creates an
 *        application or a device has subscribed to its name.
 *   {"id":8,"op":"sink","answer":503}           HTTP sinks: answer so from now on; 0 as usual. For
 *        cases that run alone.
 *   {"id":9,"op":"restart"}    kills the target (SIGKILL), starts it again, and is answered when it
 * is ready; where the suite starts it. For cases that run alone.
 *
 * Only id, op and names must be there. Each request has one reply with its id:
 *
 *   {"id":1,"ok":true,"status":201,"application":NAME,...}   create_device says what the device is
 *        called and has: application, device, and with devices that exist already password,
 *        username, psk (base64), psk_identity, cert, key (PEM files), aliases. command says
 *        status, content_type, body_base64; any status is ok.
 *   {"id":1,"ok":false,"kind":"unavailable","error":TEXT}    this target cannot: INCONCLUSIVE
 *   {"id":1,"ok":false,"kind":"refused","status":409,"error":TEXT}     the registry said no
 *   {"id":1,"ok":false,"kind":"adapter","error":TEXT}        no answer, no sense: ERROR
 *
 * Events come unasked; at_us is clock_mono_us at their arrival:
 *
 *   {"event":{"mode":"structured|binary|batched","attributes":{NAME:TEXT|INTEGER|BOOLEAN},
 *     "data":"none|json|text|base64|body","data_base64":TEXT,"data_raw":TEXT,
 *     "faults":[{"attribute":NAME,"text":TEXT}],"raw_base64":TEXT},"at_us":N}
 *
 * data_base64 holds the payload's bytes (of JSON the text as it stood); data_raw only with "text".
 * An event of no case is a stray: it fails the run. What a case has provisioned is removed when
 * its connection closes, at the latest by broker_finish.
 */
#ifndef CONFORMANCE_BROKER_H
#define CONFORMANCE_BROKER_H

#include <sys/types.h>

#include "lib/base.h"

struct target;

/* ---- for a case ---- */

struct broker_client;

/* Borrows fd (case_env.broker_fd). */
struct broker_client *broker_client_new(int fd);
void broker_client_free(struct broker_client **c);
/* To be polled for reading. */
int broker_client_fd(const struct broker_client *c);
/* Sends a JSON object; may block while the broker is busy. False: the broker is gone. */
bool broker_client_send(struct broker_client *c, struct str json) MUST_CHECK;

enum broker_got {
    BROKER_NOTHING, /* for now: poll */
    BROKER_MESSAGE,
    BROKER_GONE, /* the broker has died: ERROR */
};
/* The next message; does not block. *json lives until the next call and ends with a NUL. */
enum broker_got broker_client_next(struct broker_client *c, struct str *json) MUST_CHECK;

/* ---- for the runner ---- */

struct broker;

struct broker_options {
    const struct target *target;
    const char *run_id;      /* label of everything that is provisioned: letters and digits */
    const char *strays_file; /* events of no case are appended, one JSON object a line; or NULL */
    double speed;            /* of the clock: time limits towards the target are as much longer */
    bool can_restart;        /* the runner answers broker_asks_restart */
    bool keep;               /* remove nothing */
};

struct broker_summary {
    size_t strays; /* events of no case */
    size_t late;   /* events of a case that had ended */
    size_t left;   /* provisioned, and could not be removed (not with keep) */
    bool died;     /* the broker did not end by itself; the rest is unknown */
    char why[512]; /* the first thing that went wrong, or empty */
};

enum { BROKER_WHY_LEN = 1024 };

/* Forks the broker and opens the event sink. The target need not run yet. NULL: why says. */
struct broker *broker_start(const struct broker_options *options, char *why) MUST_CHECK;
pid_t broker_pid(const struct broker *b);
/* Where the target shall send events: placeholder {events_url}. "file:PATH" with events.file, ""
 * when there is nothing to send to. */
const char *broker_events_url(const struct broker *b);
/* A new connection for one run of a case; the caller closes it after the fork. The name is for
 * messages. -1: the broker is gone. */
int broker_connect(struct broker *b, const char *case_name);
/* Does it live? Does not block. */
bool broker_alive(struct broker *b);
/* Readable when the broker may have asked for something. */
int broker_asks_fd(const struct broker *b);
/* Does a case want the target killed and started again? Then broker_restarted is due. Does not
 * block. */
bool broker_asks_restart(struct broker *b);
/* why: NULL when the target runs again. */
void broker_restarted(struct broker *b, const char *why);
/* Removes what is left, ends the broker, frees b. */
void broker_finish(struct broker **b, struct broker_summary *out);

#endif
