/*
 * What a device may do when: one table of states and events. RFC 7252 4.2, 4.3, 5.2; a device has
 * one request under way at a time (NSTART, RFC 7252 4.7).
 */
#ifndef SIMULATOR_DEVICE_H
#define SIMULATOR_DEVICE_H

#include "lib/base.h"

enum device_state {
    DEVICE_OFFLINE,    /* has no session, and needs one */
    DEVICE_QUEUED,     /* its handshake waits until one of the others is over */
    DEVICE_CONNECTING, /* its handshake is under way */
    DEVICE_READY,      /* may publish */
    DEVICE_WAIT_ACK,   /* CON sent: repeats it until it is acknowledged */
    DEVICE_WAIT_ANSWER /* acknowledged, or NON: waits for the response */,
    DEVICE_STATE_COUNT
};

enum device_event {
    DEVICE_DUE,       /* its time to publish, or to connect, has come */
    DEVICE_HELD,      /* no handshake may begin now */
    DEVICE_TURN,      /* now one may */
    DEVICE_CONNECTED, /* the handshake is finished */
    DEVICE_REFUSED,   /* the handshake has failed, in whatever way */
    DEVICE_SENT_CON,  /* a request has left */
    DEVICE_SENT_NON,
    DEVICE_EMPTY_ACK,
    DEVICE_ANSWER,   /* the response that ends the publish */
    DEVICE_CONTINUE, /* a response after which another block goes out */
    DEVICE_RESET,
    DEVICE_REPEAT, /* the retransmission timer */
    DEVICE_EXPIRED /* no answer in time */,
    DEVICE_CLOSED, /* the target has ended the session, or it is given up */
    DEVICE_EVENT_COUNT
};

enum device_action {
    DEVICE_IGNORE, /* nothing is to be done here, and the state stays */
    DEVICE_CONNECT,
    DEVICE_ENQUEUE,
    DEVICE_GREET, /* connected: publish what is due, or wait for it */
    DEVICE_FAIL_CONNECT,
    DEVICE_PUBLISH,
    DEVICE_AWAIT, /* set the timer of the new state */
    DEVICE_FINISH,
    DEVICE_NEXT_BLOCK,
    DEVICE_FINISH_RESET,
    DEVICE_RETRANSMIT,
    DEVICE_GIVE_UP,
    DEVICE_LOSE_SESSION,
};

struct device_step {
    enum device_action action;
    enum device_state to;
};

/* What the event means in that state. */
struct device_step device_step(enum device_state state, enum device_event event);

#endif
