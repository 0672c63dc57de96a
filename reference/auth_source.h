/*
 * Where auth learns about devices: the registry of this process (auth_local), or a service that is
 * asked over HTTP (auth_remote). auth.c decides by what they say, in one way for both.
 */
#ifndef REFERENCE_AUTH_SOURCE_H
#define REFERENCE_AUTH_SOURCE_H

#include "reference/auth_question.h"
#include "reference/auth_session.h"

/* When something is asked, and under which ticket an answer that is not there yet is announced. */
struct auth_moment {
    int64_t now_us;
    int64_t wall_us;
    uint64_t ticket;
};

static inline bool auth_who_is(const struct auth_who *a, const struct auth_who *b)
{
    return str_equal(a->app->name, b->app->name) && str_equal(a->device->name, b->device->name);
}

/* Entries that are given out live until the worker's next turn. */
struct auth_source {
    /*
     * Who proves to be what a question of the kind AUTH_CALL_PROVE says; its `as` is not looked at.
     * expected: who it must be, or NULL.
     */
    enum auth_reason (*prove)(void *arg, const struct auth_question *question,
                              const struct auth_who *expected, const struct auth_moment *at,
                              struct auth_who *out);
    /* Does the identity of a session hold now? */
    enum auth_reason (*holds)(void *arg, struct identity *id, const struct auth_moment *at,
                              struct auth_who *out);
    /* Do these names (NULL: not given) mean the same device? */
    bool (*means)(void *arg, const struct auth_who *who, const struct str *application,
                  const struct str *device);
    /* AUTH-15: may the gateway publish for the device that is named, and who is that? */
    enum auth_reason (*target)(void *arg, const struct auth_who *gateway, struct str as,
                               const struct auth_moment *at, const struct registry_device **out);
    /* REASON_PENDING: psk cannot tell yet. Anything else: it can. */
    enum auth_reason (*prepare)(void *arg, struct str psk_identity, const struct auth_moment *at);
    enum auth_reason (*psk)(void *arg, struct str psk_identity, int64_t wall_us,
                            struct identity *id);
    enum auth_reason (*certificate)(void *arg, STACK_OF(X509) * chain, int64_t wall_us,
                                    struct identity *id, int *verified);
    /* Tickets of prove, holds and target whose answer is there; and those of prepare. */
    size_t (*poll)(void *arg, int64_t now_us, uint64_t *tickets, size_t max);
    size_t (*poll_prepared)(void *arg, uint64_t *tickets, size_t max);
    int (*wake_fd)(void *arg);
    void (*free)(void *arg);
};

#endif
