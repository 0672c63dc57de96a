/*
 * The device authentication service of Drogue Cloud (facts 7.3), answered from our registry by the
 * rules of our own authentication: what an endpoint process needs that has no registry.
 */
#ifndef REFERENCE_AUTHN_SERVICE_H
#define REFERENCE_AUTHN_SERVICE_H

#include <jansson.h>

#include "reference/auth_question.h"
#include "reference/config.h"
#include "reference/registry.h"

struct authn_service;

enum authn_err {
    AUTHN_OK,
    AUTHN_OVERLOADED, /* 503: too many password hashes are asked for */
    AUTHN_STORE,      /* 503: the registry's database failed */
};

/* Borrows registry; of config it takes what concerns password hashes, and drogue_quirks. */
struct authn_service *authn_service_new(struct registry *registry, const struct config *config);
/* Nobody may be asking any more. */
void authn_service_free(struct authn_service **s);

/* *out: the answer, the caller's. Any thread; waits for password hashes and the disk. */
enum authn_err authn_service_answer(struct authn_service *s, const struct auth_question *question,
                                    json_t **out) MUST_CHECK;

#endif
