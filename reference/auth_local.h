/*
 * The registry of this process as auth's source: passwords, keys, certificates, gateways.
 *
 * One a worker, no locks. What the names of a request mean is looked up again at each call.
 */
#ifndef REFERENCE_AUTH_LOCAL_H
#define REFERENCE_AUTH_LOCAL_H

#include "reference/auth_source.h"

struct auth_local;

extern const struct auth_source auth_local_source;

/* As auth_new. Pair: auth_local_free. */
struct auth_local *auth_local_new(struct registry_reader *reader, struct hash_pool *pool,
                                  const struct auth_options *options, struct metrics *metrics);
void auth_local_free(struct auth_local **l);

/* Parts of auth_source for whoever asks this registry for others. */
enum auth_reason auth_local_prove(struct auth_local *l, const struct auth_question *question,
                                  const struct auth_who *expected, const struct auth_moment *at,
                                  struct auth_who *out) MUST_CHECK;
/* psk lives as long as the device's entry does. */
enum auth_reason auth_local_key(const struct auth_local *l, const struct auth_question *question,
                                const struct auth_moment *at, struct auth_who *who,
                                const struct registry_psk **psk) MUST_CHECK;
enum auth_reason auth_local_target(const struct auth_local *l, const struct auth_who *gateway,
                                   struct str as, const struct registry_device **out) MUST_CHECK;
const struct auth_view *auth_local_view(const struct auth_local *l);

#endif
