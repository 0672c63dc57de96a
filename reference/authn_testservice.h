/*
 * For tests: a device authentication service that answers what the test says, over real HTTP.
 */
#ifndef REFERENCE_AUTHN_TESTSERVICE_H
#define REFERENCE_AUTHN_TESTSERVICE_H

#include <microhttpd.h>
#include <pthread.h>

#include "lib/buf.h"
#include "reference/auth_question.h"

struct testservice {
    struct MHD_Daemon *daemon;
    uint16_t port;
    char url[64];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* under the mutex */
    const char *answer[3]; /* the body by call; NULL: `fail` */
    unsigned status;
    bool hangs; /* questions are not answered until it is false */
    size_t asked[3];
    size_t waiting, most_waiting; /* questions at once */
    struct buf last;              /* body of the last one, NUL-terminated */
    char authorization[64];
};

/* Zeroed but for port: one that is free, or the one of before. */
void testservice_start(struct testservice *s);
void testservice_stop(struct testservice *s);

void testservice_says(struct testservice *s, enum auth_call call, const char *answer);
void testservice_hang(struct testservice *s, bool hangs);
/* Until so many questions hang. */
void testservice_await(struct testservice *s, size_t waiting);
size_t testservice_asked(struct testservice *s, enum auth_call call);

#define TESTSERVICE_APP "{\"metadata\":{\"name\":\"a\",\"uid\":\"ua\"}}"
#define TESTSERVICE_DEVICE "{\"metadata\":{\"application\":\"a\",\"name\":\"dev\",\"uid\":\"ud\"}}"
#define TESTSERVICE_PASS                                                                           \
    "{\"outcome\":{\"pass\":{\"application\":" TESTSERVICE_APP ",\"device\":" TESTSERVICE_DEVICE   \
    "}}}"
#define TESTSERVICE_FOUND(key)                                                                     \
    "{\"outcome\":{\"Found\":{\"app\":" TESTSERVICE_APP ",\"device\":" TESTSERVICE_DEVICE          \
    ",\"key\":{\"key\":\"" key "\"}}}}"

#endif
