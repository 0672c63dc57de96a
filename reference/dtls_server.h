/*
 * DTLS 1.2 for one worker: datagrams of many peers in, CoAP messages out, and the reverse. No
 * socket, no clock.
 *
 * One struct dtls_server a worker owns a table of sessions by path (local and peer address). New
 * peers prove their address by a stateless cookie before state is kept. A ClientHello on a live
 * path starts a second association beside the first, which is replaced after the new one's Finished
 * (RFC 6347 4.2.8). Handshakes are queued and run by dtls_server_work within a time budget, so that
 * established sessions go first.
 */
#ifndef REFERENCE_DTLS_SERVER_H
#define REFERENCE_DTLS_SERVER_H

#include "lib/base.h"
#include "lib/udp_path.h"
#include "reference/config.h"
#include "reference/dtls_context.h"
#include "reference/identity.h"
#include "reference/metrics.h"

struct dtls_server;
struct dtls_session;

/* What the server tells its worker. `arg` is dtls_server_new's. */
struct dtls_hooks {
    /* Put this datagram on the wire. Borrowed. */
    void (*send)(void *arg, const struct udp_path *path, const uint8_t *bytes, size_t len);
    /* One decrypted record: one CoAP message. Borrowed. May call dtls_session_send and
     * dtls_session_close. */
    void (*receive)(void *arg, struct dtls_session *session, const uint8_t *bytes, size_t len);
    /* The session ends now, for whatever reason; the pointer is dead after this call. */
    void (*closed)(void *arg, struct dtls_session *session);
    /* As auth_psk and auth_certificate, which the worker calls. */
    size_t (*psk)(void *arg, struct str psk_identity, int64_t wall_us, struct identity *id,
                  uint8_t *key, size_t key_cap);
    int (*certificate)(void *arg, STACK_OF(X509) * chain, int64_t wall_us, struct identity *id);
    /*
     * Can psk tell the key of this identity? False: not yet. The handshake is held, with all that
     * its client sends, until dtls_server_resume is called with the number. NULL: it always can.
     */
    bool (*psk_ready)(void *arg, struct str psk_identity, uint64_t handshake);
};

/* Borrows everything but config. max_sessions and max_handshakes of config are divided by its
 * workers, the real number. */
struct dtls_server *dtls_server_new(struct dtls_context *context, const struct config *config,
                                    struct metrics *metrics, const struct dtls_hooks *hooks,
                                    void *arg, int64_t now_us);
/* Sends close_notify to every session, calls the closed hook for each, and frees all. */
void dtls_server_free(struct dtls_server **s);

/* A datagram from the wire. Established sessions are served in this call; handshake records are
 * queued. */
void dtls_server_receive(struct dtls_server *s, const struct udp_path *path, const uint8_t *bytes,
                         size_t len, int64_t now_us, int64_t wall_us);

/* Runs queued handshake work, at most budget_us by the clock that `clock_us` reads. True when some
 * is left. */
bool dtls_server_work(struct dtls_server *s, int64_t budget_us, int64_t (*clock_us)(void),
                      int64_t now_us, int64_t wall_us);

/* The handshake may go on, in the next dtls_server_work. Nothing happens when it has ended. */
void dtls_server_resume(struct dtls_server *s, uint64_t handshake);

/* Timers: handshake retransmission and timeout (which then wait for dtls_server_work), idle
 * sessions. deadline: when tick and work are due; INT64_MAX: never; 0: work is left. */
void dtls_server_tick(struct dtls_server *s, int64_t now_us);
int64_t dtls_server_deadline_us(const struct dtls_server *s);

/* Encrypts and sends one message in the session. False when it is empty, does not fit one record
 * (16 384 bytes), or the session is closed. */
bool dtls_session_send(struct dtls_session *session, const uint8_t *bytes, size_t len,
                       int64_t now_us);
/* close_notify, the closed hook, and the session is gone. Safe inside the receive hook. */
void dtls_session_close(struct dtls_session *session);

/*
 * While it is held (a wait or a separate response is open) a session does not end by inactivity
 * (TLS-08). Calls pair; the idle time starts again at the last release.
 */
void dtls_session_hold(struct dtls_session *session);
void dtls_session_release(struct dtls_session *session, int64_t now_us);

struct identity *dtls_session_identity(struct dtls_session *session);
const struct udp_path *dtls_session_path(const struct dtls_session *session);
/* Unique in this process, never reused, never 0: the message layer's name of this peer. */
uint64_t dtls_session_id(const struct dtls_session *session);

/* A pointer of the worker's, NULL at first. */
void dtls_session_set_user(struct dtls_session *session, void *user);
void *dtls_session_user(const struct dtls_session *session);

#endif
